"""Grouping: from scored pairs to products."""

from kembar.grouping.clusters import Clusterer, cluster_rows
from kembar.grouping.components import connected_components
from kembar.grouping.labels import join_lone_listings, label_rows

__all__ = ["Clusterer", "cluster_rows", "connected_components", "join_lone_listings", "label_rows"]
