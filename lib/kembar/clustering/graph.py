"""Connected components of a graph in this process."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kembar.types import Rows


def component_labels(ends: Rows, nodes: int) -> Rows:
    """A number for each node, the same for those that a chain of edges connects.

    Args:
        ends: Both nodes of each edge, `[2, edges]`.
        nodes: How many there are.

    Returns:
        Labels from 0 on, `[nodes]`.

    >>> component_labels(np.array([[0, 3], [1, 4]]), 5).tolist()
    [0, 0, 1, 2, 2]
    """
    graph = coo_array((np.ones(ends.shape[1], np.int8), tuple(ends)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.int64)
