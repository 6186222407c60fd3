"""Sends a catalogue to executors: the index and the blocks as files, which each task maps."""

import atexit
import shutil
import tempfile
import uuid
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import Blocking
from kembar.index.mapped_arrays import beside
from kembar.scoring.matches import save_names
from udfs.executor_files import NAMES, Shipped


def _scratch() -> str:
    """Make a folder that lasts as long as this process, since executors fetch its files late, at their first task."""
    folder = tempfile.mkdtemp(prefix="kembar-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_prefix(what: str) -> Path:
    """A path prefix for files to ship."""
    return Path(_scratch()) / f"kembar-{what}-{uuid.uuid4().hex[:12]}"


def ship_files(spark: SparkSession, prefix: Path) -> str:
    """Send the files under a prefix one by one, since Spark's file server does not send the driver's folders."""
    for file in sorted(prefix.parent.iterdir()):
        spark.sparkContext.addFile(str(file))
    return prefix.name


def ship_catalogue(spark: SparkSession, blocking: Blocking, posting_ids: list[str] | None = None) -> Shipped:
    """Send a catalogue's index and blocks to every executor, and the posting_ids if pairs need names."""
    prefix = new_prefix("catalogue")
    blocking.index.save(prefix)
    blocking.save(prefix)
    if posting_ids is not None:
        save_names(posting_ids, beside(prefix, NAMES))
    return Shipped(ship_files(spark, prefix), len(blocking.index), blocking.settings)


def partitions(spark: SparkSession) -> int:
    """Two partitions for each core, so that a slow one does not delay the end."""
    return 2 * spark.sparkContext.defaultParallelism


def rows_of(spark: SparkSession, shipped: Shipped) -> DataFrame:
    """`id`, every row of a catalogue."""
    return spark.range(shipped.listings, numPartitions=partitions(spark))
