"""A training that is killed at a bad moment, or whose disk is full, goes on from its last whole checkpoint."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import Settings
from kembar.errors import TrainingError
from kembar.training.loop import Trainer, make_deterministic
from kembar.training.pair_features import TrainingFeatures, TripletRows
from kembar.training.work_folder import TrainingWork
from tests.disks import fill, small_disk
from tests.submit import ROOT
from tests.toys import copied_listings, drawn_triplets, kill_at_step, network_of, small

pytestmark = pytest.mark.slow

KILLED = """import os, signal, sys
import tensorflow as tf
from pathlib import Path
from kembar.config import load_settings
from tests.training.test_training_faults import saving_each_step, toy_trainer

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

trainer = toy_trainer(saving_each_step(load_settings()), Path(sys.argv[1]))
saves, save = 0, trainer._manager.save
def save_or_die():
    global saves
    saves += 1
    if saves == 8:  # the files of the checkpoint are written, and not yet named as the last one
        trainer._manager._record_state = die
    save()
trainer._manager.save = save_or_die
trainer.fit()
"""


def saving_each_step(settings: Settings) -> Settings:
    return small(settings, checkpoint_minutes=1e-9)


def toy_trainer(settings: Settings, work: Path) -> Trainer:
    make_deterministic(settings.training.seed)
    features: TrainingFeatures = copied_listings()
    triplets: TripletRows = drawn_triplets()
    return Trainer(network_of(features, settings), features, triplets, settings.training, work, quiet=True)


def weights_of(trainer: Trainer) -> list[np.ndarray]:
    return [variable.numpy() for variable in (*trainer.network.slow_variables(), *trainer.network.fast_variables())]


@pytest.fixture(scope="module")
def whole(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """The training that nothing happened to."""
    trainer = toy_trainer(saving_each_step(settings), tmp_path_factory.mktemp("whole"))
    trainer.fit()
    return trainer


def assert_same(ours: Trainer, theirs: Trainer) -> None:
    assert ours.history == theirs.history
    for a, b in zip(weights_of(ours), weights_of(theirs), strict=True):
        np.testing.assert_array_equal(a, b)


def test_killed_while_a_checkpoint_is_written_it_comes_to_the_same_result(
    settings: Settings, whole: Trainer, tmp_path: Path
):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    resumed = toy_trainer(saving_each_step(settings), tmp_path)
    assert resumed.resume()
    assert int(resumed._epoch) * 5 + int(resumed._step) == 5, (
        "the seventh of the checkpoints at start, steps and epochs"
    )
    resumed.fit()
    assert_same(resumed, whole)


def test_on_a_full_disk_the_last_checkpoint_is_kept_and_named(settings: Settings, whole: Trainer, tmp_path: Path):
    with small_disk(tmp_path / "disk", "8m") as disk:
        trainer = toy_trainer(saving_each_step(settings), disk / "work")
        kill_at_step(trainer, 7)
        kept = tf.train.latest_checkpoint(str(disk / "work" / "checkpoints"))
        full = toy_trainer(saving_each_step(settings), disk / "work")
        assert full.resume()
        ballast = fill(disk)
        with pytest.raises(
            TrainingError, match=r"a checkpoint could not be written: .*continue from .* with --resume"
        ) as said:
            full.fit()
        assert "disk is full" in str(said.value)
        assert kept in str(said.value)
        with pytest.raises(TrainingError, match=r"logs could not be written: .* is full"):
            toy_trainer(saving_each_step(settings), disk / "work")
        ballast.unlink()
        again = toy_trainer(saving_each_step(settings), disk / "work")
        assert again.resume()
        again.fit()
        assert_same(again, whole)


def test_the_last_three_checkpoints_are_kept(whole: Trainer):
    assert len(list((whole.work / "checkpoints").glob("*.index"))) == 3


def test_a_work_folder_that_cannot_be_made_is_named(settings: Settings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written to"):
        TrainingWork(tmp_path / "file" / "work", [], settings).open(resume=False)


def test_a_run_that_died_before_it_said_what_it_is_of_is_none_to_resume(settings: Settings, tmp_path: Path):
    (tmp_path / ".0123456789ab.partial").write_text("{")
    with pytest.raises(TrainingError, match="nothing to resume"):
        TrainingWork(tmp_path, [], settings).open(resume=True)
    assert [path.name for path in tmp_path.iterdir()] == [".0123456789ab.partial"]
