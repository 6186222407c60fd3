"""Grouping: from scored pairs to products."""

from kembar.clustering.components import connected_components
from kembar.clustering.constraints import Links, place_links
from kembar.clustering.cut_components import Cut
from kembar.clustering.linkage import Clusterer
from kembar.clustering.singletons import Grouping, best_neighbours, by_row, join_lone_listings, read_neighbours
from kembar.clustering.unchanged import Settled

__all__ = [
    "Clusterer",
    "Cut",
    "Grouping",
    "Links",
    "Settled",
    "best_neighbours",
    "by_row",
    "connected_components",
    "join_lone_listings",
    "place_links",
    "read_neighbours",
]
