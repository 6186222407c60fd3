"""The discriminator looks twice, and a pair is the less likely the better the other candidates of its listings are."""

import numpy as np
import pytest

from kembar.config import load_settings
from kembar.model.bundle import Thresholds
from kembar.model.curves import KNOTS, Curves
from kembar.model.discriminator import MIN_LOGIT, Discriminator, best_logits, gap, sigmoid
from kembar.model.heads import Head
from kembar.schemas import DISTANCES, EVIDENCE
from tests.builders import random_curves, random_discriminator
from tests.model.test_curves import random_pairs


def test_numpy_heads_equal_tensorflows():
    import tensorflow as tf

    from kembar.training.layers import HeadLayer, cosine_distance

    rng = np.random.default_rng(4)
    head = Head(rng.normal(0, 0.1, 20).astype(np.float32), rng.normal(0, 1, (20, 6)).astype(np.float32))
    x = rng.normal(0, 1, (50, 20)).astype(np.float32)
    codes = HeadLayer(head, "h")(tf.constant(x))
    np.testing.assert_allclose(head(x), codes.numpy(), atol=1e-5)
    ours = 1 - np.sum(head(x)[:25] * head(x)[25:], axis=1)
    np.testing.assert_allclose(ours, cosine_distance(codes[:25], codes[25:]).numpy(), atol=1e-5)


def test_best_looks_are_those_of_a_loop_over_pairs():
    rng = np.random.default_rng(1)
    left, right = rng.integers(0, 9, (2, 40))
    first = rng.normal(0, 3, 40).astype(np.float32)
    naive = [
        max([o for a, b, o in zip(left, right, first, strict=True) if row in (a, b)], default=MIN_LOGIT)
        for row in range(10)
    ]
    assert np.array_equal(best_logits(10, left, right, first), np.array(naive, np.float32))


def test_the_gap_is_how_much_better_the_best_candidates_are_and_never_negative():
    first = np.array([1.0, 5.0, 3.0], np.float32)
    assert gap(first, np.array([3, 5, 2], np.float32), np.array([5, 5, 2], np.float32)).tolist() == [3.0, 0.0, 0.0]


def test_a_better_rival_never_makes_a_pair_likelier():
    model, (distances, present) = random_discriminator(), random_pairs(300)
    first = model.first_logit(distances, present)
    alone = model.probability(distances, present, first, first)
    beaten = model.probability(distances, present, first + 2, first + 1)
    assert (beaten <= alone + 1e-6).all()
    assert (beaten < alone - 1e-3).any()


def test_nothing_to_compare_is_no_match_and_extremes_do_not_overflow():
    sizes = len(DISTANCES), len(EVIDENCE)
    looks = (Curves(random_curves(size).slopes * 1e4, np.full(8, 1e4, np.float32)) for size in sizes)
    model = Discriminator(*looks)
    distances = np.array([np.zeros(len(DISTANCES)), KNOTS[: len(DISTANCES), -1], np.zeros(len(DISTANCES))], np.float32)
    present = np.array([[True] * 3, [True] * 3, [False] * 3])
    best = np.full(3, MIN_LOGIT, np.float32)
    with np.errstate(all="raise", under="ignore"):
        first, _, last = model.probability(distances, present, best, best)
    assert first == 1.0
    assert last < 1e-9


def test_sigmoid_is_the_inverse_of_log_odds():
    p = np.array([0.001, 0.3, 0.5, 0.999])
    assert np.allclose(sigmoid(np.log(p / (1 - p))), p, atol=1e-6)


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
