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
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.blocking import BLOCKS, block_keys
from kembar.catalogue import CatalogueIndex, build_index
from kembar.config import BlockingSettings
from kembar.discriminator import Discriminator
from kembar.grouping.clusters import CLUSTERS, Clusterer
from kembar.scoring import SCORED, score_batches
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


def ship_index(spark: SparkSession, index: CatalogueIndex) -> str:
    """Send the index to every executor once; the name under which tasks find it."""
    name = f"kembar-index-{uuid.uuid4().hex[:12]}"
    parent = tempfile.mkdtemp(prefix="kembar-")
    atexit.register(shutil.rmtree, parent, ignore_errors=True)  # executors fetch it as late as their first task
    index.save(Path(parent) / name)
    spark.sparkContext.addFile((Path(parent) / name).as_uri(), recursive=True)
    return name


def _keys_of(name: str, settings: BlockingSettings, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield block_keys(_open_index(name), np.asarray(batch["id"]), settings)


def block_listings(
    spark: SparkSession, name: str, listings: int, settings: BlockingSettings, partitions: int
) -> DataFrame:
    """BLOCKS of the whole catalogue."""
    return spark.range(listings, numPartitions=partitions).mapInArrow(partial(_keys_of, name, settings), BLOCKS)


def _scores_of(name: str, model: Discriminator, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return score_batches(_open_index(name), model, batches)


def score_pairs(pairs: DataFrame, name: str, model: Discriminator) -> DataFrame:
    """Candidate pairs with their distances and probability."""
    return pairs.select("row_l", "row_r", "blocks").mapInArrow(partial(_scores_of, name, model), SCORED)


def _clusters_of(name: str, clusterer: Clusterer, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return clusterer(_open_index(name), batches)


def cluster_components(components: DataFrame, name: str, clusterer: Clusterer, partitions: int) -> DataFrame:
    """Each component clustered where it lies: CLUSTERS."""
    whole = components.repartition(partitions, "component")
    return whole.mapInArrow(partial(_clusters_of, name, clusterer), CLUSTERS)
