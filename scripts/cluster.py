"""A Spark standalone cluster on this machine: a master and workers, each a process of its own.

scripts/cluster.sh start|stop|status [--workers 2] [--cores 1] [--memory 3g] [--folder build/cluster]

The folder holds each process's log and pid file, the workers' scratch folders, and cluster.json with the ports. What
runs already is left alone by start, and what has gone is not missed by stop. The processes know neither this repository
nor the environment of Python: executors get both from the application (--py-files, --archives).
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
_WAIT_S = 60
_KNOWN = ("PATH", "HOME", "JAVA_HOME", "SPARK_HOME", "KEMBAR_CACHE", "TMPDIR", "LANG")
"""Of this process's environment, what the cluster's processes see."""


@dataclass(frozen=True)
class Cluster:
    """folder: for pid files and logs; ports: of the master, of its page, and of each worker's page."""

    folder: Path
    ports: dict[str, int]

    @property
    def url(self) -> str:
        return f"spark://{HOST}:{self.ports['master']}"

    def process(self, name: str) -> psutil.Process | None:
        """The running process of a name, which is master or worker-N."""
        try:
            found = psutil.Process(int((self.folder / f"{name}.pid").read_text()))
            alive = found.status() != psutil.STATUS_ZOMBIE and "org.apache.spark.deploy" in " ".join(found.cmdline())
            return found if alive else None  # a pid is given again, to something else
        except (OSError, ValueError, psutil.Error):
            return None

    def names(self) -> Iterator[str]:
        """Master and workers, as their pid files say."""
        return (file.stem for file in sorted(self.folder.glob("*.pid")))

    def start(self, name: str, kind: str, *options: str | int | Path) -> None:
        """Start a process where it does not run."""
        if self.process(name):
            return
        spark_class = Path(os.environ.get("SPARK_HOME") or ROOT / ".venv") / "bin" / "spark-class"
        known = {key: os.environ[key] for key in _KNOWN if key in os.environ} | {"SPARK_LOCAL_IP": HOST}
        command = [spark_class, f"org.apache.spark.deploy.{kind}", "--host", HOST, *options]
        with (self.folder / f"{name}.log").open("ab") as log:
            started = subprocess.Popen(
                [*map(str, command)],
                env=known,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / f"{name}.pid").write_text(str(started.pid))

    def stop(self, name: str) -> None:
        """End a process with its executors and their Python workers."""
        if parent := self.process(name):
            family = [*parent.children(recursive=True), parent]
            for member in family:
                _quietly(member.terminate)
            for member in psutil.wait_procs(family, timeout=10)[1]:
                _quietly(member.kill)
        (self.folder / f"{name}.pid").unlink(missing_ok=True)

    def alive_workers(self) -> int:
        """How many workers the master knows; 0 where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.ports['page']}/json/", timeout=5) as answer:
                return int(json.load(answer)["aliveworkers"])
        except OSError:
            return 0


def _quietly(act: Callable[[], Any]) -> None:
    with suppress(psutil.NoSuchProcess):
        act()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind((HOST, 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def open_cluster(folder: Path, workers: int) -> Cluster:
    """The cluster of a folder, with the ports that it has, or free ones."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "cluster.json"
    ports: dict[str, int] = json.loads(kept.read_text())["ports"] if kept.exists() else {}
    missing = [name for name in ("master", "page", *(f"worker-{n}" for n in range(workers))) if name not in ports]
    ports |= dict(zip(missing, _free_ports(len(missing)), strict=True))
    cluster = Cluster(folder, ports)
    kept.write_text(json.dumps({"url": cluster.url, "ports": ports}, indent=2))
    return cluster


def start(cluster: Cluster, workers: int, cores: int, memory: str) -> int:
    """Start what does not run, and wait until the master knows all workers; 1 if they do not come."""
    cluster.start("master", "master.Master", "--port", cluster.ports["master"], "--webui-port", cluster.ports["page"])
    for number in range(workers):
        name = f"worker-{number}"
        size = ("--cores", cores, "--memory", memory, "--work-dir", cluster.folder / name)
        cluster.start(name, "worker.Worker", *size, "--webui-port", cluster.ports[name], cluster.url)
    end = time.monotonic() + _WAIT_S
    while cluster.alive_workers() < workers:
        if time.monotonic() > end or not cluster.process("master"):
            print(f"the cluster does not have {workers} workers; see {cluster.folder}/*.log", file=sys.stderr)
            return 1
        time.sleep(0.5)
    print(cluster.url)
    return 0


def status(cluster: Cluster) -> int:
    """Say what runs; 1 where something that was started does not."""
    names = list(cluster.names())
    for name in names:
        process = cluster.process(name)
        print(f"{name}: {f'pid {process.pid}' if process else 'not running'}")
    print(f"{cluster.url}: {cluster.alive_workers()} workers" if names else "no cluster")
    return 0 if names and all(map(cluster.process, names)) else 1


def stop(cluster: Cluster) -> int:
    """Stop workers before their master, and forget the ports."""
    for name in sorted(cluster.names(), reverse=True):
        cluster.stop(name)
    (cluster.folder / "cluster.json").unlink(missing_ok=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--workers", type=int, default=2, help="worker processes (2)")
    parser.add_argument("--cores", type=int, default=1, help="cores of each (1)")
    parser.add_argument("--memory", default="3g", help="memory that each gives to executors' JVMs (3g)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "cluster", help="pid files and logs")
    args = parser.parse_args()
    cluster = open_cluster(args.folder.absolute(), args.workers)
    if args.action == "start":
        return start(cluster, args.workers, args.cores, args.memory)
    return stop(cluster) if args.action == "stop" else status(cluster)


if __name__ == "__main__":
    sys.exit(main())
