"""A standalone Spark cluster on this machine, of one-core workers, stopped whatever happens."""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from common import ROOT

SPARK_CLASS = ROOT / ".venv" / "bin" / "spark-class"
_WAIT_S = 60


@dataclass(frozen=True)
class Cluster:
    """url: for spark.master; processes: of master and workers, under which executors run; conf: what jobs need."""

    url: str
    processes: list[int]
    conf: dict[str, str]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop(process: subprocess.Popen) -> None:
    """End a process with its executors."""
    try:
        parent = psutil.Process(process.pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.terminate()
        except psutil.NoSuchProcess:
            continue
    for member in psutil.wait_procs(family, timeout=10)[1]:
        member.kill()
    process.wait()


def _await_workers(port: int, workers: int) -> None:
    """Return when the master knows so many workers.

    Raises:
        RuntimeError: they did not come within a minute.
    """
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/", timeout=5) as answer:
                if json.load(answer)["aliveworkers"] >= workers:
                    return
        except OSError:
            pass  # the master is not there yet
        time.sleep(0.5)
    raise RuntimeError(f"the cluster did not have {workers} workers after {_WAIT_S} s")


@contextmanager
def standalone(workers: int, memory: str) -> Iterator[Cluster]:
    """A master and so many workers of one core and `memory`, such as 3g, of which its executor gets three quarters."""
    port, web = _free_port(), _free_port()
    url = f"spark://127.0.0.1:{port}"
    paths = os.pathsep.join(map(str, (ROOT / "lib", ROOT)))
    known = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": paths}
    with ExitStack() as stack, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:

        def start(kind: str, *options: str | int) -> int:
            command = [SPARK_CLASS, f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", *options]
            log = stack.enter_context((Path(folder) / f"{kind}-{len(options)}.log").open("ab"))
            process = subprocess.Popen([*map(str, command)], env=known, cwd=folder, stdout=log, stderr=log)
            stack.callback(_stop, process)
            return process.pid

        processes = [start("master.Master", "--port", port, "--webui-port", web)]
        for number in range(workers):
            work = Path(folder) / f"worker-{number}"
            at = ("--cores", 1, "--memory", memory, "--work-dir", work, "--webui-port", _free_port())
            processes.append(start("worker.Worker", *at, url))
        _await_workers(web, workers)
        yield Cluster(url, processes, _conf(url, memory, paths))


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
