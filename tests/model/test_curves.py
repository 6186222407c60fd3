"""Rising curves: the ones that TensorFlow trained, never a reward for distance, and a share for each distance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.model.curves import KNOTS, PATTERNS, check_shapes, modalities_of, pattern_of, segments, usable_distances
from kembar.schemas import DISTANCES, EVIDENCE, MODALITY_OF, TITLE_EVIDENCE
from tests.builders import random_curves


def random_pairs(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distances `[n, distances]` with zeros among them, 0 where the modality is missing, and presence."""
    rng = np.random.default_rng(seed)
    present = rng.random((n, 3)) < 0.7
    distances = (rng.random((n, len(DISTANCES))) * KNOTS[: len(DISTANCES), -1] * 1.5).astype(np.float32)
    distances[rng.random(distances.shape) < 0.1] = 0
    return distances * present[:, MODALITY_OF], present


def naive_log_odds(curves, distances: np.ndarray, present: np.ndarray) -> list[float]:
    """A double loop: bias, less each distance's way through each segment times the slope there."""
    odds = []
    for row, has in zip(distances, present, strict=True):
        pattern = sum(1 << bit for bit in range(3) if has[bit])
        total = float(curves.bias[pattern])
        for k, distance in enumerate(row):
            ends = [*KNOTS[k][1:], np.inf]
            for s, (start, end) in enumerate(zip(KNOTS[k], ends, strict=True)):
                total -= float(curves.slopes[pattern, k, s]) * max(min(distance, end) - start, 0.0)
        odds.append(total)
    return odds


def test_log_odds_are_those_of_the_double_loop():
    curves, (distances, present) = random_curves(len(DISTANCES)), random_pairs(200)
    assert np.allclose(curves.log_odds(distances, present), naive_log_odds(curves, distances, present), atol=1e-4)


def test_numpy_equals_tensorflow():
    import tensorflow as tf

    from kembar.training.layers import CurvesLayer

    layer, rng = CurvesLayer(), np.random.default_rng(3)
    for variable in (layer.shared, layer.own, layer.bias):
        variable.assign(rng.normal(0, 2, variable.shape).astype(np.float32))
    distances, present = random_pairs(4000)
    theirs = layer(tf.constant(distances), tf.constant(present)).numpy()
    comparable = present.any(axis=1)
    ours = layer.export().log_odds(distances, present)
    np.testing.assert_allclose(ours[comparable], theirs[comparable], atol=1e-4)


@given(st.integers(0, len(EVIDENCE) - 1), st.floats(0, 12), st.floats(0, 12))
def test_a_larger_distance_or_gap_never_makes_a_match_likelier(column: int, one: float, other: float):
    curves, present = random_curves(len(EVIDENCE)), np.ones((2, 3), bool)
    evidence = np.full((2, len(EVIDENCE)), 0.3, np.float32)
    evidence[:, column] = sorted((one, other))
    near, far = curves.log_odds(evidence, present)
    assert near >= far - 1e-3


def test_a_missing_modality_adds_nothing():
    curves, (distances, present) = random_curves(len(DISTANCES)), random_pairs(200)
    assert (curves.evidence(distances, present)[~present[:, MODALITY_OF]] == 0).all()


def test_segments_add_up_to_the_distance():
    distances = np.random.default_rng(0).random((50, len(EVIDENCE))).astype(np.float32) * 12
    assert np.allclose(segments(distances).sum(axis=-1), distances, atol=1e-5)


def test_a_pattern_is_its_modalities():
    assert [pattern_of(modalities_of(p)[None])[0] for p in range(PATTERNS)] == list(range(PATTERNS))


def test_every_distance_has_a_modality_and_knots():
    assert len(MODALITY_OF) == len(DISTANCES)
    assert len(KNOTS) == len(EVIDENCE)
    assert (np.diff(KNOTS, axis=1) > 0).all()


def test_a_pattern_can_use_the_distances_of_its_modalities_and_the_gap():
    usable = usable_distances(len(EVIDENCE)).astype(bool)
    titles = {"title", "word", "character", *TITLE_EVIDENCE}
    assert {name for name, use in zip(EVIDENCE, usable[0b010], strict=True) if use} == {*titles, "gap"}
    assert {name for name, use in zip(EVIDENCE, usable[0b101], strict=True) if use} == {"image", "hash", "gap"}
    assert not usable[0].any()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"slopes": random_curves(len(DISTANCES)).slopes[:3]}, "expected slopes"),
        ({"slopes": -random_curves(len(DISTANCES)).slopes - 1}, "negative"),
        ({"bias": np.full(8, np.nan, np.float32)}, "not finite"),
    ],
)
def test_weights_that_cannot_be_are_named(change: dict, fault: str | None):
    found = check_shapes(replace(random_curves(len(DISTANCES)), **change), len(DISTANCES))
    assert found is None if fault is None else fault in str(found)
