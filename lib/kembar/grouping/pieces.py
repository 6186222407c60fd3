"""Connected components too large to cluster whole, cut at their weakest bridges.

The all-pairs work of a component grows with its square, and one component can take in a good part of a
catalogue: a chain of look-alikes, or a placeholder photo that everybody uses. Pieces are grown along the
likeliest pairs first (Kruskal 1956 with a cap on the size), so that what is cut is what held weakest.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

Rows = NDArray[np.int64]


def _grow(size: int, ends: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Fragment of each of `size` nodes, joined along `ends` `[2, edges]` in their order while no more than `most` nodes
    come together."""
    parent, weight = list(range(size)), [1] * size

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for left, right in ends.T.tolist():
        one, other = root(left), root(right)
        if one != other and weight[one] + weight[other] <= most:
            if weight[one] < weight[other]:
                one, other = other, one
            parent[other] = one
            weight[one] += weight[other]
    return np.array([root(node) for node in range(size)])


def _pack(fragment: NDArray[np.int64], beside: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Fragments put together, neighbours of one fragment beside each other, while a piece holds at most `most` nodes.

    The leaves of a star that is full would else be alone. beside: a neighbour of each node.
    """
    names, place, sizes = np.unique(fragment, return_inverse=True, return_counts=True)
    near = np.full(len(names), len(names))
    np.minimum.at(near, place, place[beside])
    piece, number, filled = np.empty(len(names), np.int64), 0, 0
    for name in np.lexsort((np.arange(len(names)), near)):
        if filled + sizes[name] > most:
            number, filled = number + 1, 0
        piece[name] = number
        filled += sizes[name]
    return piece[place]


def cut_component(ends: NDArray[np.int64], probability: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """Piece of each node of one connected graph, none of more than `most` nodes.

    ends: `[2, edges]`, nodes from 0 on; probability: `[edges]`.
    """
    size = int(ends.max()) + 1
    weight = 2.0 - probability.astype(np.float64)  # an edge of weight 0 would be none
    tree = minimum_spanning_tree(coo_array((weight, (ends[0], ends[1])), shape=(size, size))).tocoo()
    order = np.lexsort((tree.col, tree.row, tree.data))
    branches = np.stack([tree.row[order], tree.col[order]]).astype(np.int64)
    beside = np.zeros(size, np.int64)
    beside[branches[::-1].ravel()] = branches.ravel()
    return _pack(_grow(size, branches, most), beside, most)


def cut_components(
    rows: Rows, component: Rows, ends: NDArray[np.int64], probability: NDArray[np.float32], most: int
) -> Rows:
    """`component` with the large ones cut: each row's is the least row of its piece.

    rows: ascending `[m]`; component: their components `[m]`; ends: the rows of the edges `[2, edges]` of at least
    the large components; probability: `[edges]`.
    """
    component = component.copy()
    names, sizes = np.unique(component, return_counts=True)
    at = component[np.searchsorted(rows, ends[0])]
    for name in names[sizes > most]:
        nodes, inside = rows[component == name], at == name
        piece = cut_component(np.searchsorted(nodes, ends[:, inside]), probability[inside], most)
        least = np.full(piece.max() + 1, np.iinfo(np.int64).max)
        np.minimum.at(least, piece, nodes)
        component[np.searchsorted(rows, nodes)] = least[piece]
    return component
