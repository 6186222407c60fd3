"""What all parts share: catalogues made once, jobs run under watch, results kept as JSON."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import ROOT, machine

from scale.events import log_to, read_totals
from scale.watch import Watched, watch

BUILD = ROOT / "build" / "scale"
SUBMIT = ROOT / ".venv" / "bin" / "spark-submit"


@dataclass(frozen=True)
class Run:
    """How the parts run: Spark's settings besides the defaults, whether to measure anew what was measured, where, and
    against which rivals, all where none is named.
    """

    conf: dict[str, str] = field(default_factory=dict)
    again: bool = False
    build: Path = BUILD
    rivals: Sequence[str] = ()

    def kept(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The result of an earlier run, or what `make` gives, with the machine and settings that it was measured on."""
        path = self.build / f"{name}.json"
        if path.exists() and not self.again:
            return json.loads(path.read_text())
        result = {**make(), "machine": machine(), "conf": self.conf}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1))
        print(f"{name}: {json.dumps(result)}", flush=True)
        return result

    def results(self, part: str) -> list[dict[str, Any]]:
        """All that was kept of a part, smallest catalogue first."""
        found = [json.loads(path.read_text()) for path in (self.build / part).glob("*.json")]
        return sorted(found, key=lambda result: result["listings"])

    def catalogue(self, kind: str, listings: int, *options: str) -> Path:
        """A catalogue of `benchmarks.load`, made where it is not there yet."""
        folder = self.build / "catalogues" / "-".join([kind, str(listings), *(o.lstrip("-") for o in options)])
        if not folder.exists():
            command = [
                sys.executable,
                str(ROOT / "benchmarks" / "make_catalogue.py"),
                kind,
                "--listings",
                listings,
                "--output",
                folder,
            ]
            subprocess.run([*map(str, command), *options], cwd=ROOT, check=True)
        return folder

    def submit(
        self, job: str, *arguments: str | Path, conf: dict[str, str] | None = None, beside: Sequence[int] = ()
    ) -> tuple[Watched, dict[str, Any]]:
        """Run a job by spark-submit; the watched run, and its figures with those of Spark's event log.

        Raises:
            RuntimeError: the job failed.
        """
        with tempfile.TemporaryDirectory() as logs:
            settings = {**log_to(Path(logs)), **self.conf, **(conf or {})}
            options = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
            run = watch([SUBMIT, *options, ROOT / "jobs" / f"{job}.py", *arguments], ROOT, beside=beside)
            if run.code:
                raise RuntimeError(f"{job} ended with {run.code}:\n{run.said[-4000:]}")
            return run, {**run.figures(), **read_totals(Path(logs))}

    def scratch(self, name: str) -> Path:
        """An empty folder."""
        folder = self.build / "scratch" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder
