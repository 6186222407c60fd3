"""Labelled catalogues for training, with what is asked for beside them, and the same again from the work folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from kembar.config import load_settings
from kembar.stages.training_sources import encode_source, mine_source
from kembar.synthetic import write_catalogue
from kembar.training.labelled_sources import LabelledSource
from kembar.training.work_folder import TrainingWork

COPIES = 2


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "catalogue"
    write_catalogue(folder, listings=60, seed=3, photo_px=96)
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> TrainingWork:
    asked = [
        "training.base=scratch",
        "triplets.remine_epochs=1",
        *(f"training.relist_{of}={COPIES}" for of in ("photos", "titles")),
    ]
    opened = TrainingWork(tmp_path_factory.mktemp("work") / "training", ["few"], load_settings(overrides=asked))
    opened.open(resume=False)
    return opened


@pytest.fixture(scope="module")
def source(spark: SparkSession, catalogue: Path, work: TrainingWork) -> LabelledSource:
    encoded = encode_source(spark, str(catalogue / "train.csv"), str(catalogue / "images"), work, 0, None)
    return mine_source(spark, encoded, work, 0)


def test_each_photo_has_its_copies_nearer_to_it_than_other_photos_are(source: LabelledSource, catalogue: Path):
    relisted = source.relisted
    photos = len(list((catalogue / "images").iterdir()))
    assert len(relisted.row) == COPIES * photos
    assert len(np.unique(relisted.row)) == photos
    towers = source.towers.image.astype(np.float32)
    own = np.einsum("ij,ij->i", towers[relisted.row], relisted.photos.astype(np.float32))
    chance = np.einsum("ij,ij->i", towers[np.roll(relisted.row, 20)], relisted.photos.astype(np.float32))
    assert np.median(own) > np.median(chance) + 0.1
    bits = np.bitwise_count(source.towers.phash[relisted.row] ^ relisted.phash)
    assert np.median(bits) < 24, "half of the copies are edited lightly"


def test_each_title_has_its_copies_nearer_to_it_than_other_titles_are(source: LabelledSource):
    retitled, towers = source.retitled, source.towers
    assert len(retitled.row) == COPIES * towers.has_title.sum()
    others = np.roll(retitled.row, 20)
    codes = towers.title.astype(np.float32)
    own, chance = (
        np.einsum("ij,ij->i", codes[row], retitled.titles.astype(np.float32)) for row in (retitled.row, others)
    )
    assert np.median(own) > np.median(chance) + 0.1
    shared, by_chance = (towers.words[row].multiply(retitled.words).sum(axis=1) for row in (retitled.row, others))
    assert np.median(shared) > 0.5 > np.median(by_chance) + 0.2


def test_the_blocks_pairs_are_there_to_mine_from_again(source: LabelledSource):
    assert (source.proposed.left < source.proposed.right).all()
    true = source.labels.product[source.proposed.left] == source.labels.product[source.proposed.right]
    assert 0 < true.sum() < len(true)


def test_what_was_encoded_and_mined_is_read_back_the_same(
    spark: SparkSession, catalogue: Path, work: TrainingWork, source: LabelledSource
):
    written = {part: part.stat().st_mtime_ns for part in work.folder.rglob("*.parquet")}
    encoded = encode_source(spark, str(catalogue / "train.csv"), str(catalogue / "images"), work, 0, None)
    again = mine_source(spark, encoded, work, 0)
    assert {part: part.stat().st_mtime_ns for part in work.folder.rglob("*.parquet")} == written
    assert np.array_equal(again.relisted.photos, source.relisted.photos)
    assert np.array_equal(again.relisted.row, source.relisted.row)
    assert np.array_equal(again.retitled.titles, source.retitled.titles)
    assert np.array_equal(again.proposed.left, source.proposed.left)
    assert np.array_equal(again.triplets.train, source.triplets.train)


def test_none_is_made_where_it_is_not_asked_for(
    spark: SparkSession, catalogue: Path, work: TrainingWork, source: LabelledSource
):
    plain = replace(work, settings=load_settings(overrides=["training.base=scratch"]))
    encoded = encode_source(spark, str(catalogue / "train.csv"), str(catalogue / "images"), plain, 0, None)
    told = mine_source(spark, encoded, plain, 0)
    assert (told.relisted, told.retitled, told.proposed) == (None, None, None)
