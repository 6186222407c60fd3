"""Reads the rows of a catalogue, keeps those that can be used, and gives the reason for the others."""

import sys

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from kembar.config import ListingsSettings, load_settings
from kembar.listings.catalogue_files import inspect_catalogue
from kembar.listings.columns import describe_columns
from kembar.listings.rows import CORRUPT, FAULT, ORDER, WHERE, read_csv, read_parquet
from kembar.listings.titles import LONGEST_TITLE
from kembar.schemas import LISTINGS

_LONGEST_ID = 256
_LONGEST = {"image": 1024, "label_group": 256}
_IMAGE_TOO_LONG = f"neither a photo nor a title: image has more than {_LONGEST['image']:,} characters"
_LEFT_OUT = {
    **{name: f"more than {most:,} characters" for name, most in _LONGEST.items()},
    "image_phash": "not 16 hexadecimal digits; computed from the photo where there is one",
}
REPAIRED = "_repaired"
"""A column with the names of the fields that are left out of a usable row."""
_WHITE = (
    "".join(map(chr, range(0x21)))
    + "\x7f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x200E)))
)
_INVISIBLE = r"[\s\p{Z}\p{Cc}\p{Cf}]"
# A cell with a formula that calls or fetches something, also for a spreadsheet that splits at other delimiters.
_FORMULA = r"(?s)(^|[,;\"'])[=+\-@].*[(|!\[]"


def read_listings(spark: SparkSession, uri: str, settings: ListingsSettings | None = None) -> DataFrame:
    """Read the rows of a catalogue in CSV or Parquet.

    Unknown columns are ignored, and `image_phash` and `label_group` are optional. White space around a cell is removed.
    An empty cell, or one of the setting `listings.null_values`, is null.

    Args:
        spark: The session.
        uri: A file or a folder of files.
        settings: How listings are read, or None for the defaults.

    Returns:
        The columns of LISTINGS as text, with CORRUPT, FAULT, WHERE and ORDER.

    Raises:
        InputError: As `inspect_catalogue`.
    """
    settings = settings or load_settings().listings
    files = inspect_catalogue(uri, settings)
    if other := files.renamed():
        print(f"kembar: {uri}: {describe_columns(other)}", file=sys.stderr)
    raw = read_parquet(spark, files.parquet) if files.parquet else read_csv(spark, files.csv)
    nulls = sorted({text.strip().lower() for text in settings.null_values})
    return raw.select(*[_blank_as_null(c, nulls) for c in LISTINGS.names], CORRUPT, FAULT, WHERE, ORDER)


def _blank_as_null(name: str, nulls: list[str]) -> Column:
    """The trimmed column, null where it is empty or one of `nulls`."""
    trimmed = F.btrim(F.col(name), F.lit(_WHITE))
    missing = F.lower(F.substring(trimmed, 1, 1 + max(map(len, nulls), default=0))).isin(["", *nulls])
    return F.when(~missing, trimmed).alias(name)


def _unusable_fields() -> dict[str, Column]:
    """By field: whether its value is unusable, while the row can do without it."""
    long = {c: F.length(c) > most for c, most in _LONGEST.items()}
    return {**long, "image_phash": ~F.col("image_phash").rlike("^[0-9a-fA-F]{16}$")}


def _fault() -> Column:
    """The first reason why a row cannot be used, or null."""
    no_name = F.array_contains(REPAIRED, "image")
    no_photo_nor_title = (F.col("image").isNull() | no_name) & F.col("title").isNull()
    return F.coalesce(
        F.col(FAULT),
        F.when(F.col("posting_id").isNull(), "posting_id is missing"),
        _id_fault(),
        F.when(no_photo_nor_title & no_name, _IMAGE_TOO_LONG),
        F.when(no_photo_nor_title, "neither a photo nor a title"),
    )


