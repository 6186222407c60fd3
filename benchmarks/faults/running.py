"""Jobs by spark-submit that something is done to while they run."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from common import ROOT
from scale.events import log_to, read_totals

SUBMIT = ROOT / ".venv" / "bin" / "spark-submit"
HANG = Path(__file__).resolve().parent / "hang"
"""What lets a Python hang at a signal."""
_LIMIT_S = 600


@dataclass(frozen=True)
class Ended:
    """How a run ended; lost: tasks that failed and were run again by Spark, as its event log says."""

    code: int
    said: str
    seconds: float
    lost: int

    @property
    def last_line(self) -> str:
        """The line that says why, or the last of all."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        return next((line for line in reversed(lines) if line.startswith("error: ")), lines[-1] if lines else "")


@dataclass
class Running:
    """A job that was started."""

    process: subprocess.Popen
    events: tempfile.TemporaryDirectory
    lines: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds.

        Raises:
            RuntimeError: the job ended before, or it took longer than a job may.
        """
        while not holds():
            if self.process.poll() is not None or time.monotonic() - self.began > _LIMIT_S:
                raise RuntimeError(f"the job ended before its fault:\n{''.join(self.lines)[-3000:]}")
            time.sleep(0.002)

    def until_stage(self, name: str) -> None:
        self.until(lambda: any(f"kembar: {name} …" in line for line in self.lines))

    def end(self) -> Ended:
        """Wait for the job, and for the driver's Python where its JVM alone was killed."""
        self.process.wait(_LIMIT_S)
        self._listener.join(_LIMIT_S)
        seconds = time.monotonic() - self.began
        # A driver that was killed leaves a log that breaks off.
        lost = read_totals(Path(self.events.name))["failed_tasks"] if self.process.returncode == 0 else 0
        self.events.cleanup()
        return Ended(self.process.returncode, "".join(self.lines), seconds, lost)

    def driver(self) -> list[psutil.Process]:
        """The driver's JVM and its Python, not those that work for it."""
        jvm = psutil.Process(self.process.pid)
        return [jvm, *(child for child in jvm.children() if _is_no_worker(child))]


def _is_no_worker(child: psutil.Process) -> bool:
    """Who ended meanwhile, or waits to be buried, is nobody to strike."""
    with suppress(psutil.NoSuchProcess):
        return "pyspark.daemon" not in " ".join(child.cmdline())
    return False


def submit(job: str, *arguments: str | Path, conf: dict[str, str] | None = None) -> Running:
    """Start a job as users do, with this repository's defaults."""
    events = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    settings = {**log_to(Path(events.name)), "spark.ui.enabled": "false", **(conf or {})}
    options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    defaults = ("--properties-file", ROOT / "conf" / "spark-defaults.conf")
    command = [SUBMIT, *defaults, *options, ROOT / "jobs" / f"{job}.py", *arguments]
    process = subprocess.Popen(
        [*map(str, command)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HANG), os.environ.get("PYTHONPATH", "")])},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return Running(process, events)
