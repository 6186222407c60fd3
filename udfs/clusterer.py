"""Clustering on executors: each component is clustered by the task that has it."""

from collections.abc import Iterator

import pyarrow as pa

from kembar.clustering import Clusterer
from udfs.candidate_lists import open_lists
from udfs.executor_files import open_index


def clusters_of(
    name: str, lists: str, clusterer: Clusterer, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return clusterer(open_index(name).with_best_logits(open_lists(lists).best), batches)
