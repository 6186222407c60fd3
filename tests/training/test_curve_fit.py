"""Curves fitted to pairs: they find the probabilities that made the labels, and no slope rewards distance."""

import numpy as np
import pytest

from kembar.model.curves import KNOTS
from kembar.model.discriminator import sigmoid
from kembar.training.curve_fit import PairExamples, PatternCurves, fit_curves

ALL = np.ones(5, bool)


def planted(n: int, seed: int = 0) -> tuple[PairExamples, np.ndarray]:
    """Labels drawn from known curves, and the probabilities that they were drawn with."""
    rng = np.random.default_rng(seed)
    truth = PatternCurves(rng.gamma(1.0, 1.5, (5, KNOTS.shape[1])).astype(np.float32), 3.0)
    distances = rng.random((n, 5)).astype(np.float32)
    p = sigmoid(truth.log_odds(distances))
    return PairExamples(distances, rng.random(n) < p, np.ones(n)), p


def test_it_finds_the_probabilities_that_made_the_labels():
    examples, p = planted(30_000)
    fitted = fit_curves(examples, ALL)
    assert np.abs(sigmoid(fitted.log_odds(examples.distances)) - p).mean() < 0.01


def test_no_slope_is_negative_even_where_distance_goes_with_matches():
    examples, _ = planted(2_000)
    turned = PairExamples(1 - examples.distances, examples.same, examples.weight)
    assert (fit_curves(turned, ALL).slopes >= 0).all()


def test_a_distance_that_the_pattern_lacks_keeps_no_slope():
    usable = np.array([True, False, True, True, False])
    fitted = fit_curves(planted(2_000)[0], usable)
    assert (fitted.slopes[~usable] == 0).all()
    assert (fitted.slopes[usable] > 0).any()


def test_a_pair_that_counts_twice_is_a_pair_twice():
    examples, _ = planted(3_000)
    twice = np.where(np.arange(3_000) < 1_000, 2.0, 1.0)
    weighed = fit_curves(PairExamples(examples.distances, examples.same, twice), ALL)
    rows = np.concatenate([np.arange(3_000), np.arange(1_000)])
    repeated = fit_curves(PairExamples(examples.distances[rows], examples.same[rows], np.ones(4_000)), ALL)
    probe = planted(500, seed=1)[0].distances
    assert np.allclose(sigmoid(weighed.log_odds(probe)), sigmoid(repeated.log_odds(probe)), atol=5e-3)


@pytest.mark.parametrize(("strength", "stays"), [(1e3, True), (1e-5, False)])
def test_it_stays_with_what_it_is_drawn_to_as_strongly_as_it_is_drawn(strength: float, stays: bool):
    base = PatternCurves(np.full((5, KNOTS.shape[1]), 1.0, np.float32), -2.0)
    fitted = fit_curves(planted(1_000)[0], ALL, base, strength)
    assert np.allclose(fitted.slopes, base.slopes, atol=0.05) == stays


def test_catalogues_weigh_the_same_and_thinning_keeps_every_match():
    (one, _), (other, _) = planted(1_000), planted(250, seed=3)
    joined = PairExamples.join([one, other])
    assert np.isclose(joined.weight[:1_000].sum(), joined.weight[1_000:].sum())
    many = PairExamples(np.zeros((300_000, 5), np.float32), np.arange(300_000) % 1000 == 0, np.ones(300_000))
    thin = PairExamples.join([many])
    assert thin.same.sum() == 300
    assert len(thin.same) < 110_000
    assert np.isclose(thin.weight[~thin.same].sum() / thin.weight[thin.same].sum(), 999, rtol=1e-3)
