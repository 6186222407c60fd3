"""Grouping: from scored pairs to products."""

from kembar.grouping.clusters import Clusterer
from kembar.grouping.components import connected_components
from kembar.grouping.labels import best_neighbours, join_lone_listings, label_rows, read_neighbours
from kembar.grouping.links import Links, place_links

__all__ = [
    "Clusterer",
    "Links",
    "best_neighbours",
    "connected_components",
    "join_lone_listings",
    "label_rows",
    "place_links",
    "read_neighbours",
]
