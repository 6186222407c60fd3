"""Listings as they come: read whatever columns there are, keep what can be used, and say why for the rest."""

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
"""Names of a row's fields that could not be used and were left out, though the row can."""
_WHITE = (
    "".join(map(chr, range(0x21)))
    + "\x7f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x200E)))
)
_INVISIBLE = r"[\s\p{Z}\p{Cc}\p{Cf}]"
# A cell, or what a spreadsheet that parts cells at another sign takes for one, that would call or fetch something.
_FORMULA = r"(?s)(^|[,;\"'])[=+\-@].*[(|!\[]"


def read_listings(spark: SparkSession, uri: str, settings: ListingsSettings | None = None) -> DataFrame:
    """A catalogue from the competition's CSV, or Parquet of the same columns, in file order: a file, or a folder.

    Columns beyond the known ones are ignored; `image_phash` and `label_group` may be absent. Cells are without white
    space around them, and null where there is nothing else or one of the settings' `null_values`.

    Args:
        spark: the session.
        uri: a file, or a folder of them.
        settings: how files are read; the defaults if left out.

    Raises:
        InputError: the file is missing, is none of its kind, or lacks a column that kembar needs.
    """
    settings = settings or load_settings().listings
    files = inspect_catalogue(uri, settings)
    if other := files.renamed():
        print(f"kembar: {uri}: {describe_columns(other)}", file=sys.stderr)
    raw = read_parquet(spark, files.parquet) if files.parquet else read_csv(spark, files.csv)
    nulls = sorted({text.strip().lower() for text in settings.null_values})
    return raw.select(*[_blank_as_null(c, nulls) for c in LISTINGS.names], CORRUPT, FAULT, WHERE, ORDER)


def _blank_as_null(name: str, nulls: list[str]) -> Column:
    """Without white space around it, and null where there is nothing else, or what stands for nothing."""
    trimmed = F.btrim(F.col(name), F.lit(_WHITE))
    missing = F.lower(F.substring(trimmed, 1, 1 + max(map(len, nulls), default=0))).isin(["", *nulls])
    return F.when(~missing, trimmed).alias(name)


def _unusable_fields() -> dict[str, Column]:
    """Where a field cannot be used that a row can do without, by its name."""
    long = {c: F.length(c) > most for c, most in _LONGEST.items()}
    return {**long, "image_phash": ~F.col("image_phash").rlike("^[0-9a-fA-F]{16}$")}


def _fault() -> Column:
    """The first reason for which a row cannot be used; null for a usable one."""
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
    """Why an id that is there would break submission.csv: ids are parted by white space, and people open it."""
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
    """What `read_listings` gives, with the `reason` for which a row cannot be used, and REPAIRED.

    Of usable rows with one id the first is kept.
    """
    repaired = F.array_compact(F.array(*[F.when(wrong, F.lit(c)) for c, wrong in _unusable_fields().items()]))
    judged = raw.withColumn(REPAIRED, repaired).withColumn("reason", _fault())
    of_its_id = Window.partitionBy("posting_id", F.col("reason").isNull()).orderBy(ORDER)
    repeated = F.when(F.row_number().over(of_its_id) > 1, "posting_id was seen before; its first usable row is kept")
    return judged.withColumn("reason", F.coalesce("reason", repeated))


def count_judged(judged: DataFrame) -> tuple[int, int, dict[str, int]]:
    """How many rows `judge_listings` saw, how many cannot be used, and in how many of the others each field cannot."""
    usable = F.col("reason").isNull()
    fields = [*_LONGEST, "image_phash"]
    counts = [F.count_if(usable & F.array_contains(REPAIRED, c)) for c in fields]
    rows, unusable, *repaired = judged.agg(F.count("*"), F.count("reason"), *counts).collect()[0]
    return int(rows), int(unusable), {c: int(n) for c, n in zip(fields, repaired, strict=True) if n}


def describe_repairs(repaired: dict[str, int]) -> str:
    """What `count_judged` counted as left out, for a closing line; nothing where that is nothing.

    >>> describe_repairs({"image_phash": 12})
    ', left out 12 image_phash (not 16 hexadecimal digits; computed from the photo where there is one)'
    """
    return "".join(f", left out {count:,} {name} ({_LEFT_OUT[name]})" for name, count in repaired.items())


def split_listings(judged: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Usable LISTINGS, and the others in QUARANTINE, of `judge_listings`.

    A title is cut where nothing more of it is read, and fields of REPAIRED are left out. In QUARANTINE `posting_id` is
    null where it is what cannot be used.
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
    """Split what `read_listings` gives into usable LISTINGS and QUARANTINE, losing nothing."""
    return split_listings(judge_listings(raw))


def label_listings(raw: DataFrame) -> DataFrame:
    """`posting_id, label_group` of every row of `read_listings` that has an id, usable or not, the first of each id.

    A listing that went to quarantine still counts: not finding its twins is an error of the run.
    """
    named = raw.select("posting_id", "label_group", ORDER).where(F.col("posting_id").isNotNull() & _id_fault().isNull())
    first = F.row_number().over(Window.partitionBy("posting_id").orderBy(ORDER)) == 1
    return named.withColumn("first", first).where("first").orderBy(ORDER).select("posting_id", "label_group")
