"""Distances are what their names say, and defined whatever is missing."""

import numpy as np

from kembar.distances import hash_distance, pair_distances
from kembar.evidence import DISTANCES, MODALITY_OF
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
    assert np.allclose(pair_distances(index, rows, rows)[0], 0, atol=2e-3)


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
    assert distances.shape == (0, 5)
    assert present.shape == (0, 3)
