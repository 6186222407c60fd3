"""Matching on executors: each task maps the catalogue index that the driver shipped and works on rows of it."""

import atexit
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.blocking import BLOCKS, block_keys, keep_best
from kembar.catalogue import CatalogueIndex, build_index
from kembar.config import BlockingSettings
from kembar.discriminator import FARTHEST, Discriminator
from kembar.grouping.clusters import CLUSTERS, Clusterer
from kembar.scoring import LOOKED, SCORED, look_batches, score_batches
from kembar.terms import BUCKETS, FREQUENCIES, HASHED_TERMS, count_documents, hash_terms


@lru_cache(maxsize=1)
def _open_index(name: str) -> CatalogueIndex:
    return CatalogueIndex.load(Path(SparkFiles.get(name)))


def index_catalogue(encoded: DataFrame) -> tuple[CatalogueIndex, list[str]]:
    """The catalogue index on the driver, and the posting_ids by row. Spark hashes the terms and counts documents."""
    hashed = encoded.mapInArrow(hash_terms, HASHED_TERMS).persist()
    counted = (
        hashed.mapInArrow(count_documents, FREQUENCIES)
        .groupBy("kind", "bucket")
        .agg(F.sum("documents").alias("documents"))
    )
    frequencies = {kind: np.zeros(BUCKETS, np.int32) for kind in ("words", "characters")}
    rows = counted.toPandas()
    for kind, part in rows.groupby("kind"):
        frequencies[str(kind)][part["bucket"]] = part["documents"]
    table = hashed.orderBy("posting_id").toArrow()
    hashed.unpersist()
    return build_index(table, frequencies)


def _scratch() -> str:
    """A folder of this process, kept to its end: executors fetch what is in it as late as their first task."""
    folder = tempfile.mkdtemp(prefix="kembar-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def ship_index(spark: SparkSession, index: CatalogueIndex) -> str:
    """Send the index to every executor once; the name under which tasks find it."""
    folder = Path(_scratch()) / f"kembar-index-{uuid.uuid4().hex[:12]}"
    index.save(folder)
    spark.sparkContext.addFile(folder.as_uri(), recursive=True)
    return folder.name


def _keys_of(name: str, settings: BlockingSettings, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield block_keys(_open_index(name), np.asarray(batch["id"]), settings)


def _partitions(spark: SparkSession) -> int:
    """Two for each core, so that a slow one does not hold up the end."""
    return 2 * spark.sparkContext.defaultParallelism


def block_listings(spark: SparkSession, name: str, listings: int, settings: BlockingSettings) -> DataFrame:
    """BLOCKS of the whole catalogue."""
    rows = spark.range(listings, numPartitions=_partitions(spark))
    return rows.mapInArrow(partial(_keys_of, name, settings), BLOCKS)


def _looks_of(name: str, model: Discriminator, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return look_batches(_open_index(name), model, batches)


def look_at_pairs(proposed: DataFrame, name: str, model: Discriminator, per_listing: int) -> DataFrame:
    """The `per_listing` likeliest proposed pairs of each listing, with their distances and first look: LOOKED."""
    pairs = proposed.select("row_l", "row_r", "blocks")
    return keep_best(pairs.mapInArrow(partial(_looks_of, name, model), LOOKED), per_listing, by="first_look")


def best_first_looks(looked: DataFrame, listings: int) -> NDArray[np.float32]:
    """The highest first look of each row of the catalogue `[listings]`, collected."""
    sides = [looked.select(F.col(side).alias("row"), "first_look") for side in ("row_l", "row_r")]
    found = sides[0].union(sides[1]).groupBy("row").agg(F.max("first_look").alias("best")).toArrow()
    best = np.full(listings, FARTHEST, np.float32)
    best[np.asarray(found["row"].combine_chunks())] = np.asarray(found["best"].combine_chunks())
    return best


def ship_looks(candidates: DataFrame, listings: int) -> str:
    """Send each listing's best first look to every executor; the name under which tasks find them."""
    path = Path(_scratch()) / f"kembar-looks-{uuid.uuid4().hex[:12]}.npy"
    np.save(path, best_first_looks(candidates, listings))
    candidates.sparkSession.sparkContext.addFile(path.as_uri())
    return path.name


@lru_cache(maxsize=1)
def _open_looks(name: str) -> NDArray[np.float32]:
    return np.load(SparkFiles.get(name), mmap_mode="r", allow_pickle=False)


def _scores_of(looks: str, model: Discriminator, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return score_batches(_open_looks(looks), model, batches)


def score_pairs(looked: DataFrame, looks: str, model: Discriminator) -> DataFrame:
    """Candidate pairs with their probability and evidence: SCORED."""
    return looked.mapInArrow(partial(_scores_of, looks, model), SCORED)


def _clusters_of(
    name: str, looks: str, clusterer: Clusterer, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return clusterer(_open_index(name).with_looks(_open_looks(looks)), batches)


def cluster_components(components: DataFrame, name: str, looks: str, clusterer: Clusterer) -> DataFrame:
    """Each component clustered where it lies: CLUSTERS."""
    whole = components.repartition(_partitions(components.sparkSession), "component")
    return whole.mapInArrow(partial(_clusters_of, name, looks, clusterer), CLUSTERS)
