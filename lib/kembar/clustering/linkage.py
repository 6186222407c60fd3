"""Splits a component of the score graph into products by average linkage over all its pairs.

With the transitive closure one wrong edge would merge two products. Average linkage merges two clusters only if the
mean probability over all pairs between them is above the threshold. Every merge needs at least one pair above the
threshold, so no cluster crosses the border of a component of such pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage, to_tree

from kembar.clustering.constraints import Links
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import Discriminator
from kembar.scoring.score import THRESHOLD_MARGIN, score_rows, score_within
from kembar.types import Rows

Tree = NDArray[np.float64]
CLUSTERS = "row bigint, cluster bigint, stable boolean"
_PAIRS_AT_ONCE = 30_000
_LARGE = 20
"""From this many rows on, it is faster to compare a part by itself than together with other parts."""


def pair_heights(index: CatalogueIndex, discriminator: Discriminator, parts: Rows) -> NDArray[np.float64]:
    """1 − probability of all pairs within each of k sets of m rows `[k, m]`: `[k, m(m−1)/2]`, in SciPy's order."""
    if parts.shape[1] >= _LARGE:
        chances = [score_within(index, discriminator, rows) for rows in parts]
    else:
        first, second = np.triu_indices(parts.shape[1], k=1)
        left, right = parts[:, first].ravel(), parts[:, second].ravel()
        chances = [
            score_rows(index, discriminator, left[i : i + _PAIRS_AT_ONCE], right[i : i + _PAIRS_AT_ONCE])
            for i in range(0, len(left), _PAIRS_AT_ONCE)
        ]
    return (1.0 - np.concatenate(chances).astype(np.float64)).reshape(len(parts), -1)


def link_all(
    index: CatalogueIndex, discriminator: Discriminator, parts: list[Rows], links: Links
) -> Iterator[tuple[Rows, Tree]]:
    """Yield each of `parts` with its average-linkage tree, in any order; parts have two or more ascending rows.

    Parts of the same size are compared together: most have two or three rows, and a call for each would take longer
    than the comparison.
    """
    sizes = np.array([len(part) for part in parts])
    for size in np.unique(sizes):
        alike = [parts[k] for k in np.flatnonzero(sizes == size)]
        step = max(4 * _PAIRS_AT_ONCE // (size * size), 1)
        for start in range(0, len(alike), step):
            chunk = np.stack(alike[start : start + step])
            for rows, heights in zip(chunk, pair_heights(index, discriminator, chunk), strict=True):
                links.apply(rows, heights)
                yield rows, linkage(heights, method="average")


def _split_to(tree: Tree, members: NDArray[np.int64], max_group: int) -> list[NDArray[np.int64]]:
    """Cut a cluster over the cap at its weakest merges until each part fits, then join neighbouring small parts.

    Many copies of one listing merge one by one into a tree that is a chain. Without the second step the cut would leave
    all but the last `max_group` of them as singletons.
    """
    wanted = set(members.tolist())
    parts: list[list[int]] = []
    stack = [to_tree(tree)]
    while stack:
        node = stack.pop()
        leaves = [leaf for leaf in node.pre_order() if leaf in wanted]
        if leaves and len(leaves) == node.count <= max_group:
            if parts and len(parts[-1]) + len(leaves) <= max_group:
                parts[-1].extend(leaves)
            else:
                parts.append(leaves)
        elif leaves:
            stack.extend([node.right, node.left])
    return [np.array(part) for part in parts]


def cut_tree(tree: Tree, threshold: float, max_group: int) -> NDArray[np.int64]:
    """The cluster number of each member, if the tree is cut where the mean probability falls below `threshold`."""
    if len(tree) == 1:  # two rows, as most parts have
        return np.array([1, 1 if tree[0, 2] <= 1.0 - threshold and max_group > 1 else 2])
    labels = fcluster(tree, 1.0 - threshold, criterion="distance").astype(np.int64)
    sizes = np.bincount(labels)
    for large in np.flatnonzero(sizes > max_group):
        for part in _split_to(tree, np.flatnonzero(labels == large), max_group):
            labels[part] = labels.max() + 1
    return labels


def least_of(labels: NDArray[np.int64], rows: Rows) -> Rows:
    """For each of `rows` the least row that has the same label."""
    least = np.full(labels.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, labels, rows)
    return least[labels]


@dataclass(frozen=True)
class Clusterer:
    """Clusters whole components at a threshold into groups of at most `max_group`, under the constraints `links`."""

    discriminator: Discriminator
    threshold: float
    max_group: int
    links: Links = field(default_factory=Links.none)

    def __call__(self, index: CatalogueIndex, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Turn batches `row, component` of whole components, in any order, into a CLUSTERS batch."""
        tables = list(batches)
        if not tables:
            return
        members = pa.Table.from_batches(tables).sort_by([("component", "ascending"), ("row", "ascending")])
        rows, component = (np.asarray(members[name].combine_chunks()) for name in ("row", "component"))
        parts = [part for part in np.split(rows, np.flatnonzero(np.diff(component)) + 1) if len(part)]
        found = sorted(self.cluster(index, parts), key=lambda pair: int(pair[0][0]))
        if found:
            pieces, clusters, stable = zip(*found, strict=True)
            columns = {"row": np.concatenate(pieces), "cluster": np.concatenate(clusters)}
            yield pa.RecordBatch.from_pydict(columns | {"stable": np.repeat(stable, [len(part) for part in pieces])})

    def cluster(self, index: CatalogueIndex, parts: list[Rows]) -> Iterator[tuple[Rows, Rows, bool]]:
        """Yield each component's rows, the least row of each row's cluster, and whether the component is stable.

        A component is stable if no merge lies within `THRESHOLD_MARGIN` of the threshold. The order is arbitrary.
        """
        yield from ((part, part, True) for part in parts if len(part) == 1)
        for rows, tree in link_all(index, self.discriminator, [part for part in parts if len(part) > 1], self.links):
            stable = bool((np.abs(tree[:, 2] - (1.0 - self.threshold)) >= THRESHOLD_MARGIN).all())
            yield rows, least_of(cut_tree(tree, self.threshold, self.max_group), rows), stable
