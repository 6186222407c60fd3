"""Encode by spark-submit while processes are killed and files cut: in the end its result is the undisturbed one."""

from pathlib import Path

import pytest
from faults.equal import encoded_apart
from faults.kills import driver, python_worker
from faults.scene import Scene

Undisturbed = tuple[Scene, Path]


@pytest.fixture(scope="module")
def undisturbed(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A scene on the sample catalogue, and the result of encode that nothing happened to."""
    scene = Scene(tmp_path_factory.mktemp("faults"))
    (scene.folder / "catalogue").symlink_to(sample)
    return scene, scene.whole("encode")


def test_a_killed_driver_leaves_nothing_finished_and_the_same_command_goes_on(undisturbed: Undisturbed):
    scene, whole = undisturbed
    output = scene.new("driver")
    running = scene.start("encode", output)
    driver("encode")(running, output)
    assert running.end().code == -9
    assert not (output / "manifest.json").exists()
    done = len(list(output.glob("_staging/*/codes/*.parquet")))
    assert done >= 2
    again = scene.start("encode", output).end()
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
        running = scene.start("encode", output)
        python_worker(scene, "encode")(running, output)
        ended = running.end()
        assert ended.code == 0, ended.said[-3000:]
        assert encoded_apart(output, whole) == 0
        lost += ended.lost
        if lost:
            break
    assert lost >= 1
