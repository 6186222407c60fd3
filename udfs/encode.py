"""Encoding on executors: photos once each, titles, and their assembly into ENCODED."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.encoding import ENCODED_PHOTOS, ENCODED_TITLES, PhotoEncoder, TitleEncoder


def encode_photos(listings: DataFrame, encoder: PhotoEncoder, partitions: int) -> DataFrame:
    """Each distinct photo read, decoded and embedded where it is read: only names travel, never bytes."""
    names = (
        listings.where(F.col("image").isNotNull())
        .groupBy("image")
        .agg(F.max(F.col("image_phash").isNull()).alias("want_hash"))
        .repartition(partitions, "image")
    )
    return names.mapInArrow(encoder, ENCODED_PHOTOS)


def encode_titles(listings: DataFrame, encoder: TitleEncoder, partitions: int) -> DataFrame:
    """Each listing's title normalised, embedded and split into terms."""
    return listings.select("posting_id", "title").repartition(partitions).mapInArrow(encoder, ENCODED_TITLES)


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