def _id_fault() -> Column:
    """Why an id would break submission.csv, in which white space separates ids and which people open, or null."""
    name = F.substring("posting_id", 1, _LONGEST_ID)
    return F.coalesce(
        F.when(F.length("posting_id") > _LONGEST_ID, f"posting_id has more than {_LONGEST_ID} characters"),
        F.when(name.contains("\ufffd"), "posting_id holds a character that is not UTF-8"),
        F.when(
            name.rlike(_INVISIBLE),
            "posting_id holds white space, which separates ids in submission.csv, or a character that cannot be seen",
        ),
        F.when(name.rlike(_FORMULA), "posting_id is a formula that a spreadsheet would run"),
    )


def judge_listings(raw: DataFrame) -> DataFrame:
    """Judge the rows of `read_listings`.

    Args:
        raw: The result of `read_listings`.

    Returns:
        `raw` with REPAIRED and `reason`: why a row cannot be used, or null. Of several usable rows with one id, only
        the first stays usable.
    """
    repaired = F.array_compact(F.array(*[F.when(wrong, F.lit(c)) for c, wrong in _unusable_fields().items()]))
    judged = raw.withColumn(REPAIRED, repaired).withColumn("reason", _fault())
    of_its_id = Window.partitionBy("posting_id", F.col("reason").isNull()).orderBy(ORDER)
    repeated = F.when(F.row_number().over(of_its_id) > 1, "posting_id was seen before; its first usable row is kept")
    return judged.withColumn("reason", F.coalesce("reason", repeated))


def count_judged(judged: DataFrame) -> tuple[int, int, dict[str, int]]:
    """Count the rows of `judge_listings`: all, unusable ones, and by field the usable ones that it is left out of."""
    usable = F.col("reason").isNull()
    fields = [*_LONGEST, "image_phash"]
    counts = [F.count_if(usable & F.array_contains(REPAIRED, c)) for c in fields]
    rows, unusable, *repaired = judged.agg(F.count("*"), F.count("reason"), *counts).collect()[0]
    return int(rows), int(unusable), {c: int(n) for c, n in zip(fields, repaired, strict=True) if n}


def describe_repairs(repaired: dict[str, int]) -> str:
    """Describe for a closing line the fields that `count_judged` counted as left out.

    >>> describe_repairs({"image_phash": 12})
    ', left out 12 image_phash (not 16 hexadecimal digits; computed from the photo where there is one)'
    """
    return "".join(f", left out {count:,} {name} ({_LEFT_OUT[name]})" for name, count in repaired.items())


def split_listings(judged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Split the rows of `judge_listings` into LISTINGS and QUARANTINE.

    In LISTINGS, fields of REPAIRED are null and a title has at most LONGEST_TITLE characters. In QUARANTINE, an
    unusable `posting_id` is null.
    """
    cut = {"title": F.substring("title", 1, LONGEST_TITLE), "image_phash": F.lower("image_phash")}
    kept = [F.when(~F.array_contains(REPAIRED, c), cut.get(c, F.col(c))).alias(c) for c in LISTINGS.names]
    good = judged.where(F.col("reason").isNull()).select(*kept)
    short = F.struct(*[F.substring(c, 1, LONGEST_TITLE).alias(c) for c in LISTINGS.names])
    bad = judged.where(F.col("reason").isNotNull()).select(
        F.when(_id_fault().isNull(), F.col("posting_id")).alias("posting_id"),
        F.coalesce(F.col(CORRUPT), F.to_json(short)).alias("row"),
        F.concat_ws(": ", WHERE, "reason").alias("reason"),
    )
    return good, bad


def validate_listings(raw: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Split the rows of `read_listings` into LISTINGS and QUARANTINE. No row is lost."""
    return split_listings(judge_listings(raw))


def label_listings(raw: DataFrame) -> DataFrame:
    """Select `posting_id` and `label_group` of the first row of each id in `read_listings`.

    Unusable rows with an id are included: not to find their matches is an error of the run.
    """
    named = raw.select("posting_id", "label_group", ORDER).where(F.col("posting_id").isNotNull() & _id_fault().isNull())
    first = F.row_number().over(Window.partitionBy("posting_id").orderBy(ORDER)) == 1
    return named.withColumn("first", first).where("first").orderBy(ORDER).select("posting_id", "label_group")
