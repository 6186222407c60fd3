"""Grouping: components of likely pairs, each clustered where it lies, and lone listings joined."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.clustering import (
    Clusterer,
    Cut,
    Grouping,
    Links,
    UnchangedClusters,
    attach_singletons,
    best_neighbours,
    by_row,
    connected_components,
    read_neighbours,
)
from kembar.clustering.cut_components import HOLDS
from kembar.clustering.linkage import CLUSTERS
from kembar.config import GroupingSettings
from kembar.model.bundle import Thresholds
from kembar.model.discriminator import Discriminator
from kembar.stages.ship_catalogue import partitions
from udfs.candidate_lists import ShippedLists
from udfs.clusterer import clusters_of
from udfs.executor_files import Shipped


@dataclass(frozen=True)
class Grouper:
    """How scored pairs become groups: by which probabilities, obeying which decisions, and what was grouped before.

    order: as in Cut.
    """

    model: Discriminator
    thresholds: Thresholds
    settings: GroupingSettings
    links: Links
    order: NDArray[np.uint64]
    unchanged: UnchangedClusters | None = None

    def __call__(self, scored: DataFrame, catalogue: Shipped, lists: ShippedLists, work: str) -> Grouping:
        """Groups from the edges `row_l, row_r, probability`; `work` takes files between rounds.

        1. The components of the pairs that are matches by themselves.
        2. Each clustered over all its pairs, but for those in which nothing changed and that no hair decided.
        3. Those left alone joined to their likeliest neighbour.
        """
        sure, likely = (scored.where(scored.probability >= p) for p in (self.thresholds.match, self.thresholds.lone))
        cut = Cut(HOLDS * self.thresholds.match, self.settings.max_component, self.order)
        members = connected_components(self.links.join(sure), self.settings.driver_edges, cut, work)
        rows, component = (np.asarray(members[name].combine_chunks()) for name in ("row", "component"))
        known = self.unchanged.find(rows, component) if self.unchanged else np.zeros(len(rows), bool)
        changed = scored.sparkSession.createDataFrame(pa.table({"row": rows[~known], "component": component[~known]}))
        clusterer = Clusterer(self.model, self.thresholds.match, self.settings.max_group, self.links)
        found = cluster_components(changed, catalogue, lists.name, clusterer).toArrow()
        at, of, stable = (found[name].to_numpy() for name in ("row", "cluster", "stable"))
        cluster = by_row(catalogue.listings, at, of)
        if self.unchanged:
            cluster[rows[known]] = self.unchanged.cluster[rows[known]]
        neighbours = read_neighbours(best_neighbours(self.links.part(likely)).toArrow())
        labels = np.where(cluster >= 0, cluster, np.arange(catalogue.listings))
        cluster[at[~stable]] = -1
        joined = attach_singletons(labels, neighbours, self.thresholds.lone, self.settings.max_group, self.links)
        return Grouping(joined, by_row(catalogue.listings, rows, component), cluster, lists.best)


def cluster_components(components: DataFrame, shipped: Shipped, lists: str, clusterer: Clusterer) -> DataFrame:
    """Each component clustered where it lies: CLUSTERS."""
    whole = components.repartition(partitions(components.sparkSession), "component")
    return whole.mapInArrow(partial(clusters_of, shipped.name, lists, clusterer), CLUSTERS)
