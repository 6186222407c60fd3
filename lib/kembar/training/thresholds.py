"""Thresholds: chosen by the F1 of whole groups on products that the network was not trained on.

The held-out listings are grouped within the whole labelled catalogue, not alone:
the more listings compete, the more wrong neighbours there are, and a threshold that
was chosen in a small pool is too low for a large one.
"""

from dataclasses import dataclass
from functools import cached_property

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

MATCH_GRID = np.round(np.arange(0.3, 0.985, 0.02), 2)
LONE_GRID = np.round(np.append(np.arange(0.02, 0.9, 0.02), 1.0), 2)
_LARGEST_TREE = 3000

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class CandidateRows:
    """A catalogue's candidate pairs as rows of its index, `[pairs]` each."""

    left: Rows
    right: Rows


def row_f1(labels: Rows, product: Rows) -> NDArray[np.float64]:
    """F1 of each row's group against its product, `[n]`."""
    n = len(labels)
    together = np.unique(labels, return_inverse=True)[1] * n + np.unique(product, return_inverse=True)[1]
    _, both, hits = np.unique(together, return_inverse=True, return_counts=True)
    sizes = [np.unique(x, return_inverse=True, return_counts=True) for x in (labels, product)]
    return 2 * hits[both] / (sizes[0][2][sizes[0][1]] + sizes[1][2][sizes[1][1]])


@dataclass(frozen=True)
class GroupingChoice:
    """A labelled catalogue grouped at each threshold of the grid, from its candidate pairs."""

    index: CatalogueIndex
    model: Discriminator
    pairs: CandidateRows
    labels: RowLabels

    @cached_property
    def probability(self) -> NDArray[np.float32]:
        """Of each candidate pair, `[pairs]`."""
        return score_rows(self.index, self.model, self.pairs.left, self.pairs.right)

    def f1(self, groups: Rows) -> float:
        """Row-wise mean F1 over the held-out rows."""
        return float(row_f1(groups, self.labels.product)[self.labels.held_out].mean())

    def cuts(self) -> dict[float, Rows]:
        """Labels of all rows by threshold, as match would give them.

        One tree a component of the lowest threshold serves every higher one: it is cut there,
        and its parts are parted further where no candidate pair above the threshold connects
        them, since match clusters nothing across components.
        """
        floor, components = next(
            (t, label)
            for t in MATCH_GRID
            if np.bincount(label := self._components(t)).max() <= _LARGEST_TREE or t == MATCH_GRID[-1]
        )
        trees = [(part, link(self.index, self.model, part)) for part in _parts(components) if len(part) > 1]
        grid = MATCH_GRID[floor <= MATCH_GRID]
        return {float(t): _cut(trees, self._components(t), t) for t in grid}

    def _components(self, threshold: float) -> Rows:
        """Component of each row in the graph of the candidate pairs from a threshold on."""
        n, sure = len(self.index), self.probability >= threshold
        ends = (self.pairs.left[sure], self.pairs.right[sure])
        _, label = connected_components(coo_array((np.ones(sure.sum(), np.int8), ends), shape=(n, n)), directed=False)
        return label.astype(np.int64)

    def neighbours(self) -> Neighbours:
        """Each listing's likeliest candidate, the lower row where two are equal."""
        left, right = self.pairs.left, self.pairs.right
        rows, others = np.concatenate([left, right]), np.concatenate([right, left])
        chance = np.concatenate([self.probability, self.probability])
        order = np.lexsort((others, -chance, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        return Neighbours(rows[first], others[first], chance[first])


def _parts(label: Rows) -> list[Rows]:
    """The rows of each label."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def _cut(trees: list[tuple[Rows, NDArray[np.float64]]], component: Rows, threshold: float) -> Rows:
    """The least row of each row's cluster; clusters stay within `component`."""
    n = len(component)
    labels = np.arange(n, dtype=np.int64)
    for rows, tree in trees:
        labels[rows] = fcluster(tree, 1.0 - threshold, criterion="distance") + n * (rows[0] + 1)
    _, within = np.unique(np.stack([labels, component]), axis=1, return_inverse=True)
    return least_of(within, np.arange(n))


def choose_match_threshold(choice: GroupingChoice) -> float:
    """The threshold with the best F1 before lone listings are joined."""
    return _plateau({t: choice.f1(groups) for t, groups in choice.cuts().items()})


def choose_thresholds(choice: GroupingChoice, max_group: int) -> tuple[Thresholds, float]:
    """The thresholds with the best mean F1 over the held-out rows, and that F1."""
    cuts, neighbours = choice.cuts(), choice.neighbours()
    match = _plateau({t: choice.f1(groups) for t, groups in cuts.items()})
    joined = {t: choice.f1(join_lone_listings(cuts[match], neighbours, t, max_group)) for t in LONE_GRID}
    lone = _plateau(joined)
    return Thresholds(float(match), float(lone)), joined[lone]


def _plateau(quality: dict[float, float], tolerance: float = 0.002) -> float:
    """The middle of the thresholds that are nearly as good as the best: its very peak is chance."""
    top = max(quality.values())
    good = [t for t, value in quality.items() if value >= top - tolerance]
    return good[len(good) // 2]
