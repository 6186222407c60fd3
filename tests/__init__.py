"""Tests, in folders as the packages are. Some use what benchmarks/ has, in processes of their own too."""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
# The matrices of tests are small: a second thread costs more than it brings, here and in the processes of tests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
