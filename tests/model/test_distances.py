"""Distances are what their names say, and defined whatever is missing."""

import numpy as np
import pytest

from kembar.model.distances import distances_from, distances_within, hash_distance, pair_distances
from kembar.schemas import DISTANCES, MODALITY_OF, TITLE_EVIDENCE
from tests.builders import index_of, random_titles
from tests.oracles import tf_idf_cosine

PAIRS = np.array([(0, 1), (2, 3), (0, 0), (5, 9), (7, 4)])
TITLES = [*random_titles(9, seed=4), []]


def test_they_equal_the_definitions_pair_by_pair():
    index = index_of(TITLES, seed=1)
    distances, present = pair_distances(index, PAIRS[:, 0], PAIRS[:, 1])
    assert present.all()
    for (left, right), row in zip(PAIRS, distances, strict=True):
        bits = bin(int(index.phash[left]) ^ int(index.phash[right])).count("1")
        image, title = (1 - float(c[left].astype(float) @ c[right].astype(float)) for c in (index.image, index.title))
        word = 1 - tf_idf_cosine(TITLES, left, right) if TITLES[left] and TITLES[right] else 1.0
        assert np.allclose(row[[0, 1, 2, 4]], [image, title, word, min(bits / 24, 1)], atol=2e-3)


def test_a_listing_is_at_distance_zero_from_itself():
    index = index_of(TITLES, seed=1)
    rows = np.arange(9)
    assert np.allclose(pair_distances(index, rows, rows)[0][:, : -len(TITLE_EVIDENCE)], 0, atol=2e-3)


def test_distances_do_not_depend_on_the_order_of_the_pair():
    index = index_of(TITLES, seed=1, missing=0.3)
    forth, back = (pair_distances(index, PAIRS[:, a], PAIRS[:, 1 - a]) for a in (0, 1))
    assert np.array_equal(forth[0], back[0])
    assert np.array_equal(forth[1], back[1])


def test_a_missing_modality_is_marked_and_never_nan():
    index = index_of(TITLES, seed=1, missing=0.5)
    left, right = (side.ravel() for side in np.meshgrid(np.arange(10), np.arange(10)))
    distances, present = pair_distances(index, left, right)
    has = np.stack([index.has_image, index.has_title, index.has_hash], axis=1)
    assert np.array_equal(present, has[left] & has[right])
    assert np.isfinite(distances).all()
    assert (distances[~present[:, MODALITY_OF]] == 0).all()


def test_a_catalogue_without_any_photo_has_distances():
    index = index_of(TITLES, seed=1)
    blind = index_of(TITLES, seed=1, dim=8).__class__(
        **{**vars(index), "image": np.zeros((10, 0), np.float16), "has_image": np.zeros(10, bool)}
    )
    distances, present = pair_distances(blind, PAIRS[:, 0], PAIRS[:, 1])
    assert distances.shape == (5, len(DISTANCES))
    assert not present[:, 0].any()


def test_the_hash_distance_counts_bits_up_to_its_reach():
    hashes = np.array([0, 0b1, 2**24 - 1, 2**64 - 1], np.uint64)
    assert np.allclose(hash_distance(hashes, np.uint64(0)), [0, 1 / 24, 1, 1])


def test_no_pairs_give_no_rows():
    none = np.empty(0, np.int64)
    distances, present = pair_distances(index_of(TITLES), none, none)
    assert distances.shape == (0, len(DISTANCES))
    assert present.shape == (0, 3)


@pytest.mark.parametrize("missing", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_those_of_one_listing_with_many_are_those_of_its_pairs(seed: int, missing: float):
    index = index_of([*random_titles(29, seed=seed), []], seed=seed, missing=missing)
    rows, sizes = np.array([3, 29, 0, 3, 17]), np.array([4, 7, 0, 1, 30])
    start, other = np.concatenate([[0], np.cumsum(sizes)]), np.random.default_rng(seed).integers(0, 30, sizes.sum())
    distances, present = distances_from(index, rows, start, other)
    expected, theirs = pair_distances(index, np.repeat(rows, sizes), other)
    assert np.allclose(distances, expected, atol=1e-6)
    assert np.array_equal(present, theirs)


@pytest.mark.parametrize("missing", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("rows", [[], [4], [4, 9], [1, 2, 3, 5, 8, 13, 21, 29]], ids=len)
def test_those_within_a_set_are_those_of_all_its_pairs(rows: list[int], missing: float):
    index, some = index_of([*random_titles(29, seed=5), []], seed=5, missing=missing), np.array(rows, np.int64)
    first, second = np.triu_indices(len(some), k=1)
    distances, present = distances_within(index, some)
    expected, theirs = pair_distances(index, some[first], some[second])
    assert np.allclose(distances, expected, atol=1e-6)
    assert np.array_equal(present, theirs)
