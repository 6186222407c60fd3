"""Listings as they come: read whatever columns there are, keep what can be used, and say why for the rest."""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from kembar.errors import InputError
from kembar.schemas import LISTINGS
from kembar.storage import require, spark_path

_REQUIRED = ("posting_id", "image", "title")
_OPTIONAL = ("image_phash", "label_group")
_CORRUPT, _ORDER = "_corrupt_record", "_order"
_BYTE_ORDER_MARK = "\ufeff"


def _read_csv(spark: SparkSession, path: str) -> DataFrame:
    """Every column as text, by the header's names; records that do not parse in `_corrupt_record`."""
    reader = (
        spark.read.option("multiLine", True)  # sellers put line breaks into titles
        .option("quote", '"')
        .option("escape", '"')  # the CSV way to write a quote is to double it
        .option("mode", "PERMISSIVE")
        .option("columnNameOfCorruptRecord", _CORRUPT)
        .option("maxCharsPerColumn", -1)
    )
    first = reader.option("header", False).csv(path).first()  # Spark renames a repeated name, so we read them ourselves
    header = [(name or "").lstrip(_BYTE_ORDER_MARK).strip() for name in first or ()]
    if duplicated := sorted({name for name in header if header.count(name) > 1}):
        raise InputError(f"{path}: the header names {', '.join(duplicated)} more than once")
    schema = StructType([StructField(name, StringType()) for name in [*header, _CORRUPT]])
    return reader.schema(schema).option("header", True).csv(path)


def read_listings(spark: SparkSession, uri: str, kind: str = "auto") -> DataFrame:
    """A catalogue from the competition's CSV, or Parquet of the same columns, in file order.

    Columns beyond the known ones are ignored; `image_phash` and `label_group` may be absent.

    Raises:
        InputError: the file is missing, or lacks a column that kembar needs.
    """
    require(uri, "listings")
    path = spark_path(uri)
    parquet = kind == "parquet" or (kind == "auto" and not uri.lower().endswith((".csv", ".csv.gz", ".txt")))
    raw = spark.read.parquet(path) if parquet else _read_csv(spark, path)
    if missing := [c for c in _REQUIRED if c not in raw.columns]:
        raise InputError(
            f"{uri}: missing column {', '.join(missing)}; expected {', '.join(_REQUIRED)} "
            f"and optionally {', '.join(_OPTIONAL)}; received {', '.join(c for c in raw.columns if c != _CORRUPT)}"
        )
    known = [F.col(c).cast("string").alias(c) if c in raw.columns else _nothing(c) for c in LISTINGS.names]
    corrupt = F.col(_CORRUPT) if _CORRUPT in raw.columns else _nothing(_CORRUPT)
    return raw.select(*known, corrupt).withColumn(_ORDER, F.monotonically_increasing_id())


def _nothing(name: str) -> Column:
    return F.lit(None).cast("string").alias(name)


def _blank_as_null(name: str) -> Column:
    return F.when(F.trim(name) != "", F.trim(name)).alias(name)


def _fault() -> Column:
    """The first reason for which a row cannot be used; null for a usable one."""
    first_of_its_id = F.row_number().over(Window.partitionBy("posting_id").orderBy(_ORDER)) == 1
    no_photo_nor_title = F.col("image").isNull() & F.col("title").isNull()
    return F.coalesce(
        F.when(F.col(_CORRUPT).isNotNull(), "the record does not have as many fields as the header"),
        F.when(F.col("posting_id").isNull(), "posting_id is missing"),
        F.when(F.col("posting_id").rlike(r"\s"), "posting_id holds white space, which separates ids in submission.csv"),
        F.when(~first_of_its_id, "posting_id was seen before; its first row is kept"),
        F.when(
            ~F.col("image_phash").rlike("^[0-9a-fA-F]{16}$"),
            F.concat(F.lit("image_phash is not 16 hexadecimal digits: "), F.substring("image_phash", 1, 40)),
        ),
        F.when(no_photo_nor_title, "neither a photo nor a title"),
    )


def judge_listings(raw: DataFrame) -> DataFrame:
    """What `read_listings` gives, blanks as nulls, with the `reason` for which a row cannot be used."""
    blanked = [_blank_as_null(c) for c in LISTINGS.names]
    return raw.select(*blanked, _CORRUPT, _ORDER).withColumn("reason", _fault())


def split_listings(judged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Usable LISTINGS, and the others in QUARANTINE, of `judge_listings`."""
    good = judged.where(F.col("reason").isNull()).select(
        *[F.lower(c).alias(c) if c == "image_phash" else F.col(c) for c in LISTINGS.names]
    )
    row = F.coalesce(F.col(_CORRUPT), F.to_json(F.struct(*LISTINGS.names)))
    bad = judged.where(F.col("reason").isNotNull()).select("posting_id", row.alias("row"), "reason")
    return good, bad


def validate_listings(raw: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Split what `read_listings` gives into usable LISTINGS and QUARANTINE, losing nothing."""
    return split_listings(judge_listings(raw))


def label_listings(raw: DataFrame) -> DataFrame:
    """`posting_id, label_group` of every row of `read_listings` that has an id, usable or not, the first of each id.

    A listing that went to quarantine still counts: not finding its twins is an error of the run.
    """
    named = raw.select(_blank_as_null("posting_id"), _blank_as_null("label_group"), _ORDER).where(
        r"posting_id not rlike '\\s'"
    )
    first = F.row_number().over(Window.partitionBy("posting_id").orderBy(_ORDER)) == 1
    return named.withColumn("first", first).where("first").orderBy(_ORDER).select("posting_id", "label_group")
