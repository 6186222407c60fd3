"""Processes killed or made to hang in the middle of a job."""

from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGUSR1
from typing import Any

import psutil
from scale.cluster import start_workers

from faults.running import Running
from faults.scene import Scene
from faults.strike import busy_python_worker, executors, family, kill

Blow = Callable[[Running, Path], Any]
_IDLE_S = 25
"""Seconds after which a worker that does not answer is ended, here: long enough for the towers to be loaded."""
_LIMIT = {"spark__sql__execution__pyspark__udf__idleTimeoutSeconds": str(_IDLE_S)}
_HANGS = f"a Python worker that hangs in native code, with a limit of {_IDLE_S} s"


def half_way(job: str) -> Blow:
    """Waits until a job is in the middle of what takes it longest on executors."""

    def wait(running: Running, output: Path) -> None:
        if job == "encode":
            running.until(lambda: len(list(output.glob("_staging/*/codes/*.parquet"))) >= 2)
        else:
            running.until_stage({"match": "score", "train": "encode"}[job])

    return wait


def _busy(scene: Scene, running: Running) -> list[psutil.Process]:
    found: list[psutil.Process] = []

    def look() -> list[psutil.Process]:
        found[:] = busy_python_worker(scene.roots(running))
        return found

    running.until(look)
    return found


def python_worker(scene: Scene, job: str) -> Blow:
    def blow(running: Running, output: Path) -> None:
        half_way(job)(running, output)
        kill(_busy(scene, running))

    return blow


def hung_worker(scene: Scene, job: str) -> Blow:
    """A worker that does not come back from native code, see `faults.hang`."""

    def blow(running: Running, output: Path) -> None:
        half_way(job)(running, output)
        kill(_busy(scene, running), SIGUSR1)

    return blow


def executor(scene: Scene, job: str) -> Blow:
    def blow(running: Running, output: Path) -> None:
        half_way(job)(running, output)
        _busy(scene, running)
        kill(executors(scene.roots(running))[:1])

    return blow


def spark_worker(scene: Scene, job: str) -> Blow:
    """A worker with its executor and all below, as when its machine is lost."""

    def blow(running: Running, output: Path) -> None:
        half_way(job)(running, output)
        _busy(scene, running)
        assert scene.cluster
        kill(family(scene.cluster.pids["worker-1"]))

    return blow


def driver(job: str, moment: Blow | None = None) -> Blow:
    def blow(running: Running, output: Path) -> None:
        (moment or half_way(job))(running, output)
        kill(running.driver())

    return blow


def jvm(job: str) -> Blow:
    """The driver's JVM alone, whose Python lives on and has to notice."""

    def blow(running: Running, output: Path) -> None:
        half_way(job)(running, output)
        kill(running.driver()[:1])

    return blow


def at_stage(name: str) -> Blow:
    return lambda running, _: running.until_stage(name)


def while_a_checkpoint_is_written(running: Running, output: Path) -> None:
    running.until(lambda: list(output.with_name(f"{output.name}.training").glob("*/checkpoints/*_temp*")))


MOMENTS = {
    "between two stages": at_stage("train"),
    "while a checkpoint is written": while_a_checkpoint_is_written,
    "while deciders are fitted": at_stage("decide"),
    "while the bundle is saved": at_stage("save"),
}


def on_one_machine(scene: Scene) -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """Name, words, and the doing of each."""
    for job in ("encode", "match", "train"):
        yield job, "the driver", lambda j=job: scene.strike(j, f"{j}-driver", driver(j))
    yield "encode", "a Python worker", lambda: scene.strike("encode", "encode-python", python_worker(scene, "encode"))
    yield "match", "the driver's JVM alone", lambda: scene.strike("match", "match-jvm", jvm("match"))
    yield "encode", _HANGS, lambda: scene.strike("encode", "encode-hung", hung_worker(scene, "encode"), **_LIMIT)
    for number, (when, moment) in enumerate(MOMENTS.items()):
        blow = driver("train", moment)
        yield "train", f"the driver, {when}", lambda n=number, b=blow: scene.strike("train", f"train-moment-{n}", b)
    yield "match", _HANGS, lambda: scene.strike("match", "match-hung", hung_worker(scene, "match"), **_LIMIT)


def on_a_cluster(scene: Scene) -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """The same on a standalone cluster of two workers; the worker that is killed is started again after its run."""
    victims = {
        "a worker with its executor": spark_worker,
        "an executor": executor,
        "a Python worker": python_worker,
    }
    for job in ("encode", "match", "train"):
        for words, victim in victims.items():
            blow, name = victim(scene, job), f"cluster-{job}-{words.split()[1]}"
            yield job, words, lambda j=job, n=name, b=blow: _then_mended(scene, j, n, b)
    yield "encode", "the driver", lambda: _then_mended(scene, "encode", "cluster-encode-driver", driver("encode"))


def _then_mended(scene: Scene, job: str, name: str, blow: Blow) -> dict[str, Any]:
    try:
        return scene.strike(job, name, blow)
    finally:
        assert scene.cluster
        scene.cluster.pids.update(start_workers(scene.cluster.folder, 2, scene.cluster.memory))
