"""Disks that are full, fill up while a result is published, or cannot be written to: small ones in memory, mounted for
it, which needs root."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faults.running import Running
from faults.scene import Scene
from faults.strike import fill, small_disk

ROOMY = "256m"
TOO_SMALL = {"encode": "300k", "match": "400k", "train": "900k"}
FULL_AT = {"encode": ("write",), "match": ("write",), "train": ("train", "save")}


def _on_disk(scene: Scene, job: str, size: str, blow: Callable[[Running, Path], None] | None = None) -> dict[str, Any]:
    """A job whose output is on a small disk; it then gets room, and the same command."""
    disk = scene.folder / "disk"
    with small_disk(disk, size) as remount:
        output = disk / "result"
        running = scene.start(job, output)
        if blow:
            blow(running, disk)
        struck = running.end()
        looked = (output / "manifest.json").exists()
        (disk / "ballast").unlink(missing_ok=True)
        remount(f"size={ROOMY}")
        again = scene.start(job, output, *(["--resume"] if _has_begun(job, output) else [])).end()
        return scene.told(job, output, struck, again, looked_finished=looked)


def _has_begun(job: str, output: Path) -> bool:
    return job == "train" and output.with_name("result.training").joinpath("run.json").exists()


def full(scene: Scene, job: str) -> dict[str, Any]:
    return _on_disk(scene, job, TOO_SMALL[job])


def full_at(scene: Scene, job: str, stage: str) -> dict[str, Any]:
    def blow(running: Running, disk: Path) -> None:
        running.until_stage(stage)
        fill(disk)

    return _on_disk(scene, job, ROOMY, blow)


def full_over_an_old_result(scene: Scene) -> dict[str, Any]:
    """A match into a folder that holds a result, which has to stay as it was."""
    disk = scene.folder / "disk"
    with small_disk(disk, ROOMY):
        output = disk / "result"
        shutil.copytree(scene.whole("match"), output)
        before = {name: (output / name).read_bytes() for name in ("manifest.json", "submission.csv")}
        running = scene.start("match", output, "--set", "grouping.threshold=0.9")
        running.until_stage("write")
        fill(disk)
        struck = running.end()
        kept = all((output / name).read_bytes() == data for name, data in before.items())
        (disk / "ballast").unlink()
        again = scene.start("match", output).end()
        return scene.told("match", output, struck, again, looked_finished=False, kept_old=kept)


def scratch_full(scene: Scene) -> dict[str, Any]:
    """Spark's own scratch disk is too small for the index that match sends to its executors."""
    disk, output = scene.folder / "disk", scene.new("scratch-full")
    with small_disk(disk, "200k"):
        struck = scene.start("match", output, spark__local__dir=str(disk)).end()
    looked = (output / "manifest.json").exists()
    return scene.told("match", output, struck, scene.start("match", output).end(), looked_finished=looked)


def read_only(scene: Scene, job: str) -> dict[str, Any]:
    disk = scene.folder / "disk"
    with small_disk(disk, ROOMY) as remount:
        (disk / "result").mkdir()
        remount("ro")
        struck = scene.start(job, disk / "result").end()
        remount("rw")
        again = scene.start(job, disk / "result").end()
        looked = (disk / "result" / "manifest.json").exists() and again.code != 0
        return scene.told(job, disk / "result", struck, again, looked_finished=looked)


def cases(scene: Scene) -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """Name, words, and the doing of each; none where one may not mount."""
    if os.geteuid():
        return
    for job in ("encode", "match", "train"):
        yield job, "the output's disk is too small", lambda j=job: full(scene, j)
        yield job, "the output is read-only", lambda j=job: read_only(scene, j)
    for job, stages in FULL_AT.items():
        for stage in stages:
            yield job, f"the disk fills up in stage {stage}", lambda j=job, s=stage: full_at(scene, j, s)
    yield "match", "Spark's scratch disk is too small", lambda: scratch_full(scene)
    yield "match", "the disk fills up over an older result", lambda: full_over_an_old_result(scene)
