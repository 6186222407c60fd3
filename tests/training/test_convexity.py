"""Fitting curves is a convex problem: no other curves are likelier, wherever one starts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.model.curves import KNOTS
from kembar.model.discriminator import sigmoid
from kembar.training.curve_fit import WEAK, PairExamples, PatternCurves, fit_curves
from tests.training.test_curve_fit import ALL, planted


def naive_loss(curves: PatternCurves, examples: PairExamples) -> float:
    """Mean cross-entropy, from probabilities."""
    p = np.clip(sigmoid(curves.log_odds(examples.distances)).astype(np.float64), 1e-9, 1 - 1e-9)
    return float(np.average(-np.log(np.where(examples.same, p, 1 - p)), weights=examples.weight))


def test_two_starts_come_to_the_same_probabilities():
    examples, _ = planted(4_000)
    rng = np.random.default_rng(1)
    starts = [
        PatternCurves(rng.gamma(1.0, scale, (5, KNOTS.shape[1])).astype(np.float32), bias)
        for scale, bias in ((0.1, -3.0), (5.0, 6.0))
    ]
    probe = planted(500, seed=2)[0].distances
    one, other = (sigmoid(fit_curves(examples, ALL, start, 1e-7).log_odds(probe)) for start in starts)
    assert np.abs(one - other).max() < 0.03
    assert np.abs(one - other).mean() < 0.003


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.2, 1.0]))
def test_no_other_rising_curves_are_likelier(seed: int, step: float):
    """Whichever way the slopes and the bias are moved, the loss grows by no less than the weak penalty allows."""
    examples, _ = planted(1_500)
    fitted, rng = fit_curves(examples, ALL), np.random.default_rng(seed)
    moved = PatternCurves(
        np.maximum(fitted.slopes + rng.normal(0, step, fitted.slopes.shape), 0).astype(np.float32),
        fitted.bias + float(rng.normal(0, step)),
    )
    assert naive_loss(moved, examples) > naive_loss(fitted, examples) - 100 * WEAK


@pytest.fixture(scope="module")
def fitted() -> PatternCurves:
    return fit_curves(planted(300)[0], ALL)


@given(st.integers(0, 4), st.floats(0, 2), st.floats(0, 2))
def test_the_probability_falls_with_every_distance(fitted: PatternCurves, column: int, one: float, other: float):
    distances = np.full((2, 5), 0.4, np.float32)
    distances[:, column] = sorted((one, other))
    near, far = sigmoid(fitted.log_odds(distances))
    assert near >= far - 1e-6


@pytest.mark.parametrize("same", [True, False])
def test_pairs_that_all_say_the_same_give_curves_that_are_finite(same: bool):
    distances = planted(200)[0].distances
    fitted = fit_curves(PairExamples(distances, np.full(200, same), np.ones(200)), ALL)
    p = sigmoid(fitted.log_odds(distances))
    assert np.isfinite(fitted.slopes).all()
    assert (p > 0.95).all() if same else (p < 0.05).all()


def test_the_scale_of_the_weights_does_not_matter():
    examples, _ = planted(1_000)
    heavy = PairExamples(examples.distances, examples.same, np.full(1_000, 37.0))
    assert np.allclose(fit_curves(examples, ALL).slopes, fit_curves(heavy, ALL).slopes, atol=1e-3)
