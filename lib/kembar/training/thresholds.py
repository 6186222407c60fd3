"""Thresholds: chosen by the F1 of whole groups on products that the network was not trained on.

The held-out listings are grouped within the whole labelled catalogue, not alone:
the more listings compete, the more wrong neighbours there are, and a threshold that
was chosen in a small pool is too low for a large one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kembar.bundle import Thresholds
from kembar.catalogue import CatalogueIndex
from kembar.discriminator import Discriminator
from kembar.grouping.clusters import least_of, link
from kembar.grouping.labels import Neighbours, join_lone_listings
from kembar.scoring import score_rows
from kembar.training.labels import RowLabels

MATCH_GRID = np.round(np.arange(0.1, 0.91, 0.02), 2)
LONE_GRID = np.round(np.append(np.arange(0.02, 0.8, 0.02), 1.0), 2)
_LARGEST_TREE = 3000


@dataclass(frozen=True)
class CandidateRows:
    """A catalogue's candidate pairs as rows of its index, `[pairs]` each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]


def row_f1(labels: NDArray[np.int64], product: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each row's group against its product, `[n]`."""
    n = len(labels)
    together = np.unique(labels, return_inverse=True)[1] * n + np.unique(product, return_inverse=True)[1]
    _, both, hits = np.unique(together, return_inverse=True, return_counts=True)
    sizes = [np.unique(x, return_inverse=True, return_counts=True) for x in (labels, product)]
    return 2 * hits[both] / (sizes[0][2][sizes[0][1]] + sizes[1][2][sizes[1][1]])


def _trees(
    index: CatalogueIndex, model: Discriminator, pairs: CandidateRows, probability: NDArray[np.float32]
) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Rows and average-linkage tree of each component at the lowest threshold of the grid.

    A tree is cut anew for each threshold: where a component falls apart at a higher
    one, the cut falls between its parts.
    """
    floor = MATCH_GRID[0]
    n = len(index)
    while True:
        sure = probability >= floor
        graph = coo_array((np.ones(sure.sum(), np.int8), (pairs.left[sure], pairs.right[sure])), shape=(n, n))
        _, label = connected_components(graph, directed=False)
        if np.bincount(label).max() <= _LARGEST_TREE:
            break
        floor = (1 + floor) / 2
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [(part, link(index, model, part)) for part in parts if len(part) > 1]


def _cut(trees: list[tuple[NDArray[np.int64], NDArray[np.float64]]], n: int, threshold: float) -> NDArray[np.int64]:
    labels = np.arange(n, dtype=np.int64)
    for rows, tree in trees:
        labels[rows] = least_of(fcluster(tree, 1.0 - threshold, criterion="distance"), rows)
    return labels


def _neighbours(pairs: CandidateRows, probability: NDArray[np.float32]) -> Neighbours:
    """Each listing's likeliest candidate, the lower row where two are equal."""
    rows, others = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.right, pairs.left])
    chance = np.concatenate([probability, probability])
    order = np.lexsort((others, -chance, rows))
    first = order[np.unique(rows[order], return_index=True)[1]]
    return Neighbours(rows[first], others[first], chance[first])


def choose_thresholds(
    index: CatalogueIndex,
    model: Discriminator,
    pairs: CandidateRows,
    labels: RowLabels,
    max_group: int,
) -> tuple[Thresholds, float]:
    """The thresholds with the best mean F1 over the held-out rows, and that F1."""
    probability = score_rows(index, model, pairs.left, pairs.right)
    trees = _trees(index, model, pairs, probability)
    neighbours = _neighbours(pairs, probability)
    cuts = {t: _cut(trees, len(index), t) for t in MATCH_GRID}

    def f1(groups: NDArray[np.int64]) -> float:
        return float(row_f1(groups, labels.product)[labels.held_out].mean())

    match = _plateau({t: f1(groups) for t, groups in cuts.items()})
    joined = {t: f1(join_lone_listings(cuts[match], neighbours, t, max_group)) for t in LONE_GRID}
    lone = _plateau(joined)
    return Thresholds(float(match), float(lone)), joined[lone]


def _plateau(quality: dict[float, float], tolerance: float = 0.002) -> float:
    """The middle of the thresholds that are nearly as good as the best: its very peak is chance."""
    top = max(quality.values())
    good = [t for t, value in quality.items() if value >= top - tolerance]
    return good[len(good) // 2]
