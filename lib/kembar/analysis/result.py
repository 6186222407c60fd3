"""What jobs/match.py left in a folder, for people who look at it from Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.analysis.chart import Chart, draw_probabilities, draw_sizes, draw_sources
from kembar.analysis.contributions import Evidence
from kembar.analysis.gallery import Gallery, PhotoShelf
from kembar.blocking import SOURCES
from kembar.config import load_settings
from kembar.encoding.find_photo_folder import photo_folder_of
from kembar.errors import InputError
from kembar.listings.validation import read_listings, validate_listings
from kembar.schemas import CHANGES, GROUPS, MATCHES
from kembar.scoring.summary import read_summary
from kembar.storage.files import MANIFEST, join_uri, read_json, require
from kembar.storage.tables import read_table

_MOST_PHOTOS = 12
"""The most listings of a group to show; more would not help."""


@dataclass(frozen=True)
class Result:
    """The last run of match in a folder.

    summary: the counts of summary.json; members: GROUPS; matches: MATCHES; changes: CHANGES. Methods that may give
    many rows give a Spark DataFrame, the others one of pandas.
    """

    uri: str
    manifest: dict[str, Any]
    summary: dict[str, Any]
    members: DataFrame
    matches: DataFrame
    changes: DataFrame

    @property
    def threshold(self) -> float:
        """The mean probability from which groups form."""
        return float(self.summary["thresholds"]["match"])

    def groups(self, min_size: int = 2, max_size: int | None = None) -> DataFrame:
        """`group_id, group_size, listings` of each group of so many listings, the largest first; a Spark DataFrame."""
        chosen = self.members.where(F.col("group_size") >= min_size)
        if max_size is not None:
            chosen = chosen.where(F.col("group_size") <= max_size)
        listed = F.array_sort(F.collect_list("posting_id")).alias("listings")
        return (
            chosen.groupBy("group_id")
            .agg(F.first("group_size").alias("group_size"), listed)
            .orderBy(F.desc("group_size"), "group_id")
        )

    def largest(self, count: int = 10) -> pd.DataFrame:
        """The `count` largest groups, the first place to look for wrong merges."""
        return self.groups().limit(count).toPandas()

    def sizes(self) -> pd.DataFrame:
        """`group_size, groups`: the number of groups of each size, including singletons."""
        counts = self.members.groupBy("group_size").agg(F.countDistinct("group_id").alias("groups"))
        return counts.orderBy("group_size").toPandas()

    def group_of(self, posting_id: str) -> list[str]:
        """The listings of the group of a listing, itself included, in order.

        Raises:
            InputError: no such listing was matched.
        """
        mine = self.members.where(F.col("posting_id") == posting_id).select("group_id")
        found = [row.posting_id for row in self.members.join(F.broadcast(mine), "group_id").collect()]
        if not found:
            raise InputError(f"{self.uri} has no listing {posting_id}: it was not encoded, or is in the quarantine")
        return sorted(found)

    def pairs(self, least: float = 0.0, most: float = 1.0) -> DataFrame:
        """MATCHES of a probability between two bounds, both included, the likeliest first; a Spark DataFrame."""
        chosen = self.matches.where(F.col("probability").between(least, most))
        return chosen.orderBy(F.desc("probability"), "posting_id_l", "posting_id_r")

    def doubtful(self, count: int = 10, listings: DataFrame | str | None = None) -> pd.DataFrame:
        """The `count` pairs whose probability is nearest to the threshold: the closest calls, and so worth a look.

        listings: the catalogue, a table or its path, for the titles of both sides.
        """
        closeness = F.abs(F.col("probability") - F.lit(self.threshold))
        near = self.matches.orderBy(closeness, "posting_id_l", "posting_id_r").limit(count)
        found = near.select("posting_id_l", "posting_id_r", "probability", "blocks").toPandas()
        if listings is not None:
            known = self._known(listings, [*found["posting_id_l"], *found["posting_id_r"]])
            for side in "lr":
                found[f"title_{side}"] = [known.get(name, (None, None))[1] for name in found[f"posting_id_{side}"]]
        return found

    def probabilities(self, bins: int = 20) -> pd.DataFrame:
        """`probability, pairs`: how many compared pairs are in each of so many equal parts, by its lower end."""
        part = F.least(F.floor(F.col("probability") * bins), F.lit(bins - 1))
        counts = self.matches.groupBy((part / bins).alias("probability")).agg(F.count("*").alias("pairs"))
        return counts.orderBy("probability").toPandas()

    def sources(self) -> pd.DataFrame:
        """`pairs, likely` by block source: how many pairs it proposed, and how many of them are above the threshold."""
        likely = F.count_if(F.col("probability") >= self.threshold)
        by = self.matches.select("probability", F.explode("blocks").alias("source")).groupBy("source")
        counts = by.agg(F.count("*").alias("pairs"), likely.alias("likely")).toPandas().set_index("source")
        return counts.reindex(list(SOURCES), fill_value=0)

    def chart_sizes(self) -> Chart:
        """How many groups there are of each size."""
        return draw_sizes(self.sizes())

    def chart_probabilities(self, bins: int = 20) -> Chart:
        """How many pairs were compared, by probability."""
        return draw_probabilities(self.probabilities(bins), self.threshold)

    def chart_sources(self) -> Chart:
        """How many pairs each block source proposed."""
        return draw_sources(self.sources())

    def pairs_within(self, posting_ids: Iterable[str]) -> pd.DataFrame:
        """`probability` of every pair of some listings as a square table; empty where two were not compared."""
        names = sorted(posting_ids)
        both = [F.col(f"posting_id_{side}").isin(names) for side in "lr"]
        rows = self.matches.where(both[0] & both[1]).select("posting_id_l", "posting_id_r", "probability").collect()
        table = pd.DataFrame(index=names, columns=names, dtype=float)
        for row in rows:
            table.loc[row.posting_id_l, row.posting_id_r] = row.probability
            table.loc[row.posting_id_r, row.posting_id_l] = row.probability
        return table

    def why(self, left: str, right: str) -> Evidence:
        """What led to the probability of a pair, as text and as a waterfall chart.

        Raises:
            InputError: The pair was not compared: no block proposed it, or both listings have likelier candidates.
        """
        low, high = sorted((left, right))
        rows = self.matches.where((F.col("posting_id_l") == low) & (F.col("posting_id_r") == high)).take(1)
        if not rows:
            together = " They are in one group anyway, through other listings." if right in self.group_of(left) else ""
            raise InputError(
                f"{left} and {right} were not compared: no block proposed them, or both have more likely candidates."
                + together
            )
        return Evidence.of(rows[0].asDict(), self.threshold)

    def show_photos(
        self, listings: DataFrame | str, images: str, groups: Iterable[str] | None = None, count: int = 4
    ) -> Gallery:
        """Groups by photo and title. listings: the catalogue, a table or its path; images: the folder of its photos.

        groups: group_ids; the `count` largest groups if left out. Of a group the first twelve listings are shown.
        """
        chosen = self.groups()
        chosen = chosen.limit(count) if groups is None else chosen.where(F.col("group_id").isin(list(groups)))
        found = [(row.group_id, row.group_size, row.listings) for row in chosen.collect()]
        shelf = self._shelf(listings, images, [name for _, _, names in found for name in names])
        return Gallery([(f"{name}: {size} listings", shelf.cards(ids[:_MOST_PHOTOS])) for name, size, ids in found])

    def show_pairs(self, pairs: pd.DataFrame, listings: DataFrame | str, images: str) -> Gallery:
        """Pairs by photo and title, a row each. pairs: `posting_id_l, posting_id_r`, and `probability` where known."""
        sides = list(zip(pairs["posting_id_l"], pairs["posting_id_r"], strict=True))
        said = [f"probability {chance:.3f}" for chance in pairs.get("probability", [])] or ["not compared"] * len(sides)
        shelf = self._shelf(listings, images, [name for ids in sides for name in ids])
        return Gallery([(text, shelf.cards(ids)) for text, ids in zip(said, sides, strict=True)])

    def _shelf(self, listings: DataFrame | str, images: str, posting_ids: list[str]) -> PhotoShelf:
        """Photos of some listings, from the folder that encoding takes them from, by this run's settings."""
        known = self._known(listings, posting_ids)
        used = self.manifest.get("settings", {}).get("encode", {}).get("follow_links", False)
        settings = load_settings(overrides=[f"encode.follow_links={str(used).lower()}"]).encode
        return PhotoShelf(photo_folder_of(images, (image for image, _ in known.values()), settings)[0], known)

    def _known(self, listings: DataFrame | str, posting_ids: list[str]) -> dict[str, tuple[str | None, str | None]]:
        """`(image, title)` of some listings."""
        table = load_listings(self.members.sparkSession, listings)
        wanted = table.where(F.col("posting_id").isin(list(set(posting_ids)))).select("posting_id", "image", "title")
        return {row.posting_id: (row.image, row.title) for row in wanted.collect()}


def load_listings(spark: SparkSession, listings: DataFrame | str) -> DataFrame:
    """Read the usable LISTINGS of a catalogue from its path or URI. A DataFrame is returned as it is."""
    if not isinstance(listings, str):
        return listings
    # Workers may run in another folder than this process.
    place = listings if "://" in listings else str(Path(listings).absolute())
    return validate_listings(read_listings(spark, place))[0]


def read_matches(spark: SparkSession, uri: str) -> Result:
    """The result in a folder that jobs/match.py wrote.

    Raises:
        InputError: there is none, the run did not finish, or a table of it was damaged.
    """
    require(join_uri(uri, MANIFEST), "the manifest of a finished match run")
    tables = {"groups": GROUPS, "matches": MATCHES, "changes": CHANGES}
    members, matches, changes = (read_table(spark, join_uri(uri, name), tables[name]) for name in tables)
    summary = read_summary(uri)
    return Result(uri, read_json(join_uri(uri, MANIFEST)), summary, members, matches, changes)
