"""Grouping: from scored pairs to products."""

from kembar.grouping.clusters import Clusterer
from kembar.grouping.components import connected_components
from kembar.grouping.labels import best_neighbours, group_rows, join_lone_listings, label_rows

__all__ = [
    "Clusterer",
    "best_neighbours",
    "connected_components",
    "group_rows",
    "join_lone_listings",
    "label_rows",
]
