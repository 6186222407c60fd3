"""A sample catalogue, the undisturbed result of each job on it, and how a job that was struck is told in a row."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import ROOT
from scale.cluster import Cluster

from faults.equal import APART
from faults.running import Ended, Running, submit
from kembar.storage.files import MANIFEST

LISTINGS, PARTITIONS = 200, 8
FAST = ("training.base=scratch", "training.epochs=3", "training.batch_size=64", "training.checkpoint_minutes=0.0001")
"""A training of seconds that writes a checkpoint after each step, as one of hours does every few minutes."""


@dataclass
class Scene:
    """folder: catalogue/, and one folder for each run; cluster: where there is one."""

    folder: Path
    cluster: Cluster | None = None

    def prepare(self) -> None:
        """Draw the catalogue."""
        if not (self.folder / "catalogue" / "train.csv").exists():
            draw = ["-m", "kembar.synthetic", "--listings", str(LISTINGS), "--output", str(self.folder / "catalogue")]
            subprocess.run([sys.executable, *draw], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def whole(self, job: str) -> Path:
        """The result of a job that nobody disturbed, on this machine alone; made where it is not there."""
        output = self.folder / f"whole-{job}"
        if not (output / MANIFEST).exists():
            ended = self.start(job, output, local=True).end()
            if ended.code:
                raise RuntimeError(f"{job} failed undisturbed:\n{ended.said[-4000:]}")
        return output

    def new(self, name: str) -> Path:
        """A folder that is not there yet."""
        target = self.folder / "runs" / name
        for each in (target, target.with_name(f"{name}.training")):
            shutil.rmtree(each, ignore_errors=True)
        return target

    def arguments(self, job: str, output: Path) -> list[str | Path]:
        """The command line of a job on the catalogue."""
        inputs = ["--listings", self.folder / "catalogue" / "train.csv", "--images", self.folder / "catalogue/images"]
        if job == "encode":
            return [*inputs, "--output", output, "--set", f"encode.partitions={PARTITIONS}"]
        if job == "train":
            return [*inputs, "--bundle", output, *[part for text in FAST for part in ("--set", text)]]
        return ["--encoded", self.whole("encode"), "--output", output]

    def start(self, job: str, output: Path, *more: str | Path, local: bool = False, **conf: str) -> Running:
        """Start a job on the cluster, or on this machine alone."""
        where = {} if local or not self.cluster else self.cluster.conf
        settings = where | {key.replace("__", "."): value for key, value in conf.items()}
        return submit(job, *self.arguments(job, output), *more, conf=settings)

    def roots(self, running: Running) -> list[int]:
        """The processes under which the executors of a run are."""
        return self.cluster.processes if self.cluster else [running.process.pid]

    def told(self, job: str, output: Path, struck: Ended, again: Ended | None, **more: Any) -> dict[str, Any]:
        """What became of a run: how it ended, how its result was had all the same, and whether that is the same."""
        final = again or struck
        apart = APART[job](output, self.whole(job)) if final.code == 0 else float("inf")
        return {
            "job": job,
            "exit": struck.code,
            "said": struck.last_line,
            "tasks_lost": struck.lost,
            "seconds": round(struck.seconds, 1),
            "again_seconds": round(again.seconds, 1) if again else None,
            "again_said": again.last_line if again else None,
            "apart": apart,
            **more,
        }

    def strike(
        self, job: str, name: str, blow: Callable[[Running, Path], Any], *more: str | Path, **conf: str
    ) -> dict[str, Any]:
        """Start a job, do something to it, and give the same command again if that ended it."""
        output = self.new(name)
        running = self.start(job, output, *more, **conf)
        try:
            blow(running, output)
        except Exception:
            running.process.kill()
            raise
        struck = running.end()
        finished = (output / MANIFEST).exists()
        again = None
        if struck.code:
            resume = ["--resume"] if job == "train" else []
            again = self.start(job, output, *resume, **conf).end()
        return self.told(job, output, struck, again, looked_finished=finished and struck.code != 0)
