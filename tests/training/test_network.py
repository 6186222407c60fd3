"""The Siamese network: no gradient is NaN, whatever is copied or missing."""

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import Settings
from kembar.training.layers import cosine_distance, safe_normalise
from kembar.training.losses import LOSSES
from kembar.training.pair_features import TrainingFeatures, triplet_batch
from tests.toys import copied_listings, network_of, small


@pytest.fixture(scope="module")
def features() -> TrainingFeatures:
    return copied_listings()


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


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_triplet_with_nothing_to_compare_counts_for_nothing(
    features: TrainingFeatures, settings: Settings, loss: str
):
    network = network_of(features, small(settings, loss=loss))
    batch = triplet_batch(features, np.array([[0, 1, 30]]))
    losses = network.losses(batch["rows"], tf.constant(batch["ready"]), tf.zeros((1, 2, 3), tf.bool))
    assert losses.numpy().tolist() == [0.0]


def test_settings_reach_the_network(features: TrainingFeatures, settings: Settings):
    network = network_of(features, small(settings))
    assert network.title_head.export().code_dim == 8
