"""Workers are ready before they are asked for, and what cannot be made ready stops nothing."""

import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from kembar.stages import warm_up_workers as wake
from kembar.stages.warm_up_workers import warm_up

UNUSED = "tabnanny"
"""A module that nothing else imports: in a worker that other tests have used, what matching needs is there anyhow."""


def imported(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for _ in batches:
        yield pa.RecordBatch.from_pydict({"there": [UNUSED in sys.modules]})


def is_imported(spark: SparkSession) -> bool:
    (row,) = spark.range(1, numPartitions=1).mapInArrow(imported, "there boolean").collect()
    return bool(row["there"])


def test_a_worker_has_imported_what_is_needed(spark: SparkSession, monkeypatch: pytest.MonkeyPatch):
    assert not is_imported(spark)
    monkeypatch.setattr(wake, "_NEEDED", (*wake._NEEDED, UNUSED))
    warm_up(spark).join(60)
    assert is_imported(spark)


def test_a_worker_that_cannot_be_made_ready_stops_nothing(spark: SparkSession, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wake, "_NEEDED", ("no_such_module",))
    warm_up(spark).join(60)
    assert spark.range(3).count() == 3
