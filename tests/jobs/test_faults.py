"""Encode by spark-submit while processes are killed: in the end its result is the undisturbed one."""

from pathlib import Path

import pytest
from faults.equal import encoded_apart
from faults.kills import driver, python_worker
from faults.scene import Scene
from pyspark.sql import SparkSession

from tests.submit import QUICK, succeed_here

Undisturbed = tuple[Scene, Path]
CONF = {key.replace(".", "__"): value for key, value in QUICK.items()}


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A scene on the sample catalogue, and the result of encode that nothing happened to, in the tests' session."""
    scene = Scene(tmp_path_factory.mktemp("faults"))
    (scene.folder / "catalogue").symlink_to(sample)
    whole = scene.folder / "whole-encode"
    succeed_here("encode", *scene.arguments("encode", whole))
    return scene, whole


def test_a_killed_driver_leaves_nothing_finished_and_the_same_command_goes_on(undisturbed: Undisturbed):
    scene, whole = undisturbed
    output = scene.new("driver")
    running = scene.start("encode", output, **CONF)
    driver("encode")(running, output)
    assert running.end().code == -9
    assert not (output / "manifest.json").exists()
    done = len(list(output.glob("_staging/*/codes/*.parquet")))
    assert done >= 2
    again = scene.start("encode", output, **CONF).end()
    assert again.code == 0, again.said[-3000:]
    assert " unchanged" in again.said, "what was encoded before the kill is not encoded again"
    assert encoded_apart(output, whole) < 1e-6
    assert not (output / "_staging").exists()


def test_a_killed_python_worker_is_survived_within_the_run(undisturbed: Undisturbed):
    """The blow may fall between two tasks, and then no task is lost: it is struck again."""
    scene, whole = undisturbed
    lost = 0
    for attempt in range(3):
        output = scene.new(f"python-worker-{attempt}")
        running = scene.start("encode", output, **CONF)
        python_worker(scene, "encode")(running, output)
        ended = running.end()
        assert ended.code == 0, ended.said[-3000:]
        assert encoded_apart(output, whole) < 1e-6, "other batches, whose sums differ in the last digit"
        lost += ended.lost
        if lost:
            break
    assert lost >= 1
