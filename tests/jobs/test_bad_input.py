"""A sample of what benchmarks/bench_fuzz.py does at length: no crash, no row lost, no good row taken along."""

from pathlib import Path

import numpy as np
import pytest
from fuzz.judge import judge_files, judge_photos, judge_rows
from fuzz.names import judge_names
from fuzz.photos import good_photos, photo_cases
from fuzz.tables import draw_damaged, draw_typed, foreign_writers, hopeless_files, readable_files, write_foreign_folder
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kembar.encoding.photos import PhotoError, decode_photo
from kembar.errors import InputError
from kembar.listings.validation import read_listings


def test_photos_are_used_or_refused_with_a_reason():
    verdict = judge_photos(photo_cases(1500, seed=7))
    assert verdict.faults == []
    assert sum(verdict.outcomes.values()) == 1500
    assert len(verdict.reasons) > 8


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(good_photos())), st.integers(0, 2**20), st.binary(max_size=40), st.booleans())
def test_a_photo_with_anything_written_over_it_is_used_or_refused(name: str, at: int, over: bytes, want_hash: bool):
    data = good_photos()[name]
    at %= len(data)
    try:
        photo = decode_photo(data[:at] + over + data[at + len(over) :], 32, want_hash, 1_000_000)
    except PhotoError as error:
        assert len(str(error)) > 10
    else:
        assert photo.pixels.shape == (32, 32, 3)
        assert (photo.phash is not None) == want_hash


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_no_photo(data: bytes):
    with pytest.raises(PhotoError):
        decode_photo(data, 32, True, 1_000_000)


def test_every_row_of_a_catalogue_of_faults_is_accounted_for(spark: SparkSession, tmp_path: Path):
    verdict = judge_rows(spark, tmp_path / "rows", 600, seed=7)
    assert verdict.faults == []
    assert sum(verdict.outcomes.values()) == 600


def test_files_that_are_no_catalogue_are_errors_that_say_so(spark: SparkSession, tmp_path: Path):
    verdict = judge_files(spark, tmp_path / "files", hopeless_files(np.random.default_rng(7)))
    assert verdict.faults == []
    assert {outcome for _, outcome in verdict.outcomes} == {"error"}
    assert all("FILE" in reason for reason in verdict.reasons)


def test_files_in_other_dialects_and_encodings_are_read_whole(spark: SparkSession, tmp_path: Path):
    verdict = judge_files(spark, tmp_path / "files", readable_files())
    assert verdict.faults == []
    assert {outcome for _, outcome in verdict.outcomes} == {"used"}


def test_files_under_the_name_of_another_kind_are_read_by_what_they_are(spark: SparkSession, tmp_path: Path):
    verdict = judge_files(spark, tmp_path / "files", foreign_writers())
    assert verdict.faults == []


def test_parquet_of_any_type_and_damage_is_read_whole_or_refused(spark: SparkSession, tmp_path: Path):
    rng = np.random.default_rng(7)
    verdict = judge_files(spark, tmp_path / "tables", [f(n, rng) for n in range(6) for f in (draw_typed, draw_damaged)])
    assert verdict.faults == []


def test_a_foreign_file_in_a_folder_of_parquet_is_named(spark: SparkSession, tmp_path: Path):
    write_foreign_folder(tmp_path / "folder")
    with pytest.raises(InputError, match=r"README\.txt: expected a whole Parquet file"):
        read_listings(spark, str(tmp_path / "folder"))


def test_names_of_photos_mean_the_files_of_their_folder_and_no_others(tmp_path: Path):
    verdict = judge_names(tmp_path, 400, seed=3)
    assert verdict.faults == []
    assert {outcome for _, outcome in verdict.outcomes} == {"used", "refused"}
