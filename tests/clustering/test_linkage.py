"""Components by any route are networkx's, clusters are naive average linkage's, and no group is over its cap."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kembar.clustering import Cut, Links, attach_singletons, by_row, connected_components
from kembar.clustering.cut_components import cut_component, link_edges
from kembar.clustering.linkage import Clusterer, link_all
from kembar.clustering.singletons import Neighbours, best_neighbours, read_neighbours
from kembar.scoring.score import THRESHOLD_MARGIN, score_rows
from tests.builders import index_of, random_discriminator, random_titles
from tests.oracles import average_linkage

Edges = list[tuple[int, int]]


def cut_of(size: int, least: float = 0.1, most: int = 300) -> Cut:
    return Cut(least, most, np.random.default_rng(5).permutation(size).astype(np.uint64))


def components_of(
    spark: SparkSession, edges: Edges, driver_edges: int, work: Path, most: int = 4000, probability: float = 0.9
) -> dict[int, int]:
    table = spark.createDataFrame([(*e, probability) for e in edges], "row_l bigint, row_r bigint, probability float")
    rows = connected_components(table, driver_edges, cut_of(1000, most=most), str(work)).to_pylist()
    assert len(rows) == len({row["row"] for row in rows}), "a listing in two components"
    return {row["row"]: row["component"] for row in rows}


def naive_components(edges: Edges) -> dict[int, int]:
    return {row: min(part) for part in nx.connected_components(nx.Graph(edges)) for row in part}


def random_edges(seed: int) -> Edges:
    rng = np.random.default_rng(seed)
    return [(int(min(e)), int(max(e))) for e in rng.integers(0, 90, (60, 2)) if e[0] != e[1]]


PATH = [(i, i + 1) for i in range(40)]
STAR = [(50, 50 + i) for i in range(1, 20)]
GRAPHS = {
    "random": random_edges(1),
    "denser": random_edges(2) + random_edges(3),
    "path and star": PATH + STAR,
    "none": [],
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("driver_edges", [10**6, 0], ids=["on the driver", "in Spark"])
def test_components_are_those_of_networkx(spark: SparkSession, tmp_path: Path, name: str, driver_edges: int):
    assert components_of(spark, GRAPHS[name], driver_edges, tmp_path / "work") == naive_components(GRAPHS[name])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("size", [14, 24], ids=["pair by pair", "by products of matrices"])
def test_clusters_are_those_of_naive_average_linkage(seed: int, threshold: float, size: int):
    index, model = index_of(random_titles(size, seed, words=8), seed), random_discriminator(seed)
    rows = np.arange(size)
    left, right = (side.ravel() for side in np.meshgrid(rows, rows, indexing="ij"))
    probability = score_rows(index, model, left, right).astype(np.float64).reshape(size, size)
    naive = {frozenset(cluster) for cluster in average_linkage(probability, threshold)}
    ((_, labels, _),) = Clusterer(model, threshold, 50).cluster(index, [rows])
    assert {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels} == naive


@pytest.mark.parametrize("seed", range(3))
def test_a_cut_is_firm_where_no_merge_is_close_to_the_threshold(seed: int):
    index, model = index_of(random_titles(14, seed, words=8), seed), random_discriminator(seed)
    rows = np.arange(14)
    ((_, tree),) = link_all(index, model, [rows], Links.none())
    stable = {}
    for threshold in np.linspace(0, 1, 99).tolist():
        ((_, _, stable[threshold]),) = Clusterer(model, threshold, 50).cluster(index, [rows])
    assert stable == {t: all(abs(height - (1 - t)) >= THRESHOLD_MARGIN for height in tree[:, 2]) for t in stable}
    assert set(stable.values()) == {True, False}


def test_a_cluster_over_the_cap_is_cut_into_parts_that_fit():
    index, model = index_of([["same"]] * 130, dim=4), random_discriminator()
    model = replace(model, second=replace(model.second, bias=model.second.bias + 50))
    index.title[:], index.image[:], index.phash[:] = index.title[0], index.image[0], 7
    ((_, labels, _),) = Clusterer(model, 0.5, 50).cluster(index, [np.arange(130)])
    sizes = np.unique(labels, return_counts=True)[1]
    assert sizes.max() <= 50
    assert sizes.sum() == 130
    assert len(sizes) <= 6, "cut no finer than need be"


def test_components_are_clustered_alike_in_whatever_order_they_come():
    index, model = index_of(random_titles(30, 3, words=10), 3), random_discriminator(3)
    clusterer = Clusterer(model, 0.5, 50)
    table = pa.table({"row": np.arange(30), "component": np.repeat([0, 4, 14, 16, 18, 29], [4, 10, 2, 2, 11, 1])})
    shuffled = table.take(np.random.default_rng(0).permutation(30))
    one, other = (
        pa.Table.from_batches(clusterer(index, iter(t.to_batches(max_chunksize=7)))) for t in (table, shuffled)
    )
    assert one.sort_by("row") == other.sort_by("row")
    assert list(clusterer(index, iter([]))) == []


@pytest.mark.parametrize("driver_edges", [10**6, 0], ids=["on the driver", "in Spark"])
def test_a_large_component_is_cut_and_small_ones_stay_whole(spark: SparkSession, tmp_path: Path, driver_edges: int):
    chain = [(100 + i, 101 + i) for i in range(599)]
    known = components_of(spark, PATH + STAR + chain, driver_edges, tmp_path / "work", most=50)
    assert {row: known[row] for row in range(41)} == dict.fromkeys(range(41), 0)
    assert {row: known[row] for row in range(50, 70)} == dict.fromkeys(range(50, 70), 50)
    parts = Counter(known[row] for row in range(100, 700))
    assert max(parts.values()) <= 50
    assert len(parts) < 300, "a chain comes apart, and not into its links"
    assert list(parts.values()).count(1) < 20
    assert all(known[row] <= row for row in known)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 12), st.floats(0.05, 0.9), st.integers(0, 10**6))
def test_clusters_over_edges_are_those_of_naive_average_linkage_with_nought_for_other_pairs(
    size: int, least: float, seed: int
):
    rng = np.random.default_rng(seed)
    matrix = np.triu(rng.uniform(0.4, 1, (size, size)).astype(np.float32) * (rng.random((size, size)) < 0.4), 1)
    ends = np.stack(np.nonzero(matrix))
    cluster = link_edges(ends[::-1], matrix[tuple(ends)], size, least, most=size)
    naive = average_linkage((matrix + matrix.T).astype(np.float64), least)
    assert {frozenset(np.flatnonzero(cluster == name).tolist()) for name in cluster} == set(map(frozenset, naive))
    assert all(cluster[node] == min(np.flatnonzero(cluster == cluster[node])) for node in range(size))


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.randoms(use_true_random=False))
def test_pieces_are_no_larger_than_allowed_and_hold_everybody(size: int, most: int, random: Random):
    ends = np.array([[random.randrange(node) for node in range(1, size)], list(range(1, size))])
    probability = np.array([random.choice([0.4, 0.9, 1.0]) for _ in range(size - 1)], np.float32)
    piece = cut_component(ends, probability, cut_of(size, most=most))
    assert len(piece) == size
    assert Counter(piece.tolist()).most_common(1)[0][1] <= most
    assert all(piece[node] <= node for node in range(size))


def test_a_piece_is_what_it_is_whatever_is_far_away():
    """Sure pairs in a row with weak bridges between them: a pair more, somewhere, moves no other."""
    pairs = [(2 * i, 2 * i + 1, 0.9) for i in range(400)]
    bridges = [(2 * i + 1, 2 * i + 2, 0.41 + 0.001 * (i % 7)) for i in range(399)]
    left, right, probability = zip(*pairs, *bridges, strict=True)
    ends, chance = np.array([left, right]), np.array(probability, np.float32)
    cut = cut_of(801, 0.15)
    before = cut_component(ends, chance, replace(cut, order=cut.order[:800]))
    new = np.array([[400, 401], [800, 800]])
    chance = np.append(chance, [0.95, 0.95]).astype(np.float32)
    after = cut_component(np.concatenate([ends, new], axis=1), chance, cut)
    far = np.abs(np.arange(800) - 400) > 20
    assert np.array_equal(before[far], after[:800][far])


@pytest.mark.parametrize("driver_edges", [10**6, 0], ids=["on the driver", "in Spark"])
def test_a_chain_of_pairs_that_must_be_together_stays_in_one_piece(
    spark: SparkSession, tmp_path: Path, driver_edges: int
):
    """130 in a chain of decisions, among copies that are as good as sure of them: whoever merges first."""
    chain = np.stack([np.arange(129), np.arange(1, 130)])
    copies = [(row, 130 + 2 * row + k) for row in range(130) for k in (0, 1)]
    edges = spark.createDataFrame([(*e, 0.99) for e in copies], "row_l bigint, row_r bigint, probability float")
    links = Links(chain, np.empty((2, 0), np.int64))
    table = connected_components(links.join(edges), driver_edges, cut_of(390, 0.1, 300), str(tmp_path / "work"))
    known = dict(zip(table["row"].to_pylist(), table["component"].to_pylist(), strict=True))
    assert {known[row] for row in range(130)} == {0}
    assert max(Counter(known.values()).values()) <= 300


def test_copies_in_a_row_merge_though_all_are_equally_likely():
    """Four hundred triples of copies with a weaker bridge to the next: none is torn, however long the row is."""
    first = 3 * np.arange(400)
    within = [np.stack([first + a, first + b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    ends = np.concatenate([*within, np.stack([first[:-1] + 2, first[1:]])], axis=1)
    probability = np.repeat(np.array([1.0, 0.9], np.float32), [1200, 399])
    piece = cut_component(ends, probability, cut_of(1200))
    assert np.array_equal(piece[first], piece[first + 1])
    assert np.array_equal(piece[first], piece[first + 2])


def test_a_weak_bridge_is_cut_even_where_there_would_be_room():
    """Two sure chains of four with one weak edge between them: a piece of eight would hold by 0.5 of 16 pairs."""
    ends = np.array([[0, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]])
    probability = np.array([0.9, 0.9, 0.9, 0.5, 0.9, 0.9, 0.9], np.float32)
    assert cut_component(ends, probability, cut_of(8, most=5)).tolist() == [0] * 4 + [4] * 4
    assert cut_component(ends, probability, cut_of(8)).tolist() == [0] * 4 + [4] * 4


def test_the_leaves_of_a_star_that_is_full_stay_together():
    """A placeholder that everybody resembles: nobody is left alone because the hub is taken."""
    ends = np.array([np.zeros(99, np.int64), np.arange(1, 100)])
    sizes = Counter(cut_component(ends, np.ones(99, np.float32), cut_of(100, most=20)).tolist())
    assert max(sizes.values()) <= 20
    assert min(sizes.values()) > 1
    assert len(sizes) <= 6


def neighbours(*triples: tuple[int, int, float]) -> Neighbours:
    rows, best, probability = zip(*triples, strict=True)
    return Neighbours(np.array(rows), np.array(best), np.array(probability, np.float32))


def test_a_lone_listing_joins_its_best_neighbours_group_from_the_threshold_on():
    labels = np.array([0, 0, 2, 3])
    known = neighbours((2, 1, 0.5), (3, 0, 0.3))
    assert attach_singletons(labels, known, 0.4, 50).tolist() == [0, 0, 0, 3]
    assert attach_singletons(labels, known, 0.2, 50).tolist() == [0, 0, 0, 0]
    assert attach_singletons(labels, known, 0.9, 50).tolist() == [0, 0, 2, 3]
    assert labels.tolist() == [0, 0, 2, 3], "the input stays"


def test_two_lone_listings_become_a_pair_and_a_full_group_takes_no_more():
    assert len(set(attach_singletons(np.array([0, 1]), neighbours((0, 1, 0.8), (1, 0, 0.8)), 0.5, 50))) == 1
    assert attach_singletons(np.array([0, 0, 2, 3]), neighbours((2, 0, 0.6), (3, 0, 0.9)), 0.5, 3).tolist() == [
        0,
        0,
        2,
        0,
    ]


def test_the_best_neighbour_is_the_likeliest_and_then_the_lowest(spark: SparkSession):
    scored = spark.createDataFrame(
        [(0, 1, 0.5), (0, 2, 0.9), (1, 2, 0.9)], "row_l bigint, row_r bigint, probability float"
    )
    known = read_neighbours(best_neighbours(scored).orderBy("row").toArrow())
    assert known.rows.tolist() == [0, 1, 2]
    assert known.best.tolist() == [2, 2, 0]


def test_a_row_without_a_value_has_none():
    assert by_row(5, np.array([1, 3]), np.array([1, 1])).tolist() == [-1, 1, -1, 1, -1]
