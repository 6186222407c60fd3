"""Who is struck, and how: signals to processes of Spark, and small disks that fill up."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_LOOK_S = 0.1


def kill(victims: Iterable[psutil.Process], how: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to all at once; who ended meanwhile is none of them any more."""
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(how)


def family(root: int) -> list[psutil.Process]:
    """A process and all that it started."""
    parent = psutil.Process(root)
    return [parent, *parent.children(recursive=True)]


def _among(roots: Iterable[int], says: str) -> list[psutil.Process]:
    found = []
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            for process in family(root):
                with suppress(psutil.NoSuchProcess):
                    if says in " ".join(process.cmdline()):
                        found.append(process)
    return found


def executors(roots: Iterable[int]) -> list[psutil.Process]:
    return _among(roots, "CoarseGrainedExecutorBackend")


def busy_python_worker(roots: Iterable[int]) -> list[psutil.Process]:
    """A Python worker that calculates just now, or none.

    Any processor time counts: on a machine with other work a worker may get little of it.
    """
    workers = [p for p in _among(roots, "pyspark.daemon") if _is_forked(p)]
    before = {p: _cpu(p) for p in workers}
    time.sleep(_LOOK_S)
    busy = [p for p in workers if _cpu(p) > before[p]]
    return busy[:1]


def _is_forked(process: psutil.Process) -> bool:
    """A worker is a child of the daemon, and named like it."""
    with suppress(psutil.NoSuchProcess):
        parent = process.parent()
        return parent is not None and "pyspark.daemon" in " ".join(parent.cmdline())
    return False


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A disk in memory at `folder`, and what remounts it with other options; needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield lambda options: _remount(folder, options)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def fill(folder: Path, but_bytes: int = 0) -> Path:
    """Take the rest of a disk, but for some bytes; deleting the file gives it back."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        while (left := _left(folder) - but_bytes) > 0:
            with suppress(OSError):  # somebody else took some of it in between
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), left)
    return ballast


def _left(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
