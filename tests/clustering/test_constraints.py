"""What people decided holds: pairs that are the same end in one group, pairs that are different never do."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from scipy.spatial.distance import squareform

from kembar.clustering import Clusterer, Links, attach_singletons, place_links
from kembar.clustering.singletons import Neighbours
from kembar.listings.decisions import DECISIONS
from tests.builders import index_of, random_discriminator, random_titles

N = 14
PAIRS = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda p: p[0] < p[1]), max_size=6)


def links(together: list[tuple[int, int]], apart: list[tuple[int, int]]) -> Links:
    return Links(*(np.array(pairs, np.int64).reshape(-1, 2).T for pairs in (together, apart)))


def closed(pairs: list[tuple[int, int]]) -> np.ndarray:
    """A label for each row, equal for those that a chain of pairs connects."""
    label = np.arange(N)
    for _ in range(N):
        for left, right in pairs:
            label[[left, right]] = min(label[left], label[right])
    return label


@settings(deadline=None, max_examples=100)
@given(PAIRS, PAIRS, st.sampled_from([0.05, 0.5, 0.95]))
def test_groups_obey_whatever_was_decided(
    together: list[tuple[int, int]], apart: list[tuple[int, int]], threshold: float
):
    index, model = index_of(random_titles(N, seed=3), seed=3), random_discriminator(1)
    apart = [pair for pair in apart if closed(together)[pair[0]] != closed(together)[pair[1]]]
    clusterer = Clusterer(model, threshold, N, links(together, apart))
    ((_, cluster, _),) = clusterer.cluster(index, [np.arange(N)])
    assert all(cluster[left] == cluster[right] for left, right in together)
    assert all(cluster[left] != cluster[right] for left, right in apart)
    if not together and not apart:
        ((_, free, _),) = Clusterer(model, threshold, N).cluster(index, [np.arange(N)])
        assert np.array_equal(cluster, free)


def test_where_decisions_contradict_each_other_over_a_third_listing_apart_wins():
    index, model = index_of(random_titles(N, seed=3), seed=3), random_discriminator(1)
    decided = links([(0, 1), (1, 2)], [(0, 2)])
    ((_, cluster, _),) = Clusterer(model, 0.0001, N, decided).cluster(index, [np.arange(3)])
    assert cluster[0] != cluster[2]
    assert cluster[1] in (cluster[0], cluster[2])


def test_decided_heights_stand_where_scipy_looks_for_them():
    rows, heights = np.array([3, 5, 8, 9]), np.full(6, 0.5)
    links([(5, 9)], [(3, 8), (8, 11)]).apply(rows, heights)
    expected = np.full((4, 4), 0.5)
    np.fill_diagonal(expected, 0)
    expected[1, 3] = expected[3, 1] = 0
    expected[0, 2] = expected[2, 0] = 1e6
    assert np.array_equal(squareform(heights), expected)


def test_a_lone_listing_does_not_join_the_group_of_one_that_it_must_not_be_with():
    labels = np.array([0, 0, 2, 3])
    neighbours = Neighbours(np.array([2, 3]), np.array([1, 1]), np.array([0.9, 0.8], np.float32))
    joined = attach_singletons(labels, neighbours, 0.5, 50, links([], [(0, 2)]))
    assert joined.tolist() == [0, 0, 2, 0]


def test_certain_edges_are_added_and_forbidden_ones_taken_away(spark: SparkSession):
    edges = spark.createDataFrame([(0, 1, 0.9), (1, 2, 0.4)], "row_l long, row_r long, probability float")
    decided = links([(2, 5)], [(1, 2)])
    assert {(r.row_l, r.row_r, round(r.probability, 1)) for r in decided.join(edges).collect()} == {
        (0, 1, 0.9),
        (1, 2, 0.4),
        (2, 5, 1e6),
    }
    assert [(r.row_l, r.row_r) for r in decided.part(edges).collect()] == [(0, 1)]
    assert decided.join(edges) is not edges
    assert Links.none().join(edges) is edges
    assert Links.none().part(edges) is edges


@pytest.mark.parametrize("none", [None, DECISIONS.empty_table()])
def test_without_decisions_there_are_no_links(none: pa.Table | None):
    placed = place_links(none, ["a"])
    assert placed.counts() == {"together": 0, "apart": 0, "absent": 0}


def test_decisions_are_placed_by_id_and_those_about_others_counted():
    rows = [("b", "c", "same"), ("a", "c", "different"), ("a", "x", "same")]
    table = pa.Table.from_pylist([dict(zip(DECISIONS.names, row, strict=False)) for row in rows], DECISIONS)
    placed = place_links(table, ["a", "b", "c"])
    assert placed.must_link.T.tolist() == [[1, 2]]
    assert placed.cannot_link.T.tolist() == [[0, 2]]
    assert placed.absent == 1
