"""Grouping: components of likely pairs, each clustered where it lies, and lone listings joined."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.bundle import Thresholds
from kembar.config import GroupingSettings
from kembar.discriminator import Discriminator
from kembar.grouping import (
    Clusterer,
    Links,
    best_neighbours,
    connected_components,
    join_lone_listings,
    label_rows,
    read_neighbours,
)
from kembar.grouping.clusters import CLUSTERS
from udfs.match import Shipped, open_index, open_lists, partitions


@dataclass(frozen=True)
class Grouper:
    """How scored pairs become groups: by which probabilities, and obeying which decisions."""

    model: Discriminator
    thresholds: Thresholds
    settings: GroupingSettings
    links: Links

    def __call__(self, scored: DataFrame, catalogue: Shipped, lists: str, work: str) -> NDArray[np.int64]:
        """The group of each row `[n]` from the edges `row_l, row_r, probability`; `work` takes files between rounds.

        1. The components of the pairs that are matches by themselves.
        2. Each clustered over all its pairs.
        3. Those left alone joined to their likeliest neighbour.
        """
        sure, likely = (scored.where(scored.probability >= p) for p in (self.thresholds.match, self.thresholds.lone))
        components = connected_components(self.links.join(sure), self.settings, work)
        clusterer = Clusterer(self.model, self.thresholds.match, self.settings.max_group, self.links)
        clusters = cluster_components(components, catalogue, lists, clusterer)
        labels = label_rows(catalogue.listings, clusters.toArrow())
        neighbours = read_neighbours(best_neighbours(self.links.part(likely)).toArrow())
        return join_lone_listings(labels, neighbours, self.thresholds.lone, self.settings.max_group, self.links)


def _clusters_of(
    name: str, lists: str, clusterer: Clusterer, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return clusterer(open_index(name).with_looks(open_lists(lists).best), batches)


def cluster_components(components: DataFrame, shipped: Shipped, lists: str, clusterer: Clusterer) -> DataFrame:
    """Each component clustered where it lies: CLUSTERS."""
    whole = components.repartition(partitions(components.sparkSession), "component")
    return whole.mapInArrow(partial(_clusters_of, shipped.name, lists, clusterer), CLUSTERS)
