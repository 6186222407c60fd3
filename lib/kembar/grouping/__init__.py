"""Grouping: from scored pairs to products."""

from kembar.grouping.clusters import Clusterer
from kembar.grouping.components import connected_components
from kembar.grouping.labels import Grouping, best_neighbours, by_row, join_lone_listings, read_neighbours
from kembar.grouping.links import Links, place_links
from kembar.grouping.pieces import Cut
from kembar.grouping.settled import Settled

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
