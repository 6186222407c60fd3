"""Connected components too large to cluster whole, in pieces that hold together by themselves.

The all-pairs work of a component grows with its square, and among the goods of many shops chains of look-alikes connect
nearly everything. Pieces are clusters of average linkage over the edges alone, of which a pair that is no edge counts
as nought: a bridge is one pair of the many between two clusters, and chains come apart. Clusters that are each other's
nearest merge in whatever order (Murtagh 1983, doi:10.1093/comjnl/26.4.354: average linkage is reducible), so that a
piece depends on what is around it, and a listing more elsewhere moves nothing here.

A listing is a candidate of some dozens of others, so that of many hundred copies of one few pairs are edges: they come
apart into pieces of some dozens, about as large as a group may be.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kembar.types import Rows

Reals = NDArray[np.float64]
HOLDS = 0.25
"""A piece of a large component holds together from this share of the threshold on: pairs that are likely but no matches
count nothing there, and what can be a group must not be parted."""


@dataclass(frozen=True)
class Cut:
    """How large components come apart.

    least: mean probability from which a piece holds together; most: rows of a piece; order: `[listings]`, as good as
    drawn for each, by which the first of equally likely neighbours is chosen: the first by row would make a chain of
    copies merge pair by pair.
    """

    least: float
    most: int
    order: NDArray[np.uint64]


@dataclass(frozen=True)
class _Graph:
    """Edges between clusters: ends `[2, edges]`, the lower first; total: the sum of probabilities over their pairs."""

    ends: Rows
    total: Reals

    @staticmethod
    def of(ends: Rows, total: Reals, size: int) -> "_Graph":
        """Of edges in any direction; several between two nodes are one, and one from a node to itself is none."""
        ends = np.sort(ends, axis=0)
        apart = ends[0] != ends[1]
        keys, place = np.unique(ends[0, apart] * size + ends[1, apart], return_inverse=True)
        summed = np.bincount(place, total[apart], len(keys)).astype(np.float64)
        return _Graph(np.stack(np.divmod(keys, size)), summed)

    def only(self, kept: NDArray[np.bool_]) -> "_Graph":
        return _Graph(self.ends[:, kept], self.total[kept])

    def nearest(self, mean: Reals, size: int) -> Rows:
        """Of each node the other end of its highest `mean` `[edges]`, the lowest of equals; `size` for none."""
        best, near = np.zeros(size), np.full(size, size)
        for side in self.ends:
            np.maximum.at(best, side, mean)
        for side, other in (self.ends, self.ends[::-1]):
            tied = mean == best[side]
            np.minimum.at(near, side[tied], other[tied])
        return near


def link_edges(ends: Rows, probability: NDArray[np.float32], size: int, least: float, most: int) -> Rows:
    """Cluster of each of `size` nodes, its least one, by average linkage in which a pair without an edge counts as 0.

    ends: `[2, edges]`, nodes from 0 on; probability: `[edges]`; least: mean probability from which clusters merge;
    most: nodes of a cluster.

    1. Clusters with nobody to merge with never will have: the mean over two clusters is below the higher of theirs.
    2. Those that are each other's nearest merge; among those with the highest mean there are some.
    """
    cluster, weight = np.arange(size), np.ones(size)
    graph = _Graph.of(ends, probability.astype(np.float64), size)
    while True:
        left, right = graph.ends
        mean = graph.total / (weight[left] * weight[right])
        open_ = (mean >= least) & (weight[left] + weight[right] <= most)
        if not open_.any():
            return cluster
        near = graph.only(open_).nearest(mean[open_], size)
        active = near < size
        pairs = np.flatnonzero(active)
        pairs = pairs[(near[near[pairs]] == pairs) & (pairs < near[pairs])]
        into = np.arange(size)
        into[near[pairs]] = pairs
        weight[pairs] += weight[near[pairs]]
        cluster = into[cluster]
        graph = graph.only(active[left] & active[right])
        graph = _Graph.of(into[graph.ends], graph.total, size)


def cut_component(ends: Rows, probability: NDArray[np.float32], cut: Cut) -> Rows:
    """Piece of each node of one connected graph, its least one, as `link_edges` has it; `cut.order`: `[nodes]`.

    Nodes left alone beside the same cluster are a piece: of many copies of one listing few are candidates of another.
    """
    size = len(cut.order)
    drawn = np.empty(size, np.int64)
    drawn[np.argsort(cut.order, kind="stable")] = np.arange(size)
    cluster = _least(link_edges(drawn[ends], probability, size, cut.least, cut.most)[drawn])
    alone = np.bincount(cluster, minlength=size)[cluster] == 1
    touching = alone[ends].any(axis=0)
    graph = _Graph.of(ends[:, touching], probability[touching].astype(np.float64), size)
    lone = np.flatnonzero(alone)
    beside = cluster[graph.nearest(graph.total, size)[lone]]
    order = np.argsort(beside, kind="stable")
    for place in np.split(lone[order], np.flatnonzero(np.diff(beside[order])) + 1):
        for start in range(0, len(place), cut.most):
            cluster[place[start : start + cut.most]] = place[start : start + cut.most].min(initial=size)
    return cluster


def _least(cluster: Rows) -> Rows:
    """Clusters named by whatever node, by their least one."""
    least = np.full(len(cluster), len(cluster))
    np.minimum.at(least, cluster, np.arange(len(cluster)))
    return least[cluster]


def cut_components(rows: Rows, component: Rows, ends: Rows, probability: NDArray[np.float32], cut: Cut) -> Rows:
    """`component` with the large ones cut: each row's is the least row of its piece.

    rows: ascending `[m]`; component: their components `[m]`; ends: the rows of the edges `[2, edges]` of at least
    the large components; probability: `[edges]`, and far above 1 for a pair that must be together.
    """
    component = component.copy()
    names, sizes = np.unique(component, return_counts=True)
    at = component[np.searchsorted(rows, ends[0])]
    for name in names[sizes > cut.most]:
        nodes, inside = rows[component == name], at == name
        within = replace(cut, order=cut.order[nodes])
        piece = cut_component(np.searchsorted(nodes, ends[:, inside]), probability[inside], within)
        component[np.searchsorted(rows, nodes)] = nodes[piece]
    return component
