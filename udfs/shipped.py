"""A catalogue on executors: each task maps the index and the blocks that the driver shipped."""

import atexit
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import Blocking
from kembar.config import BlockingSettings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.mapped_arrays import beside
from kembar.scoring.matches import load_names, save_names

_NAMES = "posting_ids.arrow"


@dataclass(frozen=True)
class Shipped:
    """A catalogue that every executor has; `name` is the prefix under which tasks find its index and its blocks."""

    name: str
    listings: int
    settings: BlockingSettings

    def rows(self, spark: SparkSession) -> DataFrame:
        """`id`, every row of it."""
        return spark.range(self.listings, numPartitions=partitions(spark))


@lru_cache(maxsize=1)
def open_index(name: str) -> CatalogueIndex:
    return CatalogueIndex.load(Path(SparkFiles.get(name)))


def open_names(name: str) -> pa.ChunkedArray:
    """The posting_ids by row."""
    return load_names(beside(Path(SparkFiles.get(name)), _NAMES))


@lru_cache(maxsize=1)
def open_blocking(shipped: Shipped) -> Blocking:
    """On an executor, the blocks of a catalogue."""
    return Blocking.load(Path(SparkFiles.get(shipped.name)), open_index(shipped.name), shipped.settings)


def _scratch() -> str:
    """A folder of this process, kept to its end: executors fetch what is in it as late as their first task."""
    folder = tempfile.mkdtemp(prefix="kembar-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_prefix(what: str) -> Path:
    """The path that names of files to ship begin with."""
    return Path(_scratch()) / f"kembar-{what}-{uuid.uuid4().hex[:12]}"


def ship_files(spark: SparkSession, prefix: Path) -> str:
    """Send the files under a prefix one by one: Spark's file server does not send folders of the driver's disk."""
    for file in sorted(prefix.parent.iterdir()):
        spark.sparkContext.addFile(str(file))
    return prefix.name


def ship_catalogue(spark: SparkSession, blocking: Blocking, posting_ids: list[str] | None = None) -> Shipped:
    """Send a catalogue's index and blocks to every executor once, and the posting_ids where pairs are to be named."""
    prefix = new_prefix("catalogue")
    blocking.index.save(prefix)
    blocking.save(prefix)
    if posting_ids is not None:
        save_names(posting_ids, beside(prefix, _NAMES))
    return Shipped(ship_files(spark, prefix), len(blocking.index), blocking.settings)


def partitions(spark: SparkSession) -> int:
    """Two for each core, so that a slow one does not hold up the end."""
    return 2 * spark.sparkContext.defaultParallelism
