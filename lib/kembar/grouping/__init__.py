"""Grouping: from scored pairs to products."""

from kembar.grouping.clusters import Clusterer
from kembar.grouping.components import connected_components
from kembar.grouping.labels import best_neighbours, join_lone_listings, label_rows, read_neighbours

__all__ = [
    "Clusterer",
    "best_neighbours",
    "connected_components",
    "join_lone_listings",
    "label_rows",
    "read_neighbours",
]
