"""Components by any route are networkx's, clusters are naive average linkage's, and no group is over its cap."""

from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from kembar.grouping import connected_components, join_lone_listings, label_rows
from kembar.grouping.clusters import Clusterer, cluster_rows
from kembar.grouping.labels import Neighbours, best_neighbours, read_neighbours
from kembar.scoring import score_rows
from tests.builders import index_of, random_discriminator, random_titles
from tests.oracles import average_linkage

Edges = list[tuple[int, int]]


def components_of(spark: SparkSession, edges: Edges, driver_edges: int, work: Path) -> dict[int, int]:
    table = spark.createDataFrame(edges, "row_l bigint, row_r bigint")
    rows = connected_components(table, driver_edges, str(work)).collect()
    assert len(rows) == len({row.row for row in rows}), "a listing in two components"
    return {row.row: row.component for row in rows}


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
def test_clusters_are_those_of_naive_average_linkage(seed: int, threshold: float):
    index, model = index_of(random_titles(14, seed, words=8), seed), random_discriminator(seed)
    rows = np.arange(14)
    left, right = (side.ravel() for side in np.meshgrid(rows, rows, indexing="ij"))
    probability = score_rows(index, model, left, right).reshape(14, 14)
    naive = {frozenset(cluster) for cluster in average_linkage(probability, threshold)}
    labels = cluster_rows(index, model, rows, threshold, max_group=50)
    assert {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels} == naive


def test_a_cluster_over_the_cap_is_cut_into_parts_that_fit():
    index, model = index_of([["same"]] * 130, dim=4), random_discriminator()
    index.title[:], index.image[:], index.phash[:] = index.title[0], index.image[0], 7
    labels = cluster_rows(index, model, np.arange(130), 0.5, max_group=50)
    sizes = np.unique(labels, return_counts=True)[1]
    assert sizes.max() <= 50
    assert sizes.sum() == 130
    assert len(sizes) <= 6, "cut no finer than need be"


def test_components_are_clustered_alike_in_whatever_order_they_come():
    index, model = index_of(random_titles(30, 3, words=10), 3), random_discriminator(3)
    clusterer = Clusterer(model, 0.5, 50, 4000)
    table = pa.table({"row": np.arange(30), "component": np.repeat([0, 10, 20], 10)})
    shuffled = table.take(np.random.default_rng(0).permutation(30))
    one, other = (
        pa.Table.from_batches(clusterer(index, iter(t.to_batches(max_chunksize=7)))) for t in (table, shuffled)
    )
    assert one.sort_by("row") == other.sort_by("row")
    assert list(clusterer(index, iter([]))) == []


def test_a_component_too_large_for_memory_is_clustered_in_parts():
    index, model = index_of(random_titles(60, 4), 4), random_discriminator(4)
    table = pa.table({"row": np.arange(60), "component": np.zeros(60, np.int64)})
    out = pa.Table.from_batches(list(Clusterer(model, 0.5, 10, 25)(index, iter(table.to_batches()))))
    assert sorted(out["row"].to_pylist()) == list(range(60))


def neighbours(*triples: tuple[int, int, float]) -> Neighbours:
    rows, best, probability = zip(*triples, strict=True)
    return Neighbours(np.array(rows), np.array(best), np.array(probability, np.float32))


def test_a_lone_listing_joins_its_best_neighbours_group_from_the_threshold_on():
    labels = np.array([0, 0, 2, 3])
    known = neighbours((2, 1, 0.5), (3, 0, 0.3))
    assert join_lone_listings(labels, known, 0.4, 50).tolist() == [0, 0, 0, 3]
    assert join_lone_listings(labels, known, 0.2, 50).tolist() == [0, 0, 0, 0]
    assert join_lone_listings(labels, known, 0.9, 50).tolist() == [0, 0, 2, 3]
    assert labels.tolist() == [0, 0, 2, 3], "the input stays"


def test_two_lone_listings_become_a_pair_and_a_full_group_takes_no_more():
    assert len(set(join_lone_listings(np.array([0, 1]), neighbours((0, 1, 0.8), (1, 0, 0.8)), 0.5, 50))) == 1
    assert join_lone_listings(np.array([0, 0, 2, 3]), neighbours((2, 0, 0.6), (3, 0, 0.9)), 0.5, 3).tolist() == [
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


def test_a_listing_in_no_cluster_is_its_own_group():
    clusters = pa.table({"row": [1, 3], "cluster": [1, 1]})
    assert label_rows(5, clusters).tolist() == [0, 1, 2, 1, 4]
