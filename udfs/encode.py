"""Encoding on executors: photos once each, titles, and their assembly into ENCODED."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.bundle import Bundle
from kembar.config import Settings
from kembar.encoding import ENCODED_PHOTOS, ENCODED_TITLES, PhotoEncoder, TitleEncoder
from kembar.towers.small_cnn import first_weights

RAW = "raw"
"""The encoder's fingerprint in a table of the towers' own embeddings, which only training reads."""


def encode_listings(listings: DataFrame, images: str, settings: Settings, bundle: Bundle | None) -> DataFrame:
    """LISTINGS with their codes (see `assemble`); without a bundle the codes are the towers' own embeddings."""
    spark = listings.sparkSession
    partitions = settings.encode.partitions or 2 * spark.sparkContext.defaultParallelism
    threads = threads_of(spark)
    photos = encode_photos(listings, photo_encoder(images, settings, bundle, threads), partitions)
    titles = encode_titles(listings, _title_encoder(settings, bundle, threads), partitions)
    return assemble(listings, photos, titles, bundle.encoder_fingerprint if bundle else RAW)


def threads_of(spark: SparkSession) -> int:
    """Threads that a Python worker may use."""
    return int(spark.conf.get("spark.task.cpus", "1") or 1)


def photo_encoder(images: str, settings: Settings, bundle: Bundle | None, threads: int) -> PhotoEncoder:
    """How photos are encoded: as the bundle says, or by the tower of the settings without a head."""
    return PhotoEncoder(
        images=images,
        tower=bundle.image_tower if bundle else settings.image_tower.name,
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
        tower=bundle.text_tower if bundle else settings.text_tower.handle,
        head=bundle.title_head if bundle else None,
        batch_size=settings.text_tower.batch_size,
        threads=threads,
    )


def encode_photos(listings: DataFrame, encoder: PhotoEncoder, partitions: int) -> DataFrame:
    """Each distinct photo read, decoded and embedded where it is read: only names travel, never bytes."""
    names = (
        listings.where(F.col("image").isNotNull())
        .groupBy("image")
        .agg(F.max(F.col("image_phash").isNull()).alias("want_hash"))
        .repartition(partitions, "image")
    )
    return names.mapInArrow(encoder.__call__, ENCODED_PHOTOS)


def encode_titles(listings: DataFrame, encoder: TitleEncoder, partitions: int) -> DataFrame:
    """Each listing's title normalised, embedded and split into terms."""
    return listings.select("posting_id", "title").repartition(partitions).mapInArrow(encoder.__call__, ENCODED_TITLES)


def assemble(listings: DataFrame, photos: DataFrame, titles: DataFrame, fingerprint: str) -> DataFrame:
    """LISTINGS with their codes: ENCODED's columns, and those of LISTINGS that it does not have."""
    failures = F.array_compact(F.array("photo_failure", "title_failure"))
    return (
        listings.join(photos, "image", "left")
        .join(titles, "posting_id")
        .select(
            "posting_id",
            "image_embedding",
            "title_embedding",
            F.coalesce("image_phash", "photo_phash").alias("phash"),
            "terms",
            failures.alias("failures"),
            F.lit(fingerprint).alias("encoder"),
            F.to_json(F.struct(*listings.columns)).alias("row"),
        )
    )


def split_encoded(assembled: DataFrame) -> tuple[DataFrame, DataFrame]:
    """ENCODED, and in QUARANTINE the listings of which neither photo nor title could be used."""
    usable = F.col("image_embedding").isNotNull() | F.col("title_embedding").isNotNull()
    reason = F.concat_ws("; ", F.lit("neither a usable photo nor a usable title"), F.array_join("failures", "; "))
    return assembled.where(usable).drop("row"), assembled.where(~usable).select(
        "posting_id", "row", reason.alias("reason")
    )
