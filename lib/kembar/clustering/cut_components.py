"""Cuts connected components that are too large to cluster whole into cohesive pieces.

The all-pairs work of a component grows with its square, and chains of look-alikes connect most listings of many shops.
Pieces are clusters of average linkage over the edges alone; a pair without an edge counts as zero. A bridge is one pair
of many between two clusters, so chains come apart. The order of merges between mutual nearest neighbours does not
matter, because average linkage is reducible (Murtagh 1983, doi:10.1093/comjnl/26.4.354). So a piece depends only on
its surroundings, and a new listing elsewhere does not change it.

A listing is a candidate of only some dozens of others. Among many hundred copies of one listing few pairs are edges, so
they come apart into pieces of some dozens, about the largest size of a group.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kembar.types import Rows

Reals = NDArray[np.float64]
HOLDS = 0.25
"""The least cohesion of a piece, as a share of the threshold. It is below 1, since likely pairs that are no matches
count as zero here, and a cut must not separate listings that can be one group."""


@dataclass(frozen=True)
class Cut:
    """How large components are cut.

    Attributes:
        least: The least mean probability within a piece.
        most: The most rows of a piece.
        order: `[listings]`, a pseudo-random number for each, which chooses between equally likely neighbours. The order
            of rows would make a chain of copies merge pair by pair.
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
        """Build a graph from edges in any direction; merge edges between the same nodes and drop self-loops."""
        ends = np.sort(ends, axis=0)
        apart = ends[0] != ends[1]
        keys, place = np.unique(ends[0, apart] * size + ends[1, apart], return_inverse=True)
        summed = np.bincount(place, total[apart], len(keys)).astype(np.float64)
        return _Graph(np.stack(np.divmod(keys, size)), summed)

    def only(self, kept: NDArray[np.bool_]) -> "_Graph":
        return _Graph(self.ends[:, kept], self.total[kept])

    def nearest(self, mean: Reals, size: int) -> Rows:
        """For each node the other end of its edge with the highest `mean` `[edges]`, the lowest of equals.

        A node without edges gets `size`.
        """
        best, near = np.zeros(size), np.full(size, size)
        for side in self.ends:
            np.maximum.at(best, side, mean)
        for side, other in (self.ends, self.ends[::-1]):
            tied = mean == best[side]
            np.minimum.at(near, side[tied], other[tied])
        return near


def link_edges(ends: Rows, probability: NDArray[np.float32], size: int, least: float, most: int) -> Rows:
    """Cluster nodes by average linkage, in which a pair without an edge counts as zero.

    1. Drop clusters without a partner. They never get one, since the mean over two merged clusters is not above the
       higher of their means.
    2. Merge clusters that are each other's nearest. The pair with the highest mean is always among them.

    Args:
        ends: `[2, edges]`, nodes from 0 on.
        probability: `[edges]`.
        size: The number of nodes.
        least: The least mean probability at which clusters merge.
        most: The most nodes of a cluster.

    Returns:
        The cluster of each node, named by its least node, `[size]`.
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
    """The piece of each node of one connected graph, named as in `link_edges`; `cut.order`: `[nodes]`.

    Single nodes next to the same cluster form a piece, since of many copies of one listing few are candidates of
    each other.
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
    """Rename clusters by their least node."""
    least = np.full(len(cluster), len(cluster))
    np.minimum.at(least, cluster, np.arange(len(cluster)))
    return least[cluster]


def cut_components(rows: Rows, component: Rows, ends: Rows, probability: NDArray[np.float32], cut: Cut) -> Rows:
    """Cut the large components, and name each piece by its least row.

    Args:
        rows: `[m]`, ascending.
        component: `[m]`, the component of each row.
        ends: `[2, edges]`, the rows of the edges of at least the large components.
        probability: `[edges]`, far above 1 for a must-link pair.
        cut: How to cut.

    Returns:
        The component or piece of each row, `[m]`.
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
