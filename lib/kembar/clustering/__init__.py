"""Grouping: from scored pairs to products."""

from kembar.clustering.components import connected_components
from kembar.clustering.constraints import Links, place_links
from kembar.clustering.cut_components import Cut
from kembar.clustering.linkage import Clusterer
from kembar.clustering.singletons import Grouping, attach_singletons, best_neighbours, by_row, read_neighbours
from kembar.clustering.unchanged_clusters import UnchangedClusters

__all__ = [
    "Clusterer",
    "Cut",
    "Grouping",
    "Links",
    "UnchangedClusters",
    "attach_singletons",
    "best_neighbours",
    "by_row",
    "connected_components",
    "place_links",
    "read_neighbours",
]
