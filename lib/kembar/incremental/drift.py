"""Drift: how a run's listings, pairs and groups differ from the last run's.

Each trait is a histogram. The population stability index compares two histograms, Σ (p − q) · ln(p / q) over the
buckets' shares (Siddiqi 2006, "Credit Risk Scorecards"). By convention 0.1 is a change and 0.25 a large one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from kembar.index.catalogue_index import CatalogueIndex
from kembar.schemas import DISTANCES

Histogram = dict[str, int]
Profile = dict[str, Histogram]
GREAT = 0.25
_TENTHS = 10
_BUCKETS = (*(f"{tenth / 10:.1f}-{(tenth + 1) / 10:.1f}" for tenth in range(_TENTHS)), "missing")
_MODALITIES = ("photo", "title", "hash")
_UP_TO, _SIZES = (1, 2, 3, 5, 10), ("alone", "2", "3", "4-5", "6-10", "more than 10")
_WHERE = r"^(.*, )?line \d+: "
_FLOOR = 1e-4
"""The share of an empty bucket, which must not make the index infinite."""


def profile_listings(index: CatalogueIndex, labels: NDArray[np.int64]) -> Profile:
    """Count the modalities of listings and the sizes of their groups; labels: `[n]`."""
    has = np.stack([index.has_image, index.has_title, index.has_hash])
    kinds = np.bincount(has.T @ (1, 2, 4), minlength=8).tolist()
    had = [" + ".join(name for bit, name in enumerate(_MODALITIES) if kind >> bit & 1) for kind in range(8)]
    size = np.bincount(labels, minlength=1)[labels]
    sizes = np.bincount(np.searchsorted(_UP_TO, size), minlength=len(_SIZES)).tolist()
    return {
        "what listings have": {name: count for name, count in zip(had, kinds, strict=True) if count},
        "size of a listing's group": {name: count for name, count in zip(_SIZES, sizes, strict=True) if count},
    }


def profile_matches(matches: DataFrame, least: float) -> Profile:
    """For each distance, count the pairs in each tenth and the pairs without it, of probability `least` or more.

    The query groups by each combination of tenths. One aggregate for each tenth of each distance, fifty in all, made a
    method that was too long for the JVM to compile, and took four times as long.
    """
    tenths = [_tenth_of(f"{name}_distance").alias(name) for name in DISTANCES]
    together = matches.where(F.col("probability") >= least).select(*tenths).groupBy(*DISTANCES).count().toArrow()
    counts = np.asarray(together["count"], dtype=np.int64)
    found: Profile = {}
    for name in DISTANCES:
        tenth = np.asarray(together[name].fill_null(_TENTHS), dtype=np.int64)
        sums = np.bincount(tenth, counts, minlength=_TENTHS + 1).astype(int).tolist()
        found[f"{name} distance of likely pairs"] = dict(zip(_BUCKETS, sums, strict=True))
    return found


def _tenth_of(column: str) -> Column:
    """The tenth of a distance, the last one for all beyond; null if the distance is missing."""
    tenth = F.least(F.floor(F.col(column) * _TENTHS), F.lit(_TENTHS - 1))
    return F.when(F.col(column).isNotNull(), tenth).cast("int")


def profile_quarantine(quarantine: DataFrame, usable: int) -> Profile:
    """Count the used rows, and the quarantined rows by reason."""
    said = F.regexp_replace("reason", _WHERE, "")
    kind = F.split(said, "[:;]")[0].alias("kind")
    rows = quarantine.groupBy(kind).count().collect()
    return {"rows by what became of them": {"used": usable, **{str(row["kind"]): int(row["count"]) for row in rows}}}


def profile_run(
    index: CatalogueIndex, labels: NDArray[np.int64], matches: DataFrame, least: float, quarantine: DataFrame
) -> Profile:
    """Compute all traits of a run; least: the probability from which a pair is likely."""
    rows = profile_quarantine(quarantine, len(index))
    return {**profile_listings(index, labels), **profile_matches(matches, least), **rows}


def stability(before: Histogram, now: Histogram) -> float:
    """Population stability index of two histograms, 0 for equal shares.

    >>> stability({"a": 10, "b": 10}, {"a": 100, "b": 100})
    0.0
    >>> round(stability({"a": 50, "b": 50}, {"a": 80, "b": 20}), 3)
    0.416
    """
    sums = [max(sum(each.values()), 1) for each in (before, now)]
    total = 0.0
    for bucket in before.keys() | now.keys():
        p, q = (max(each.get(bucket, 0) / size, _FLOOR) for each, size in zip((before, now), sums, strict=True))
        total += (p - q) * math.log(p / q)
    return total


def by_chance(before: Histogram, now: Histogram) -> float:
    """The average index of two draws from one population, which is high for small catalogues."""
    buckets = len({bucket for each in (before, now) for bucket, count in each.items() if count})
    return (buckets - 1) * sum(1 / max(sum(each.values()), 1) for each in (before, now))


@dataclass(frozen=True)
class Drift:
    """The stability index of each trait that both runs have, and the traits that changed a lot."""

    index: dict[str, float]
    great: list[str]


def compare_profiles(before: Profile, now: Profile) -> Drift:
    """Compare two runs. A change is large if the index exceeds 0.25 plus twice the average that chance adds."""
    both = [name for name in now if name in before]
    index = {name: round(stability(before[name], now[name]), 4) for name in both}
    great = [name for name in both if index[name] > GREAT + 2 * by_chance(before[name], now[name])]
    return Drift(index, great)


def drift_page(before: Profile, now: Profile, drift: Drift) -> str:
    """Write both runs' shares by trait as a Markdown page; the traits that changed most come first."""
    lines = ["# This run compared with the last one", ""]
    lines += [f"- **{name}** changed a lot: check the feed before you use the groups" for name in drift.great]
    lines += [] if drift.great else ["No trait changed a lot."]
    for name in sorted(drift.index, key=lambda trait: -drift.index[trait]):
        heading = f"## {name}: stability index {drift.index[name]:.3f}"
        lines += ["", heading, "", "| | last run | this run |", "|---|---:|---:|"]
        sums = [max(sum(each[name].values()), 1) for each in (before, now)]
        for bucket in sorted(before[name].keys() | now[name].keys()):
            was, is_now = (each[name].get(bucket, 0) / size for each, size in zip((before, now), sums, strict=True))
            lines.append(f"| {bucket or 'nothing'} | {was:.2%} | {is_now:.2%} |")
    return "\n".join(lines) + "\n"
