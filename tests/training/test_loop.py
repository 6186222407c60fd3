"""The training loop: a clear stop where a loss is not finite, and the same result after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import Settings
from kembar.errors import TrainingError
from kembar.training.fit_heads import first_heads
from kembar.training.loop import Trainer, make_deterministic
from kembar.training.losses import LOSSES
from kembar.training.network import SiameseNetwork
from kembar.training.pair_features import TrainingFeatures, TripletRows, epoch_batches
from tests.toys import N, copied_listings, drawn_triplets, kill_at_step, network_of, small

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def features() -> TrainingFeatures:
    return copied_listings()


@pytest.fixture(scope="module")
def triplets() -> TripletRows:
    return drawn_triplets()


def trainer_of(features: TrainingFeatures, triplets: TripletRows, settings: Settings, work: Path) -> Trainer:
    make_deterministic(settings.training.seed)
    return Trainer(network_of(features, settings), features, triplets, settings.training, work, quiet=True)


def weights_of(trainer: Trainer) -> list[np.ndarray]:
    return [variable.numpy() for variable in (*trainer.network.slow_variables(), *trainer.network.fast_variables())]


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_it_learns_to_tell_products_apart(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path, loss: str
):
    trainer = trainer_of(features, triplets, small(settings, loss=loss, epochs=15), tmp_path)
    trainer.fit()
    first, last = trainer.history[0], trainer.history[-1]
    assert last.held_out_loss < first.held_out_loss
    assert last.f1 > 0.9
    assert list((tmp_path / "logs").glob("events.*")), "TensorBoard logs"


@pytest.mark.parametrize("killed_at_step", [2, 7, 11])
def test_killed_and_resumed_it_comes_to_the_same_result(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path, killed_at_step: int
):
    """Five steps an epoch; checkpoints at every step and epoch, as if steps took minutes."""
    config = small(settings, checkpoint_minutes=1e-9)
    whole = trainer_of(features, triplets, config, tmp_path / "whole")
    whole.fit()

    kill_at_step(trainer_of(features, triplets, config, tmp_path / "killed"), killed_at_step)
    resumed = trainer_of(features, triplets, config, tmp_path / "killed")
    assert resumed.resume()
    resumed.fit()
    assert resumed.history == whole.history
    for ours, theirs in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_loss_that_is_not_finite_stops_it_with_the_last_good_checkpoint_kept(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path
):
    trainer = trainer_of(features, triplets, small(settings, checkpoint_minutes=1e-9), tmp_path)
    train, done = trainer._train_step, 0

    def poisoned(rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        nonlocal done
        done += 1
        return train(rows, ready * (np.nan if done == 8 else 1.0), tf.ones_like(present), seed)

    trainer._train_step = poisoned
    with pytest.raises(
        TrainingError, match=r"the loss became nan in epoch 2, step 3; the last good checkpoint is .*ckpt-"
    ):
        trainer.fit()
    resumed = trainer_of(features, triplets, small(settings), tmp_path)
    assert resumed.resume()
    assert all(np.isfinite(weight).all() for weight in weights_of(resumed))


def test_an_epochs_order_is_a_function_of_seed_and_epoch(features: TrainingFeatures, triplets: TripletRows):
    def rows(*key: int) -> np.ndarray:
        return np.concatenate([batch["rows"] for batch in epoch_batches(features, triplets.train, 64, *key)])

    assert np.array_equal(rows(7, 0), rows(7, 0))
    assert not np.array_equal(rows(7, 0), rows(7, 1))
    assert np.array_equal(rows(7, 0, 2), rows(7, 0)[128:])
    assert sorted(map(tuple, rows(7, 0))) == sorted(map(tuple, triplets.train))


def test_the_small_cnn_is_trained_along(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path
):
    from kembar.encoding.towers.small_cnn import FEATURES, INPUT_PX, build_small_cnn

    config = small(settings)
    rng = np.random.default_rng(1)
    pixels = np.repeat(rng.integers(0, 256, (N // 3, INPUT_PX, INPUT_PX, 3), dtype=np.uint8), 3, axis=0)
    towers = replace(features.towers, image=rng.normal(0, 1, (N, FEATURES)).astype(np.float16))
    make_deterministic(7)
    cnn = build_small_cnn(7)
    before = [weight.copy() for weight in cnn.get_weights()]
    seen = replace(features, towers=towers, pixels=pixels)
    few = TripletRows(triplets.train[:64], triplets.held_out[:16])
    network = SiameseNetwork(seen, first_heads(towers, config), config.training, cnn)
    trainer = Trainer(network, seen, few, replace(config.training, epochs=1), tmp_path, quiet=True)
    trainer.fit()
    assert all(np.isfinite(weight).all() for weight in cnn.get_weights())
    assert any(not np.array_equal(a, b) for a, b in zip(before, cnn.get_weights(), strict=True))
