"""Training: no NaN from identical listings, a clear stop if one appears, and the same result after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import Settings, TrainingSettings
from kembar.errors import TrainingError
from kembar.training.features import TrainingFeatures, TripletRows, epoch_batches, triplet_batch
from kembar.training.heads import first_heads
from kembar.training.loop import Trainer, make_deterministic
from kembar.training.network import LOSSES, SiameseNetwork, cosine_distance, safe_normalise
from tests.builders import index_of, random_titles

N = 90


@pytest.fixture(scope="module")
def features() -> TrainingFeatures:
    """30 products of three listings: two are copies of each other, photo, title and hash; the third is near."""
    titles = [title for title in random_titles(N // 3, seed=2, words=80) for _ in range(3)]
    index = index_of(titles, seed=2, dim=16)
    rng = np.random.default_rng(2)
    for codes in (index.image, index.title):
        codes[:] = codes[np.arange(N) // 3 * 3]
        codes[2::3] += rng.normal(0, 0.05, (N // 3, 16)).astype(np.float16)
    index.phash[1::3] = index.phash[0::3]
    index.has_image[5] = index.has_title[10] = index.has_hash[15] = False
    index.image[5] = index.title[10] = 0
    return TrainingFeatures(index, [f"id{row:03}" for row in range(N)])


@pytest.fixture(scope="module")
def triplets() -> TripletRows:
    rng = np.random.default_rng(3)
    anchors = np.repeat(np.arange(N), 4)
    matches = anchors // 3 * 3 + (anchors % 3 + rng.integers(1, 3, len(anchors))) % 3
    non_matches = (anchors + 3 * rng.integers(1, N // 3, len(anchors))) % N
    rows = np.stack([anchors, matches, non_matches], axis=1)
    return TripletRows(rows[anchors < 66], rows[anchors >= 66])


def small(settings: Settings, **changes: object) -> Settings:
    training = replace(settings.training, epochs=4, batch_size=64, image_dim=8, title_dim=8, **changes)
    return replace(settings, training=training)


def network_of(features: TrainingFeatures, settings: Settings) -> SiameseNetwork:
    title, image = (codes.astype(np.float32) for codes in (features.towers.title, features.towers.image))
    return SiameseNetwork(title, image, first_heads(features.towers, settings), settings.training)


def trainer_of(features: TrainingFeatures, triplets: TripletRows, settings: Settings, work: Path) -> Trainer:
    make_deterministic(settings.training.seed)
    return Trainer(network_of(features, settings), features, triplets, settings.training, work, quiet=True)


def weights_of(trainer: Trainer) -> list[np.ndarray]:
    return [variable.numpy() for variable in (*trainer.network.slow_variables(), *trainer.network.fast_variables())]


def test_the_naive_distance_of_identical_photos_has_a_nan_gradient_and_ours_does_not():
    """‖u − v‖ has slope 1 / (2 √0) · 0 = inf · 0 at u = v."""
    kernel = tf.Variable(np.eye(4, dtype=np.float32))
    photo = tf.constant([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
    with tf.GradientTape() as tape:
        naive = tf.reduce_sum(tf.norm(photo @ kernel - photo @ kernel, axis=-1))
    assert np.isnan(tape.gradient(naive, kernel).numpy()).all()
    with tf.GradientTape() as tape:
        codes = safe_normalise(photo @ kernel)
        ours = tf.reduce_sum(cosine_distance(codes, codes))
    assert np.isfinite(tape.gradient(ours, kernel).numpy()).all()
    assert np.isfinite(ours.numpy())


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_no_gradient_of_a_batch_of_copies_is_nan(features: TrainingFeatures, settings: Settings, loss: str):
    """Anchor, match and non-match all the same listing, with each modality missing in turn."""
    network = network_of(features, small(settings, loss=loss))
    rows = np.array([[0, 0, 0], [0, 1, 0], [5, 5, 5], [10, 10, 10], [15, 15, 15], [5, 10, 15]])
    batch = {name: tf.constant(value) for name, value in triplet_batch(features, rows).items()}
    variables = [*network.slow_variables(), *network.fast_variables()]
    with tf.GradientTape() as tape:
        total = tf.reduce_mean(network.losses(**batch)) + network.pull()
    gradients = tape.gradient(total, variables)
    assert all(np.isfinite(tf.convert_to_tensor(g).numpy()).all() for g in gradients)


def test_the_seeds_loss_is_as_it_was_defined():
    """(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2, with p(non-match) = 1 − p(match)."""
    match, non_match = tf.constant([2.0, -1.0]), tf.constant([-3.0, 0.5])
    p, q = tf.sigmoid(match).numpy(), tf.sigmoid(non_match).numpy()
    expected = ((1 - p) + 1 - (1 - q)) / 2
    assert np.allclose(LOSSES["triplet_probability"](match, non_match), expected)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_it_learns_to_tell_products_apart(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path, loss: str
):
    trainer = trainer_of(features, triplets, small(settings, loss=loss), tmp_path)
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

    killed, done = trainer_of(features, triplets, config, tmp_path / "killed"), 0
    train = killed._train_step

    def step_until_killed(*batch: object) -> object:
        nonlocal done
        done += 1
        if done > killed_at_step:
            raise KeyboardInterrupt
        return train(*batch)

    killed._train_step = step_until_killed
    with pytest.raises(KeyboardInterrupt):
        killed.fit()
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
    from kembar.towers.small_cnn import FEATURES, INPUT_PX, build_small_cnn

    config = small(settings)
    rng = np.random.default_rng(1)
    pixels = np.repeat(rng.integers(0, 256, (N // 3, INPUT_PX, INPUT_PX, 3), dtype=np.uint8), 3, axis=0)
    towers = replace(features.towers, image=rng.normal(0, 1, (N, FEATURES)).astype(np.float16))
    make_deterministic(7)
    cnn = build_small_cnn(7)
    before = [weight.copy() for weight in cnn.get_weights()]
    network = SiameseNetwork(towers.title.astype(np.float32), pixels, first_heads(towers, config), config.training, cnn)
    few = TripletRows(triplets.train[:64], triplets.held_out[:16])
    trainer = Trainer(
        network, replace(features, towers=towers), few, replace(config.training, epochs=1), tmp_path, quiet=True
    )
    trainer.fit()
    assert all(np.isfinite(weight).all() for weight in cnn.get_weights())
    assert any(not np.array_equal(a, b) for a, b in zip(before, cnn.get_weights(), strict=True))


def test_settings_reach_the_network(features: TrainingFeatures, settings: Settings):
    assert isinstance(settings.training, TrainingSettings)
    network = network_of(features, small(settings))
    assert network.title_head.export().code_dim == 8
