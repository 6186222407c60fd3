"""A feed that changes its nature between two runs is told, and one that does not is not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kembar.incremental.drift import (
    by_chance,
    compare_profiles,
    drift_page,
    profile_listings,
    profile_matches,
    profile_quarantine,
    stability,
)
from kembar.schemas import DISTANCES, QUARANTINE
from tests.builders import index_of, random_titles

HISTOGRAMS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1000))


@given(HISTOGRAMS, HISTOGRAMS)
def test_the_index_is_symmetric_never_negative_and_nought_for_equal_shares(before: dict[str, int], now: dict[str, int]):
    assert stability(before, now) == pytest.approx(stability(now, before))
    assert stability(before, now) >= 0
    assert stability(before, {name: 7 * count for name, count in before.items()}) == pytest.approx(0, abs=1e-9)


def test_it_is_the_sum_over_buckets():
    """Shares of 0.5, 0.5 against 0.2, 0.8: 0.3 · ln 2.5 − 0.3 · ln 0.625."""
    expected = 0.3 * math.log(2.5) - 0.3 * math.log(0.625)
    assert stability({"a": 5, "b": 5}, {"a": 20, "b": 80}) == pytest.approx(expected)


def test_two_draws_of_one_feed_are_no_drift_however_small():
    rng, warned = np.random.default_rng(0), 0
    for _ in range(200):
        before, now = (
            {"trait": dict(zip("abcde", rng.multinomial(60, [0.2] * 5).tolist(), strict=True))} for _ in "12"
        )
        warned += bool(compare_profiles(before, now).great)
    assert warned <= 2


def test_a_feed_that_lost_its_photos_is_told_and_put_first():
    listings = index_of(random_titles(200), missing=0.0)
    blind = replace(listings, has_image=np.arange(200) < 60)
    labels = np.arange(200) // 2 * 2
    before, now = profile_listings(listings, labels), profile_listings(blind, labels)
    assert before["what listings have"] == {"photo + title + hash": 200}
    assert now["what listings have"] == {"photo + title + hash": 60, "title + hash": 140}
    assert now["size of a listing's group"] == {"2": 200}
    drift = compare_profiles(before, now)
    assert drift.great == ["what listings have"]
    page = drift_page(before, now, drift)
    assert "**what listings have** changed a lot" in page
    assert "| title + hash | 0.00% | 70.00% |" in page


def test_group_sizes_are_counted_by_listing():
    labels = np.array([0, 1, 1, 3, 3, 3, 3, *[7] * 12])
    sizes = profile_listings(index_of(random_titles(19)), labels)["size of a listing's group"]
    assert sizes == {"alone": 1, "2": 2, "4-5": 4, "more than 10": 12}


def test_likely_pairs_are_counted_by_tenths_of_each_distance(spark: SparkSession):
    columns = ", ".join(["probability float", *(f"{name}_distance float" for name in DISTANCES)])
    rows = [
        (0.9, *[0.05] * len(DISTANCES)),
        (0.6, 0.95, *[None] * (len(DISTANCES) - 1)),
        (0.1, *[0.5] * len(DISTANCES)),
    ]
    profile = profile_matches(spark.createDataFrame(rows, columns), least=0.5)
    first, second = (profile[f"{name} distance of likely pairs"] for name in DISTANCES[:2])
    assert {name: count for name, count in first.items() if count} == {"0.0-0.1": 1, "0.9-1.0": 1}
    assert {name: count for name, count in second.items() if count} == {"0.0-0.1": 1, "missing": 1}
    at_edges = [(0.9, *[distance] * len(DISTANCES)) for distance in (0.5, 1.0, 1.7)]
    edges = profile_matches(spark.createDataFrame(at_edges, columns), least=0.5)
    counted = {name: count for name, count in edges[f"{DISTANCES[0]} distance of likely pairs"].items() if count}
    assert counted == {"0.5-0.6": 1, "0.9-1.0": 2}, "once each, on an edge and beyond the last"
    none = profile_matches(spark.createDataFrame(at_edges, columns), least=0.95)
    assert not any(sum(histogram.values()) for histogram in none.values())


def test_reasons_are_counted_without_what_they_say_of_one_row(spark: SparkSession):
    rows = [
        ("a", "{}", "image_phash is no hash: 123"),
        ("b", "{}", "more.csv, line 7: image_phash is no hash: 9"),
        ("c", "{}", "empty"),
    ]
    profile = profile_quarantine(spark.createDataFrame(rows, QUARANTINE), usable=97)
    assert profile == {"rows by what became of them": {"used": 97, "image_phash is no hash": 2, "empty": 1}}


def test_chance_adds_less_to_larger_catalogues():
    assert by_chance({"a": 10, "b": 10}, {"a": 20}) == pytest.approx(1 / 20 + 1 / 20)
    assert by_chance({"a": 1}, {"a": 1}) == 0
