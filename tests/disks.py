"""A disk that is really full: a small one in memory, where one may mount it."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from faults import strike
from faults.strike import fill

__all__ = ["fill", "small_disk"]


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[Path]:
    """A disk of some size at `folder`; skips the test where it cannot be mounted."""
    with ExitStack() as stack:
        try:
            stack.enter_context(strike.small_disk(folder, size))
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            pytest.skip(f"a disk cannot be mounted here: {error}")
        yield folder
