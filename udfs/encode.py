"""Encoding on executors: each listing's photo and title to codes, in one pass, and their assembly into ENCODED."""

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from kembar.bundle import Bundle, trusted_text_tower
from kembar.config import EncodeSettings, Settings
from kembar.encoding import ENCODED_COLUMNS, ListingEncoder, TitleEncoder
from kembar.photo_codes import PhotoEncoder
from kembar.schemas import ENCODED, LISTINGS
from kembar.towers.runtime import show_gpus
from kembar.towers.small_cnn import first_weights

RAW = "raw"
"""The encoder's fingerprint in a table of the towers' own embeddings, which only training reads."""


def encode_listings(listings: DataFrame, images: str, settings: Settings, bundle: Bundle | None) -> DataFrame:
    """LISTINGS with their codes (see `assemble`); without a bundle these are the towers' own embeddings.

    They are counted, to be dealt out in parts of a size: persist them, or they are read twice.
    """
    spark = listings.sparkSession
    partitions = partition_count(listings.count(), spark.sparkContext.defaultParallelism, settings.encode)
    threads = threads_of(spark)
    encoder = ListingEncoder(
        photo_encoder(images, settings, bundle, threads), _title_encoder(settings, bundle, threads)
    )
    columns = ", ".join(f"{name} string" for name in LISTINGS.names)
    encoded = by_photo(listings, partitions).mapInArrow(
        partial(encode_on_its_gpu, encoder), f"{columns}, want_hash boolean, {ENCODED_COLUMNS}"
    )
    return assemble(encoded, bundle.fingerprint_at(settings.image_tower.precision) if bundle else RAW)


def encode_on_its_gpu(encoder: ListingEncoder, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The encoder's work, on the task's own GPU where Spark deals them out (conf/gpu.conf)."""
    task = TaskContext.get()
    if task is not None and "gpu" in (resources := task.resources()):
        show_gpus(resources["gpu"].addresses)
    return encoder(batches)


def partition_count(rows: int, cores: int, settings: EncodeSettings) -> int:
    """Partitions of at most `partition_rows` listings, and two for each core of a small catalogue.

    What a core waits for at the end is at most one partition, some seconds, however large the catalogue is.

    >>> from kembar.config import load_settings
    >>> [partition_count(rows, 2, load_settings().encode) for rows in (0, 1_499, 70_000)]
    [4, 4, 70]
    """
    return settings.partitions or max(2 * cores, -(-rows // settings.partition_rows))


def by_photo(listings: DataFrame, partitions: int) -> DataFrame:
    """LISTINGS dealt out so that those of one photo stand together, and whether any of them lacks its hash.

    Photos of one hash go together too: the same file under many names is among them, and is then encoded once, for
    which no file has to be read beforehand. Listings without a photo are dealt out by their id: together they would
    be one partition, and the last to end.
    """
    of_photo = Window.partitionBy(F.coalesce("image", "posting_id"))
    lacks_hash = F.col("image_phash").isNull() & F.col("image").isNotNull()
    return (
        listings.withColumn("want_hash", F.max(lacks_hash).over(of_photo))
        .withColumn("place", F.coalesce(F.max("image_phash").over(of_photo), "image", "posting_id"))
        .repartition(partitions, "place")
        .sortWithinPartitions("place", "image")
        .drop("place")
    )


def threads_of(spark: SparkSession) -> int:
    """Threads that a Python worker may use."""
    return int(spark.conf.get("spark.task.cpus", "1") or 1)


def photo_encoder(images: str, settings: Settings, bundle: Bundle | None, threads: int) -> PhotoEncoder:
    """How photos are encoded: as the bundle says, or by the tower of the settings without a head."""
    return PhotoEncoder(
        images=images,
        tower=bundle.image_tower if bundle else settings.image_tower.name,
        precision=settings.image_tower.precision,
        weights=bundle.image_tower_weights
        if bundle
        else first_weights(settings.image_tower.name, settings.training.seed),
        head=bundle.image_head if bundle else None,
        batch_size=settings.image_tower.batch_size,
        threads=threads,
        decode_threads=settings.encode.decode_threads,
        max_pixels=settings.encode.max_photo_pixels,
        max_bytes=settings.encode.max_photo_bytes,
    )


def _title_encoder(settings: Settings, bundle: Bundle | None, threads: int) -> TitleEncoder:
    return TitleEncoder(
        tower=trusted_text_tower(bundle, settings) if bundle else settings.text_tower.handle,
        head=bundle.title_head if bundle else None,
        batch_size=settings.text_tower.batch_size,
        threads=threads,
    )


def assemble(encoded: DataFrame, fingerprint: str) -> DataFrame:
    """ENCODED's columns and LISTINGS', and whether there is anything to match a listing by."""
    failures = F.array_compact(F.array("photo_failure", "title_failure"))
    return encoded.select(
        *LISTINGS.names,
        "image_embedding",
        "title_embedding",
        F.coalesce("image_phash", "photo_phash").alias("phash"),
        "terms",
        failures.alias("failures"),
        F.lit(fingerprint).alias("encoder"),
        (F.col("image_embedding").isNotNull() | F.col("title_embedding").isNotNull()).alias("usable"),
    )


def split_encoded(assembled: DataFrame) -> tuple[DataFrame, DataFrame]:
    """ENCODED, and in QUARANTINE the listings of which neither photo nor title could be used."""
    reason = F.concat_ws("; ", F.lit("neither a usable photo nor a usable title"), F.array_join("failures", "; "))
    row = F.to_json(F.struct(*LISTINGS.names))
    blind = assembled.where("not usable").select("posting_id", row.alias("row"), reason.alias("reason"))
    return assembled.where("usable").select(*ENCODED.names), blind
