"""One component of the score graph to products: average linkage over all its pairs.

Closure would let one wrong edge merge two products; average linkage merges two
clusters only while the mean probability over all pairs between them is above the
threshold. Every merge needs at least one pair above it, so the components of the
graph of such pairs hold every cluster whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage, to_tree

from kembar.catalogue import CatalogueIndex
from kembar.config import GroupingSettings
from kembar.discriminator import Discriminator
from kembar.scoring import score_rows

Rows = NDArray[np.int64]
CLUSTERS = "row bigint, cluster bigint"


def _all_pairs(index: CatalogueIndex, discriminator: Discriminator, rows: Rows) -> NDArray[np.float32]:
    """Probabilities of all pairs in the condensed order of SciPy, `[m(m−1)/2]`."""
    first, second = np.triu_indices(len(rows), k=1)
    step = 200_000
    parts = [
        score_rows(index, discriminator, rows[first[i : i + step]], rows[second[i : i + step]])
        for i in range(0, len(first), step)
    ]
    return np.concatenate(parts)


def _split_to(tree: NDArray[np.float64], members: NDArray[np.int64], max_group: int) -> list[NDArray[np.int64]]:
    """A cluster over the cap cut at its weakest merges until each part fits, neighbouring small parts put together.

    Many copies of one listing merge one by one, in a tree that is a chain; without the
    second step the cut would leave all but the last `max_group` of them alone.
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


def cut_tree(tree: NDArray[np.float64], threshold: float, max_group: int) -> NDArray[np.int64]:
    """Cluster number of each member, for a cut where the mean probability falls below `threshold`."""
    labels = fcluster(tree, 1.0 - threshold, criterion="distance").astype(np.int64)
    sizes = np.bincount(labels)
    for large in np.flatnonzero(sizes > max_group):
        for part in _split_to(tree, np.flatnonzero(labels == large), max_group):
            labels[part] = labels.max() + 1
    return labels


def link(index: CatalogueIndex, discriminator: Discriminator, rows: Rows) -> NDArray[np.float64]:
    """The average-linkage tree of two or more rows, over distances 1 − probability."""
    return linkage(1.0 - _all_pairs(index, discriminator, rows).astype(np.float64), method="average")


def least_of(labels: NDArray[np.int64], rows: Rows) -> Rows:
    """For each of `rows` the least row that has the same label."""
    least = np.full(labels.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, labels, rows)
    return least[labels]


def cluster_rows(
    index: CatalogueIndex, discriminator: Discriminator, rows: Rows, threshold: float, max_group: int
) -> Rows:
    """For each of a component's rows the least row of its cluster, in their order."""
    return least_of(cut_tree(link(index, discriminator, rows), threshold, max_group), rows)


@dataclass(frozen=True)
class Clusterer:
    """Clusters whole components; `max_component` bounds the memory of one, m² · 4 bytes."""

    discriminator: Discriminator
    threshold: float
    max_group: int
    max_component: int

    @staticmethod
    def of(discriminator: Discriminator, threshold: float, settings: GroupingSettings) -> "Clusterer":
        """With the caps that the settings say."""
        return Clusterer(discriminator, threshold, settings.max_group, settings.max_component)

    def __call__(self, index: CatalogueIndex, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`row, component` batches that hold whole components, in any order, to CLUSTERS batches."""
        tables = list(batches)
        if not tables:
            return
        members = pa.Table.from_batches(tables).sort_by([("component", "ascending"), ("row", "ascending")])
        rows, component = (np.asarray(members[name].combine_chunks()) for name in ("row", "component"))
        for part in np.split(rows, np.flatnonzero(np.diff(component)) + 1):
            for piece in self._parts(index, part):
                yield pa.RecordBatch.from_pydict({"row": piece, "cluster": self._cluster(index, piece)})

    def _cluster(self, index: CatalogueIndex, rows: Rows) -> Rows:
        """The least row of each row's cluster, in the order of `rows`."""
        if len(rows) == 1:
            return rows
        return cluster_rows(index, self.discriminator, rows, self.threshold, self.max_group)

    def _parts(self, index: CatalogueIndex, rows: Rows) -> Iterator[Rows]:
        """The component whole, or in runs of like titles where it is larger than memory allows."""
        if len(rows) <= self.max_component:
            yield rows
            return
        order = np.lexsort(index.title[rows].astype(np.float32).T[:8])
        yield from np.array_split(rows[order], -(-len(rows) // self.max_component))
