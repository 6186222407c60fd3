"""Jobs as users run them: by spark-submit, in a process of their own, from a clean environment, without a network.

A process costs seconds, so that most tests run a job in their own (`succeed_here`, `refused_here`). One test of most
jobs goes through spark-submit, and so do those of what a process does: kills, limits, a cluster.
"""

import io
import os
import runpy
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUBMIT = Path(sys.executable).parent / "spark-submit"
# Listings with something wrong: (image, image_phash, title) by posting_id. SAME stands for a photo that is there.
FAULTS = {
    "broken-photo": ("broken.jpg", "", "Mesin jahit portable mini"),
    "missing-photo": ("nowhere.jpg", "", "Kipas angin duduk 12 inch"),
    "outside": ("../train.csv", "", "Sapu lidi halaman"),
    "no-title": ("SAME", "", ""),
    "neither": ("nowhere.jpg", "", "★★★"),
    "empty": ("", "", ""),
    "bad-hash": ("SAME", "12345", "Kipas angin duduk 12 inch"),
}
QUARANTINED = {"neither", "empty"}
QUICK_JAVA = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
"""For a JVM that lives for seconds: its best compiler takes more processor time than its code saves."""
SLOTS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2
"""Tasks at once: as many as there are cores for. Each slot has a Python worker, which loads TensorFlow for itself."""
QUICK = QUICK_JAVA | ({"spark.master": "local[1,4]"} if SLOTS == 1 else {})
"""For spark-submit on this machine, like conf/spark-defaults.conf but for the slots."""


@dataclass(frozen=True)
class Run:
    """How a job ended and all that it printed: spark-submit sends a job's errors to standard output too."""

    code: int
    said: str


LOOPBACK_UP = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41))"


@cache
def offline() -> tuple[str, ...]:
    """What makes the command behind it run with no network but a loopback of its own; nothing where that is not to be.

    It takes a namespace of Linux and the right to make one.
    """
    if not shutil.which("unshare"):
        return ()
    prefix = ("unshare", "--net", "sh", "-c", f'"{sys.executable}" -c "{LOOPBACK_UP}" && exec "$@"', "sh")
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else ()


def submit(job: str, *arguments: str | Path) -> Run:
    conf = {"spark.ui.enabled": "false", **QUICK}
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    command = [str(SUBMIT), *options, str(ROOT / "jobs" / f"{job}.py"), *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK", "PYSPARK"))}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    command = [*offline(), *command]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=600, check=False)
    return Run(done.returncode, done.stdout + done.stderr)


def succeed(job: str, *arguments: str | Path) -> Run:
    run = submit(job, *arguments)
    assert run.code == 0, run.said[-3000:]
    return run


def run_here(job: str, *arguments: str | Path) -> Run:
    """A job in this process, in the tests' Spark session, which takes seconds less than one of its own."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "argv", [f"jobs/{job}.py", *map(str, arguments)])
        try:
            runpy.run_path(str(ROOT / "jobs" / f"{job}.py"), run_name="__main__")
        except SystemExit as ended:
            return Run(int(ended.code or 0), said.getvalue())
    return Run(0, said.getvalue())


def succeed_here(job: str, *arguments: str | Path) -> Run:
    """`run_here` of a job that must succeed."""
    run = run_here(job, *arguments)
    assert run.code == 0, run.said[-3000:]
    return run


def refused_here(job: str, *arguments: str | Path) -> Run:
    """`run_here` of a job that must end with status 2 before it asks for a Spark session."""

    def start(name: str) -> None:
        raise AssertionError(f"{name} asked for a Spark session")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kembar.session.get_session", start)
        run = run_here(job, *arguments)
    assert run.code == 2, run.said[-3000:]
    assert "Traceback" not in run.said
    return run
