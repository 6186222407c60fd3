"""From a rival's scored pairs to groups, and the choice of how on labelled listings.

Every rival that gives pairs gets the same help that kembar has: the better of connected components and average
linkage, and a second, lower threshold above which a lone listing joins its best neighbour. All of it is chosen
by the F1 of whole groups on the tuning part alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from protocol import Rows, codes_of, row_f1
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

NEVER = np.inf
_LARGEST_TREE = 6000


@dataclass(frozen=True)
class Pairs:
    """Scored pairs of a catalogue of `n` rows, each once: rows `[pairs]` and scores in 0-1 `[pairs]`."""

    n: int
    left: Rows
    right: Rows
    score: NDArray[np.float64]

    @staticmethod
    def of(n: int, left: Rows, right: Rows, score: NDArray[np.float64]) -> "Pairs":
        """Pairs with the lower row left, the best score where one comes twice, and none with itself."""
        frame = pd.DataFrame({"left": np.minimum(left, right), "right": np.maximum(left, right), "score": score})
        frame = frame[frame["left"] != frame["right"]].groupby(["left", "right"], as_index=False)["score"].max()
        return Pairs(n, *(frame[name].to_numpy() for name in ("left", "right", "score")))

    def above(self, threshold: float) -> csr_array:
        """The graph of the pairs from a threshold on, upper half."""
        sure = self.score >= threshold
        ends = (self.left[sure], self.right[sure])
        # A pair of score 0 is still a pair, and a sparse array would drop it.
        return coo_array((np.maximum(self.score[sure], 1e-9), ends), shape=(self.n, self.n)).tocsr()

    @cached_property
    def best(self) -> tuple[Rows, Rows, NDArray[np.float64]]:
        """Rows that have a neighbour, their best one, and its score."""
        rows, others = np.concatenate([self.left, self.right]), np.concatenate([self.right, self.left])
        score = np.concatenate([self.score, self.score])
        order = np.lexsort((others, -score, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        return rows[first], others[first], score[first]


@dataclass(frozen=True)
class Cut:
    """How pairs become groups; `lone` is the second threshold, infinite where lone listings stay alone."""

    method: str
    threshold: float
    lone: float = NEVER


def components(pairs: Pairs, threshold: float) -> Rows:
    """Group of each row: whatever is connected by pairs from the threshold on."""
    return connected_components(pairs.above(threshold), directed=False)[1].astype(np.int64)


class Trees:
    """Average-linkage trees of the components at the lowest threshold asked for; a higher one only cuts them.

    A pair that the rival did not score counts as 0: it was not even a candidate.
    """

    def __init__(self, pairs: Pairs, floor: float) -> None:
        self.pairs, self.trees, self._every = pairs, [], pairs.above(-NEVER)
        self._grow(pairs.above(floor), components(pairs, floor))

    def _grow(self, graph: csr_array, labels: Rows) -> None:
        order = np.argsort(labels, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
            if len(rows) > _LARGEST_TREE:
                self._grow_parts(graph, rows)
            elif len(rows) > 1:
                near = self._every[rows][:, rows].toarray()
                self.trees.append((rows, linkage(1 - squareform(near + near.T, checks=False), method="average")))

    def _grow_parts(self, graph: csr_array, rows: Rows) -> None:
        """Trees of a component that is too large for a full matrix: of its parts without its weakest fifth of edges."""
        part = graph[rows][:, rows].tocoo()
        kept = part.data > np.quantile(part.data, 0.2)
        ends = (rows[part.coords[0][kept]], rows[part.coords[1][kept]])
        stronger = coo_array((part.data[kept], ends), shape=graph.shape).tocsr()  # every other row is alone in it
        self._grow(stronger, connected_components(stronger, directed=False)[1])

    def cut(self, threshold: float) -> Rows:
        """Group of each row where the mean score within falls below the threshold."""
        labels = np.arange(self.pairs.n, dtype=np.int64)
        for rows, tree in self.trees:
            part = fcluster(tree, 1 - threshold, criterion="distance")
            labels[rows] = rows[np.unique(part, return_index=True)[1]][np.unique(part, return_inverse=True)[1]]
        return codes_of(labels)


def join_lone(groups: Rows, pairs: Pairs, threshold: float) -> Rows:
    """Groups after each lone row joined its best neighbour's, where that is at least as near as the threshold."""
    rows, best, score = pairs.best
    moves = (np.bincount(groups)[groups[rows]] == 1) & (score >= threshold)
    ends = (groups[rows[moves]], groups[best[moves]])
    links = coo_array((np.ones(moves.sum()), ends), shape=(groups.max() + 1,) * 2)
    return connected_components(links, directed=False)[1].astype(np.int64)[groups]


def group_pairs(pairs: Pairs, cut: Cut) -> Rows:
    """Group of each row, as a cut says."""
    average = cut.method == "average linkage"
    groups = Trees(pairs, cut.threshold).cut(cut.threshold) if average else components(pairs, cut.threshold)
    return groups if cut.lone == NEVER else join_lone(groups, pairs, cut.lone)


def choose_cut(pairs: Pairs, labels: pd.Series, steps: int = 50) -> tuple[Cut, float]:
    """The cut with the best row-wise mean F1 on labelled rows, and that F1.

    Thresholds are tried at quantiles of the rival's own scores, so that no scale is favoured.
    """
    products = codes_of(labels)
    strong = np.sort(pairs.score)[-6 * pairs.n :]
    grid = np.unique(np.quantile(strong, np.linspace(0, 1, steps)))
    lone_grid = [NEVER, *np.unique(np.quantile(pairs.best[2], np.linspace(0, 0.7, 15)))]
    trees = Trees(pairs, float(grid[0]))
    best = (Cut("components", NEVER), 0.0)
    for method in ("components", "average linkage"):
        for threshold in map(float, grid):
            groups = trees.cut(threshold) if method == "average linkage" else components(pairs, threshold)
            for lone in (x for x in lone_grid if x == NEVER or x < threshold):
                joined = groups if lone == NEVER else join_lone(groups, pairs, lone)
                f1 = float(row_f1(joined, products).mean())
                if f1 > best[1]:
                    best = (Cut(method, threshold, float(lone)), f1)
    return best
