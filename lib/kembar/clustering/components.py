"""Connected components of the score graph, on the driver while they fit and in Spark beyond."""

from itertools import count

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.clustering.cut_components import Cut, cut_components
from kembar.clustering.graph import component_labels
from kembar.storage.files import join_uri
from kembar.storage.tables import rewrite_table

_EDGE = ("row_l", "row_r", "probability")


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
    """Find components by alternating large-star and small-star (Kiveris et al. 2014, doi:10.1145/2670979.2670997).

    The edges shrink to stars around each component's least node.

    1. Run large-star, then small-star, and write the edges to files so that Spark's lineage does not grow.
    2. Stop when a round changes nothing: the count and the sum of node numbers stay the same.

    Args:
        edges: `row_l, row_r`.
        work: A folder that gets one folder of files for each round.

    Returns:
        `row, component` of every row that has an edge.
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


def driver_components(held: pa.Table, cut: Cut) -> pa.Table:
    """`star_components` and `cut_large` by SciPy, a thousand times faster, for edges that fit on the driver."""
    ends, probability = _arrays(held)
    rows, positions = np.unique(ends, return_inverse=True)
    positions = positions.reshape(2, -1)
    labels = component_labels(positions, len(rows))
    _, first = np.unique(labels, return_index=True)  # rows are sorted, so the first is the least
    component = cut_components(rows, rows[first][labels], ends, probability, cut)
    return pa.table({"row": rows, "component": component})


def cut_large(members: DataFrame, edges: DataFrame, cut: Cut) -> DataFrame:
    """Cut the components of more than `cut.most` rows in `row, component`; only these come to the driver."""
    large = members.groupBy("component").count().where(F.col("count") > cut.most).select("component")
    inside = members.join(F.broadcast(large), "component", "left_semi")
    held = inside.orderBy("row").toArrow()
    if not held.num_rows:
        return members
    rows, component = (np.asarray(held[name].combine_chunks()) for name in ("row", "component"))
    within = edges.join(inside.withColumnRenamed("row", "row_l"), "row_l", "left_semi")
    ends, probability = _arrays(within.select(*_EDGE).toArrow())
    pieces = pa.table({"row": rows, "component": cut_components(rows, component, ends, probability, cut)})
    whole = members.join(F.broadcast(large), "component", "left_anti").select("row", "component")
    return whole.union(edges.sparkSession.createDataFrame(pieces))


def _arrays(edges: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ends `[2, edges]` and probabilities."""
    left, right, probability = (np.asarray(edges[name].combine_chunks()) for name in _EDGE)
    return np.stack([left, right]), probability


def connected_components(edges: DataFrame, driver_edges: int, cut: Cut, work: str) -> pa.Table:
    """Find the connected components of edges, and cut components of more than `cut.most` rows.

    Args:
        edges: `row_l, row_r, probability`.
        driver_edges: The most edges to process on the driver; more are processed in Spark.
        cut: How to cut large components.
        work: A folder for Spark's files.

    Returns:
        `row, component` for every row of an edge; `component` is the least row of the component.
    """
    held = edges.select(*_EDGE).limit(driver_edges + 1).toArrow()
    if len(held) <= driver_edges:
        return driver_components(held, cut)
    return cut_large(star_components(edges, work), edges, cut).toArrow()
