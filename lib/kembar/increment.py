"""What a catalogue needs encoded: the listings whose content no part that is there holds by this encoder.

Parts are those of the last run and those that an interrupted run got done. They are never changed: one of which every
row is still wanted stays as it is, one of which some are is written anew without the others.
"""

import posixpath
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.runs import NewTable
from kembar.schemas import ENCODED
from kembar.storage import spark_path, write_table

_REST_PARTS = 64
_FEW_ROWS, _MANY_SMALL = 250, 32
"""More than so many parts of fewer than so many rows are put together, or hourly runs would leave thousands."""


@dataclass(frozen=True)
class Changes:
    """How many listings of a catalogue are as they were, new, changed, to be done again because another encoder made
    them, and how many of the last run's are gone."""

    unchanged: int
    new: int
    changed: int
    outdated: int
    removed: int

    @property
    def to_encode(self) -> int:
        return self.new + self.changed + self.outdated

    def __str__(self) -> str:
        """Of the counts those that are not nought.

        >>> str(Changes(unchanged=8, new=1, changed=0, outdated=0, removed=2))
        '8 unchanged, 1 new, 2 removed'
        """
        return ", ".join(f"{count:,} {name}" for name, count in vars(self).items() if count) or "nothing"


def describe_work(changes: Changes, before: dict[str, Any], encoder: str) -> str:
    """What is to be encoded and about how long that takes, from the manifest of the run before.

    >>> before = {"encoder": "a", "counts": {"encoded": 100}, "seconds": {"encode": 50.0}}
    >>> print(describe_work(Changes(90, 10, 0, 0, 0), before, "a"))
    90 unchanged, 10 new: 10 listings to encode, about 5 s at the last run's rate
    >>> print(describe_work(Changes(0, 0, 0, 99, 0), before, "b"))  # doctest: +ELLIPSIS
    the encoder is b and was a, so that no code can be kept; 99 outdated: 99 listings to encode, about 50 s ...
    """
    told = f"{changes}: {changes.to_encode:,} listings to encode"
    count, seconds = before.get("counts", {}).get("encoded"), before.get("seconds", {}).get("encode")
    if count and seconds:
        told += f", about {seconds / count * changes.to_encode:,.0f} s at the last run's rate"
    if before.get("encoder", encoder) != encoder:
        return f"the encoder is {encoder} and was {before['encoder']}, so that no code can be kept; {told}"
    return told


@dataclass(frozen=True)
class Increment:
    """fresh: LISTINGS with `content` that must be encoded; kept: URIs of parts of which every row is wanted; rest:
    ENCODED rows of the other parts that are wanted, None where there are none."""

    fresh: DataFrame
    kept: list[str]
    rest: DataFrame | None
    changes: Changes

    def table(self, published: str, made: list[str], rest: str) -> NewTable:
        """The parts of ENCODED afterwards: kept ones of the folder `published`, and new ones.

        made: the parts that this run encoded; rest: where the other parts' wanted rows are written.
        """
        at_home = {part for part in self.kept if posixpath.dirname(part) == published}
        staged = [*(part for part in self.kept if part not in at_home), *made]
        if self.rest is not None or not (self.kept or made):
            empty = self.fresh.sparkSession.createDataFrame([], ENCODED)
            write_table(empty if self.rest is None else self.rest.coalesce(_REST_PARTS), rest, ENCODED)
            staged.append(rest)
        return NewTable(staged, sorted(map(posixpath.basename, at_home)))


def read_parts(spark: SparkSession, parts: list[str]) -> DataFrame:
    """ENCODED rows of some parts, with the name of the `part` that each is in."""
    return spark.read.parquet(*map(spark_path, parts)).select(
        *ENCODED.names, F.col("_metadata.file_name").alias("part")
    )


def plan_increment(listings: DataFrame, parts: list[str], encoder: str) -> Increment:
    """Compare LISTINGS with `content`, which should be persisted, with what `parts` hold.

    1. Of each listing the row that has its content by this encoder, from one part where two have it.
    2. Listings without one are to be encoded.
    3. Each part is kept, written anew, or dropped, by how many of its rows were chosen.
    """
    spark = listings.sparkSession
    if not parts:
        return Increment(listings, [], None, Changes(0, listings.count(), 0, 0, 0))
    held = read_parts(spark, parts).select("posting_id", "content", "encoder", "part")
    wanted = listings.select("posting_id", "content")
    same = held.where(F.col("encoder") == encoder).join(wanted, ["posting_id", "content"], "left_semi")
    chosen = same.groupBy("posting_id").agg(F.min("part").alias("part")).persist()
    fresh = listings.join(chosen, "posting_id", "left_anti")
    sizes = (
        held.groupBy("part")
        .count()
        .join(chosen.groupBy("part").agg(F.count("*").alias("wanted")), "part", "left")
        .fillna(0, ["wanted"])
    )
    kept, again = _sort_out({row["part"]: (row["count"], row["wanted"]) for row in sizes.collect()}, parts)
    rest = None
    if again:
        rest = read_parts(spark, again).join(chosen, ["posting_id", "part"], "left_semi").select(*ENCODED.names)
    return Increment(fresh, kept, rest, count_changes(wanted, held, chosen))


def _sort_out(sizes: dict[str, tuple[int, int]], parts: list[str]) -> tuple[list[str], list[str]]:
    """The parts to keep and those to write anew, of `(rows, wanted rows)` by name."""
    size = {part: sizes.get(posixpath.basename(part), (0, 0)) for part in parts}
    whole = [part for part, (rows, wanted) in size.items() if rows == wanted > 0]
    small = [part for part in whole if size[part][0] < _FEW_ROWS]
    together = set(small) if len(small) > _MANY_SMALL else set()
    again = [part for part, (rows, wanted) in size.items() if 0 < wanted < rows or part in together]
    return [part for part in whole if part not in together], again


def count_changes(wanted: DataFrame, held: DataFrame, chosen: DataFrame) -> Changes:
    """wanted: `posting_id, content` of the catalogue; held: the same of what was encoded; chosen: what can stay."""
    before = held.groupBy("posting_id").agg(F.collect_set("content").alias("contents"), F.lit(True).alias("was"))
    again = chosen.select("posting_id", F.lit(True).alias("done"))
    each = wanted.withColumn("is", F.lit(True)).join(before, "posting_id", "full_outer")
    each = each.join(again, "posting_id", "left")
    fresh = F.col("is") & F.col("done").isNull()
    same = F.array_contains("contents", F.col("content"))
    kinds = {
        "unchanged": F.col("done"),
        "new": fresh & F.col("was").isNull(),
        "changed": fresh & F.col("was") & ~same,
        "outdated": fresh & F.col("was") & same,
        "removed": F.col("is").isNull(),
    }
    counts = each.agg(*[F.count_if(condition).alias(kind) for kind, condition in kinds.items()]).first()
    assert counts is not None, "an aggregate has a row"
    return Changes(**counts.asDict())
