"""Each loss is that of its paper, by a plain loop, and finite in value and slope where codes coincide."""

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import load_settings
from kembar.errors import ConfigError
from kembar.index.vectors import normalise_rows
from kembar.training.losses import (
    LOSSES,
    OF_CODES,
    ArcFace,
    CodeBatch,
    additive_angle,
    class_means,
    product_classes,
    triplet_probability_loss,
)
from tests import oracles

B, DIM, LISTINGS = 12, 5, 20
PRODUCT = np.arange(LISTINGS) // 2
CATALOGUE = (np.arange(LISTINGS) >= 14).astype(np.int64)


def rows_of_triplets(seed: int) -> np.ndarray:
    """Triplets of two catalogues of 7 and 3 products of two listings; several have the same listings."""
    rng = np.random.default_rng(seed)
    anchor = np.append(rng.integers(0, 14, B - 4), rng.integers(14, LISTINGS, 4))
    begin, size = np.where(anchor < 14, 0, 14), np.where(anchor < 14, 14, 6)
    other = begin + (anchor - begin + 2 * rng.integers(1, size // 2)) % size
    return np.stack([anchor, anchor ^ 1, other], axis=1)


def batch_of(codes: np.ndarray, rows: np.ndarray, usable: np.ndarray) -> CodeBatch:
    parts = (codes[rows].astype(np.float32), rows, PRODUCT[rows], CATALOGUE[rows[:, 0]], usable)
    return CodeBatch(*map(tf.constant, parts))


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of length one, triplets, and which of them can be used."""
    rng = np.random.default_rng(seed)
    codes = normalise_rows(rng.standard_normal((LISTINGS, DIM), dtype=np.float32))
    return codes, rows_of_triplets(seed), rng.random(B) < 0.8


def arcface(codes: np.ndarray, untrained: int) -> tuple[ArcFace, np.ndarray, np.ndarray]:
    """The head over all products but one."""
    class_of, classes = product_classes(PRODUCT, np.flatnonzero(untrained != PRODUCT))
    catalogue = np.array([CATALOGUE[class_of == c][0] for c in range(classes)])
    return ArcFace(class_of, class_means(codes, class_of, classes), catalogue), class_of, catalogue


def test_the_seeds_loss_is_as_it_was_defined():
    """(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2, with p(non-match) = 1 − p(match)."""
    match, non_match = tf.constant([2.0, -1.0]), tf.constant([-3.0, 0.5])
    p, q = tf.sigmoid(match).numpy(), tf.sigmoid(non_match).numpy()
    assert np.allclose(triplet_probability_loss(match, non_match), ((1 - p) + 1 - (1 - q)) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_losses_of_distances_are_those_of_their_papers(seed: int):
    """A margin of 0.3 between match and non-match; matches at nought, non-matches beyond 0.8."""
    codes, rows, usable = drawn(seed)
    margin, contrast = (OF_CODES[n](batch_of(codes, rows, usable)) for n in ("triplet_margin", "contrastive"))
    for i, (a, m, n) in enumerate(rows):
        match, non_match = 1 - codes[a] @ codes[m], 1 - codes[a] @ codes[n]
        assert margin[i].numpy() == pytest.approx(max(match - non_match + 0.3, 0), abs=1e-5)
        assert contrast[i].numpy() == pytest.approx(match**2 + max(0.8 - non_match, 0) ** 2, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_supervised_contrastive_is_its_paper_s_by_a_plain_loop(seed: int):
    codes, rows, usable = drawn(seed)
    ours = OF_CODES["supervised_contrastive"](batch_of(codes, rows, usable)).numpy()
    expected = oracles.supervised_contrastive(codes, rows, PRODUCT, CATALOGUE, usable, temperature=0.1)
    np.testing.assert_allclose(ours[usable], expected[usable], rtol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_arcface_is_its_paper_s_by_a_plain_loop(seed: int):
    codes, rows, usable = drawn(seed)
    head, class_of, catalogue = arcface(codes, untrained=3)
    ours = head(batch_of(codes, rows, usable)).numpy()
    expected = oracles.arcface(codes, rows, class_of, head.centres.numpy(), catalogue, scale=16, margin=0.3)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_an_angle_with_a_margin_falls_all_the_way():
    cosine = np.linspace(1, -1, 400, dtype=np.float32)
    assert (np.diff(additive_angle(tf.constant(cosine)).numpy()) < 0).all()


@pytest.mark.parametrize("name", [*OF_CODES, "arcface"])
@pytest.mark.parametrize("same", ["all listings are one code", "codes are missing", "copies within products"])
def test_values_and_slopes_are_finite_where_codes_coincide(name: str, same: str):
    """A product of two copies lies on its ArcFace centre, where the naive sine has an infinite slope."""
    codes, rows, _ = drawn(0)
    codes = {"all": np.ones_like(codes) / DIM**0.5, "codes": np.zeros_like(codes)}.get(same.split()[0], codes[PRODUCT])
    loss = arcface(codes, untrained=3)[0] if name == "arcface" else OF_CODES[name]
    variable = tf.Variable(codes)
    watched = [variable, loss.centres] if name == "arcface" else [variable]
    for usable in (np.ones(B, bool), np.zeros(B, bool)):
        with tf.GradientTape() as tape:
            batch = batch_of(codes, rows, usable)._replace(codes=tf.gather(variable, rows))
            value = loss(batch)
        slopes = [tf.convert_to_tensor(slope).numpy() for slope in tape.gradient(value, watched)]
        assert np.isfinite(value.numpy()).all()
        assert all(np.isfinite(slope).all() for slope in slopes)


def test_classes_are_the_products_that_are_trained_on():
    class_of, classes = product_classes(np.array([7, 7, 2, 9, 2]), np.array([0, 4]))
    assert (class_of.tolist(), classes) == ([1, 1, 0, -1, 0], 2)


def test_a_class_starts_at_the_mean_of_its_listings_and_a_missing_one_adds_nothing():
    codes = np.array([[1, 0], [0, 1], [0, 0], [3, 4]], np.float32)
    means = class_means(codes, np.array([0, 0, 0, -1]), 2)
    np.testing.assert_allclose(means, [[0.5**0.5, 0.5**0.5], [0, 0]], rtol=1e-6)


def test_an_unknown_loss_is_refused_with_those_there_are():
    for name in LOSSES:
        assert load_settings(overrides=[f"training.loss={name}"]).training.loss == name
    with pytest.raises(ConfigError, match=r"training\.loss: expected .*'arcface'.*received 'triplet'"):
        load_settings(overrides=["training.loss=triplet"])
