"""Tests, in folders as the packages are. Some use what benchmarks/ has, in processes of their own too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
