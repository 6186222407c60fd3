"""Group labels of a whole catalogue, and singletons that join a group."""

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
    """For each of `rows` its most likely candidate and the probability of that pair; three arrays `[m]`."""

    rows: Rows
    best: Rows
    probability: NDArray[np.float32]


def best_neighbours(scored: DataFrame) -> DataFrame:
    """`row, best, probability`: each listing's most likely candidate, the lower row of equals."""
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
    """The grouping of each row, all `[n]`.

    Attributes:
        labels: The group.
        component: The component, −1 for none.
        cluster: The cluster before singletons joined, which the next run can reuse; −1 if there is none, or if a merge
            was near the threshold.
        best: The highest first-stage logit of the row's pairs.
    """

    labels: Rows
    component: Rows
    cluster: Rows
    best: NDArray[np.float32]


def by_row(listings: int, rows: Rows, values: Rows) -> Rows:
    """Spread the `values` `[m]` of some rows over all rows `[listings]`; the others get −1."""
    found = np.full(listings, -1, np.int64)
    found[rows] = values
    return found


def attach_singletons(
    labels: Rows, neighbours: Neighbours, threshold: float, max_group: int, links: Links | None = None
) -> Rows:
    """Let each singleton join the group of its most likely neighbour, in descending order of probability.

    A join is skipped if it is below `threshold`, if the group is full, or if `links` forbid it. Two singletons that are
    each other's best become a pair. If every product has at least two listings, expected F1 favours a join from a
    probability of about one third on.
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
