"""The discriminator in NumPy is the one that TensorFlow trained, never rewards distance, and explains itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.bundle import Thresholds
from kembar.config import load_settings
from kembar.discriminator import KNOTS, Discriminator, check_shapes, pattern_of, segments
from kembar.distances import DISTANCES, MODALITY_OF
from kembar.heads import Head
from tests.builders import random_discriminator


def random_pairs(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    present = rng.random((n, 3)) < 0.7
    distances = (rng.random((n, 5)) * [2, 2, 1, 1, 1]).astype(np.float32)
    distances[rng.random((n, 5)) < 0.1] = 0
    return distances * present[:, MODALITY_OF], present


def test_numpy_equals_tensorflow():
    import tensorflow as tf

    from kembar.training.network import DiscriminatorLayer

    layer, rng = DiscriminatorLayer(), np.random.default_rng(3)
    for variable in (layer.shared, layer.own, layer.bias):
        variable.assign(rng.normal(0, 2, variable.shape).astype(np.float32))
    distances, present = random_pairs(4000)
    theirs = tf.sigmoid(layer(tf.constant(distances), tf.constant(present))).numpy()
    comparable = present.any(axis=1)
    np.testing.assert_allclose(
        layer.export().probability(distances, present)[comparable], theirs[comparable], atol=1e-5
    )


def test_numpy_heads_equal_tensorflows():
    import tensorflow as tf

    from kembar.training.network import HeadLayer, cosine_distance

    rng = np.random.default_rng(4)
    head = Head(rng.normal(0, 0.1, 20).astype(np.float32), rng.normal(0, 1, (20, 6)).astype(np.float32))
    x = rng.normal(0, 1, (50, 20)).astype(np.float32)
    codes = HeadLayer(head, "h")(tf.constant(x))
    np.testing.assert_allclose(head(x), codes.numpy(), atol=1e-5)
    ours = 1 - np.sum(head(x)[:25] * head(x)[25:], axis=1)
    np.testing.assert_allclose(ours, cosine_distance(codes[:25], codes[25:]).numpy(), atol=1e-5)


@given(st.integers(0, 4), st.floats(0, 2), st.floats(0, 2))
def test_a_larger_distance_never_makes_a_match_likelier(column: int, one: float, other: float):
    model, present = random_discriminator(), np.ones((2, 3), bool)
    distances = np.full((2, 5), 0.3, np.float32)
    distances[:, column] = sorted((one, other))
    near, far = model.probability(distances, present)
    assert near >= far - 1e-6


def test_the_evidence_of_each_distance_adds_up_to_the_decision():
    model, (distances, present) = random_discriminator(), random_pairs(200)
    total = model.bias[pattern_of(present)] + model.evidence(distances, present).sum(axis=1)
    assert np.allclose(
        1 / (1 + np.exp(-total.astype(float)))[present.any(axis=1)],
        model.probability(distances, present)[present.any(axis=1)],
        atol=1e-5,
    )
    assert (model.evidence(distances, present)[~present[:, MODALITY_OF]] == 0).all()


def test_nothing_to_compare_is_no_match_and_extremes_do_not_overflow():
    model = Discriminator(random_discriminator().slopes * 1e4, np.full(8, 1e4, np.float32))
    distances = np.array([[0] * 5, [2, 2, 1, 1, 1], [0] * 5], np.float32)
    present = np.array([[True] * 3, [True] * 3, [False] * 3])
    with np.errstate(all="raise", under="ignore"):
        first, _, last = model.probability(distances, present)
    assert (first, last) == (1.0, 0.0)


def test_segments_add_up_to_the_distance():
    distances = np.array([0.0, 0.1, 0.15, 0.4, 1.7], np.float32)
    assert np.allclose(segments(distances).sum(axis=-1), distances)
    assert segments(distances).shape == (5, len(KNOTS))


def test_weights_that_cannot_be_are_named():
    good = random_discriminator()
    assert check_shapes(good.slopes, good.bias) is None
    assert "expected slopes" in str(check_shapes(good.slopes[:3], good.bias))
    assert "negative" in str(check_shapes(-good.slopes, good.bias))
    assert "not finite" in str(check_shapes(good.slopes * np.nan, good.bias))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], Thresholds(0.6, 0.4)),
        (["grouping.threshold=0.7"], Thresholds(0.7, 0.4)),
        (["grouping.lone_threshold=0.9"], Thresholds(0.6, 0.9)),
        (["grouping.singletons=true"], Thresholds(0.6, 2.0)),
    ],
)
def test_settings_override_the_bundles_thresholds(overrides: list[str], expected: Thresholds):
    assert Thresholds(0.6, 0.4).overridden(load_settings(overrides=overrides).grouping) == expected


def test_every_distance_has_a_modality():
    assert len(MODALITY_OF) == len(DISTANCES)
