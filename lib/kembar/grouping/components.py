"""Connected components of the score graph, on the driver while they fit and in Spark beyond."""

from itertools import count

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components as scipy_components

from kembar.storage import join_uri, rewrite_table


def _both_ways(edges: DataFrame) -> DataFrame:
    return edges.select("u", "v").union(edges.select(F.col("v").alias("u"), F.col("u").alias("v")))


def large_star(edges: DataFrame) -> DataFrame:
    """Connect every larger neighbour of a node to the least node around it."""
    around = _both_ways(edges)
    least = around.groupBy("u").agg(F.least(F.min("v"), F.first("u")).alias("least"))
    moved = around.where("v > u").join(least, "u").select(F.col("v").alias("u"), F.col("least").alias("v"))
    return moved.where("u != v").distinct()


def small_star(edges: DataFrame) -> DataFrame:
    """Connect a node and all its smaller neighbours to the least of them."""
    down = edges.select(F.greatest("u", "v").alias("u"), F.least("u", "v").alias("v"))
    least = down.groupBy("u").agg(F.min("v").alias("least"))
    moved = down.join(least, "u").select(F.col("v").alias("u"), F.col("least").alias("v"))
    return moved.union(least.select("u", F.col("least").alias("v"))).where("u != v").distinct()


def star_components(edges: DataFrame, work: str) -> DataFrame:
    """`row, component` of every row that has an edge, by alternating large-star and small-star.

    edges: `row_l, row_r`. Kiveris et al. 2014, "Connected Components in MapReduce and
    Beyond", doi:10.1145/2670979.2670997: the edges shrink to stars around each
    component's least node. `work` takes a folder of files for each round.

    1. Large-star, then small-star, written to files so that no lineage grows.
    2. Stop when a round changes nothing: count and sum of node numbers stay the same.
    """
    pairs = edges.select(F.col("row_l").alias("u"), F.col("row_r").alias("v")).where("u != v")
    current, before = rewrite_table(pairs, join_uri(work, "0")), None
    for turn in count(1):
        current = rewrite_table(small_star(large_star(current)), join_uri(work, str(turn)))
        state = current.agg(F.count("*"), F.sum("u"), F.sum("v"), F.sum(F.hash("u", "v").cast("long"))).first()
        if state == before:
            break
        before = state
    members = current.select(F.col("u").alias("row"), F.col("v").alias("component"))
    return members.union(members.select("component", "component")).distinct()


def driver_components(edges: DataFrame) -> DataFrame:
    """The same as `star_components`, by SciPy on the driver: a thousand times faster while the edges fit."""
    table = edges.select("row_l", "row_r").toArrow()
    left, right = (np.asarray(table[side].combine_chunks()) for side in ("row_l", "row_r"))
    rows, positions = np.unique(np.concatenate([left, right]), return_inverse=True)
    ends = positions.reshape(2, -1)
    graph = coo_array((np.ones(len(left), np.int8), (ends[0], ends[1])), shape=(len(rows), len(rows)))
    _, labels = scipy_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)  # rows are sorted, so the first is the least
    return edges.sparkSession.createDataFrame(pa.table({"row": rows, "component": rows[first][labels]}))


def connected_components(edges: DataFrame, driver_edges: int, work: str) -> DataFrame:
    """`row, component` for every row of an edge; `component` is the least row it is connected to.

    edges: `row_l, row_r`. Up to `driver_edges` of them on the driver, more in Spark with files in `work`.
    """
    if edges.limit(driver_edges + 1).count() <= driver_edges:
        return driver_components(edges)
    return star_components(edges, work)
