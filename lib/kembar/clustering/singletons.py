"""Group labels of a whole catalogue, and the listings that were left alone."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.clustering.constraints import Links
from kembar.types import Rows


@dataclass(frozen=True)
class Neighbours:
    """For each of `rows` its likeliest candidate and the probability of that pair; three arrays `[m]`."""

    rows: Rows
    best: Rows
    probability: NDArray[np.float32]


def best_neighbours(scored: DataFrame) -> DataFrame:
    """`row, best, probability`: each listing's likeliest candidate, the lower row where two are equal."""
    sides = [("row_l", "row_r"), ("row_r", "row_l")]
    left, right = (scored.select(F.col(a).alias("row"), F.col(b).alias("other"), "probability") for a, b in sides)
    likeliest = F.max_by("other", F.struct("probability", -F.col("other")))
    return left.union(right).groupBy("row").agg(likeliest.alias("best"), F.max("probability").alias("probability"))


def read_neighbours(table: pa.Table) -> Neighbours:
    """The collected table of `best_neighbours`."""
    columns = (np.asarray(table[name].combine_chunks()) for name in ("row", "best", "probability"))
    return Neighbours(*columns)


@dataclass(frozen=True)
class Grouping:
    """Of each row `[n]`: the group; the component and the cluster before lone listings joined, −1 for none; the highest
    first look of its pairs. The cluster is for the next run to keep, and −1 too where a hair decided it."""

    labels: Rows
    component: Rows
    cluster: Rows
    best: NDArray[np.float32]


def by_row(listings: int, rows: Rows, values: Rows) -> Rows:
    """`values` `[m]` of some rows as one for each row `[listings]`, −1 where there is none."""
    found = np.full(listings, -1, np.int64)
    found[rows] = values
    return found


def attach_singletons(
    labels: Rows, neighbours: Neighbours, threshold: float, max_group: int, links: Links | None = None
) -> Rows:
    """Labels after each listing that is alone joined its best neighbour's group, the surest first.

    A join below `threshold`, into a full group, or with one that `links` keep it from, is left out.
    Two lone listings that are each other's best become a pair. Where a product never has one
    listing alone, expected F1 favours a join from about one in three on.
    """
    labels = labels.copy()
    strangers = links.strangers if links else {}
    sizes = np.bincount(labels, minlength=len(labels))
    candidates = (neighbours.probability >= threshold) & (sizes[labels[neighbours.rows]] == 1)
    lone, best = neighbours.rows[candidates], neighbours.best[candidates]
    for i in np.lexsort((lone, -neighbours.probability[candidates])):
        row, target = lone[i], labels[best[i]]
        free = all(labels[other] != target for other in strangers.get(int(row), ()))
        if free and sizes[labels[row]] == 1 and sizes[target] < max_group and labels[row] != target:
            sizes[labels[row]] -= 1
            sizes[target] += 1
            labels[row] = target
    return labels
