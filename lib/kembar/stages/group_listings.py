"""Grouping: finds components of likely pairs, clusters each one on an executor, and attaches singletons."""

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
    """Turns scored pairs into groups.

    Attributes:
        model: The discriminator.
        thresholds: The probabilities from which clusters merge and singletons join.
        settings: The settings of grouping.
        links: The constraints from people's decisions.
        order: As in `Cut`.
        unchanged: Clusters of the last run that may be reused.
    """

    model: Discriminator
    thresholds: Thresholds
    settings: GroupingSettings
    links: Links
    order: NDArray[np.uint64]
    unchanged: UnchangedClusters | None = None

    def __call__(self, scored: DataFrame, catalogue: Shipped, lists: ShippedLists, work: str) -> Grouping:
        """Group the edges `row_l, row_r, probability`; `work` is a folder for files between rounds.

        1. Find the components of pairs above the match threshold.
        2. Cluster each component over all its pairs, except unchanged ones without a merge near the threshold.
        3. Attach each singleton to its most likely neighbour.
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
    """Cluster each component on one executor, to CLUSTERS."""
    whole = components.repartition(partitions(components.sparkSession), "component")
    return whole.mapInArrow(partial(clusters_of, shipped.name, lists, clusterer), CLUSTERS)
