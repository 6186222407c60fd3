"""Workers are ready before they are asked for, and what cannot be made ready stops nothing."""

import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from udfs import wake
from udfs.wake import wake_workers


def imported(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for _ in batches:
        yield pa.RecordBatch.from_pydict({"there": ["faiss" in sys.modules and "udfs.lists" in sys.modules]})


def test_a_worker_has_what_matching_needs(spark: SparkSession):
    wake_workers(spark).join(60)
    assert [
        row["there"] for row in spark.range(1, numPartitions=1).mapInArrow(imported, "there boolean").collect()
    ] == [True]


def test_a_worker_that_cannot_be_made_ready_stops_nothing(spark: SparkSession, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wake, "_import", lambda batches: 1 / 0)
    wake_workers(spark).join(60)
    assert spark.range(3).count() == 3
