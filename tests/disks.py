"""A disk that is really full: a small one in memory, where one may mount it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[Path]:
    """A disk of some size at `folder`; skips the test where it cannot be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, but_bytes: int = 0) -> Path:
    """Take the rest of a disk, but for some bytes; deleting the file gives it back."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        left = os.statvfs(folder)
        os.posix_fallocate(file.fileno(), 0, max(left.f_bavail * left.f_frsize - but_bytes, 1))
    return ballast
