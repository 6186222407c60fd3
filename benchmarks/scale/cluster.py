"""The standalone cluster of scripts/cluster.py for a benchmark, of one-core workers, stopped whatever happens."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import ROOT


@dataclass(frozen=True)
class Cluster:
    """url: for spark.master; pids: of master and workers by name, under which executors run; conf: what jobs need;
    folder: of logs and pid files; memory: of each worker."""

    url: str
    pids: dict[str, int]
    conf: dict[str, str]
    folder: Path
    memory: str

    @property
    def processes(self) -> list[int]:
        return list(self.pids.values())


def _control(action: str, folder: Path, *options: str | int) -> None:
    command = [sys.executable, ROOT / "scripts" / "cluster.py", action, "--folder", folder, *options]
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)


def start_workers(folder: Path, workers: int, memory: str) -> dict[str, int]:
    """Start the master and those workers that do not run; the process of each by name."""
    _control("start", folder, "--workers", workers, "--memory", memory)
    return {file.stem: int(file.read_text()) for file in sorted(folder.glob("*.pid"))}


@contextmanager
def standalone(workers: int, memory: str, paths: str | None = None) -> Iterator[Cluster]:
    """A master and so many workers of one core and `memory`, such as 3g, of which its executor gets three quarters.

    paths: PYTHONPATH of the executors, this repository if left out.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            pids = start_workers(folder, workers, memory)
            url = json.loads((folder / "cluster.json").read_text())["url"]
            conf = _conf(url, memory, paths or os.pathsep.join(map(str, (ROOT / "lib", ROOT))))
            yield Cluster(url, pids, conf, folder, memory)
        finally:
            _control("stop", folder)


def _conf(url: str, memory: str, paths: str) -> dict[str, str]:
    mebibytes = int(memory.removesuffix("g")) * 1024
    return {
        "spark.master": url,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.cores": "1",
        "spark.executor.memory": f"{mebibytes * 3 // 4}m",
        "spark.executorEnv.PYTHONPATH": paths,
    }
