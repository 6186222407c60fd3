"""Matching on executors: each task maps the catalogue index that the driver shipped and works on rows of it."""

import atexit
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import SparkFiles, TaskContext
from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import Blocking, CandidateLists
from kembar.carried import Carried, carry_lists
from kembar.catalogue import CatalogueIndex
from kembar.config import BlockingSettings
from kembar.discriminator import Discriminator
from kembar.mapped import beside, map_array, save_array
from kembar.matches import MATCHES_ARROW, load_names, save_names, write_matches
from kembar.parts import PartFolder
from kembar.runs import OutputFolder
from kembar.scoring import LISTS, PAIRS, look_batches, score_batches
from kembar.storage import read_arrow, rewrite_table, spark_path

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


@lru_cache(maxsize=1)
def open_blocking(shipped: Shipped) -> Blocking:
    """On an executor, the blocks of a catalogue."""
    return Blocking.load(Path(SparkFiles.get(shipped.name)), open_index(shipped.name), shipped.settings)


@lru_cache(maxsize=1)
def open_lists(name: str) -> CandidateLists:
    return CandidateLists.load(Path(SparkFiles.get(name)))


def _scratch() -> str:
    """A folder of this process, kept to its end: executors fetch what is in it as late as their first task."""
    folder = tempfile.mkdtemp(prefix="kembar-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _prefix(what: str) -> Path:
    return Path(_scratch()) / f"kembar-{what}-{uuid.uuid4().hex[:12]}"


def _ship(spark: SparkSession, prefix: Path) -> str:
    """Send the files under a prefix one by one: Spark's file server does not send folders of the driver's disk."""
    for file in sorted(prefix.parent.iterdir()):
        spark.sparkContext.addFile(str(file))
    return prefix.name


def ship_catalogue(spark: SparkSession, blocking: Blocking, posting_ids: list[str] | None = None) -> Shipped:
    """Send a catalogue's index and blocks to every executor once, and the posting_ids where pairs are to be named."""
    prefix = _prefix("catalogue")
    blocking.index.save(prefix)
    blocking.save(prefix)
    if posting_ids is not None:
        save_names(posting_ids, beside(prefix, _NAMES))
    return Shipped(_ship(spark, prefix), len(blocking.index), blocking.settings)


def partitions(spark: SparkSession) -> int:
    """Two for each core, so that a slow one does not hold up the end."""
    return 2 * spark.sparkContext.defaultParallelism


def _lists_of(shipped: Shipped, model: Discriminator, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from look_batches(open_blocking(shipped), model, shipped.settings.candidates_per_listing, batches)


def list_candidates(
    spark: SparkSession, shipped: Shipped, model: Discriminator, carried: Carried | None = None
) -> DataFrame:
    """LISTS: each listing's blocks joined, the proposals compared, the likeliest by the first look kept.

    carried: of a run before, whose lists those keep who need not look anew.
    """
    look = partial(_lists_of, shipped, model)
    if carried is None or len(carried.anew) == shipped.listings:
        return shipped.rows(spark).mapInArrow(look, LISTS)
    rows = spark.createDataFrame(pa.table({"id": carried.anew})).repartition(partitions(spark))
    fresh = rows.mapInArrow(look, LISTS)
    before = spark.read.parquet(*map(spark_path, carried.lists)).select(*fresh.columns)
    return fresh.union(before.mapInArrow(partial(_carried_of, _ship_carried(spark, carried, shipped.listings)), LISTS))


def _ship_carried(spark: SparkSession, carried: Carried, listings: int) -> str:
    prefix, anew = _prefix("carried"), np.zeros(listings, bool)
    anew[carried.anew] = True
    save_array(prefix, "place", carried.place)
    save_array(prefix, "anew", anew)
    return _ship(spark, prefix)


def _carried_of(name: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    place, anew = (map_array(Path(SparkFiles.get(name)), part) for part in ("place", "anew"))
    return carry_lists(place, anew, batches)


@dataclass(frozen=True)
class ShippedLists:
    """Candidate lists that every executor has under `name`; best: `[n]`, the highest first look of each listing."""

    name: str
    best: NDArray[np.float32]


def ship_lists(spark: SparkSession, lists: str, listings: int) -> ShippedLists:
    """Send who is in each listing's list, from the files of LISTS, to every executor."""
    prefix = _prefix("lists")
    found = CandidateLists.of(listings, read_arrow(lists, ["row", "others", "blocks", "first_look"]))
    found.save(prefix)
    return ShippedLists(_ship(spark, prefix), found.best)


def _scores_of(
    name: str, lists: str, model: Discriminator, matches: PartFolder, least: float, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    task = TaskContext.get()
    assert task is not None, "runs on executors only"
    names = load_names(beside(Path(SparkFiles.get(name)), _NAMES))
    scored = score_batches(open_lists(lists), model, batches)
    return write_matches(matches, task.partitionId(), names, scored, least)


def score_pairs(
    lists: DataFrame, others: ShippedLists, model: Discriminator, shipped: Shipped, folder: OutputFolder, least: float
) -> tuple[DataFrame, DataFrame]:
    """PAIRS, every candidate pair once with its probability, and MATCHES from the probability `least` on; both written.

    The evidence, three quarters of a row, is written once by the task that has it, and is not sent through Spark.
    """
    matches = PartFolder(folder.staged("matches"), folder.run, MATCHES_ARROW, words=("posting_id_l",))
    scores = partial(_scores_of, shipped.name, others.name, model, matches, least)
    scored = rewrite_table(lists.mapInArrow(scores, PAIRS), folder.staged("scored"))
    return scored, lists.sparkSession.read.parquet(*map(spark_path, matches.finish()))
