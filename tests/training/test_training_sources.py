"""Labelled catalogues for training are read back from the work folder as they were."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from kembar.config import load_settings
from kembar.stages.training_sources import encode_source, mine_source
from kembar.synthetic import write_catalogue
from kembar.training.labelled_sources import LabelledSource
from kembar.training.work_folder import TrainingWork


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "catalogue"
    write_catalogue(folder, listings=60, seed=3, photo_px=96)
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> TrainingWork:
    opened = TrainingWork(
        tmp_path_factory.mktemp("work") / "training", ["few"], load_settings(overrides=["training.base=scratch"])
    )
    opened.open(resume=False)
    return opened


@pytest.fixture(scope="module")
def source(spark: SparkSession, catalogue: Path, work: TrainingWork) -> LabelledSource:
    encoded = encode_source(spark, str(catalogue / "train.csv"), str(catalogue / "images"), "product", work, 0, None)
    return mine_source(spark, encoded, work, 0)


def test_what_was_encoded_and_mined_is_read_back_the_same(
    spark: SparkSession, catalogue: Path, work: TrainingWork, source: LabelledSource
):
    written = {part: part.stat().st_mtime_ns for part in work.folder.rglob("*.parquet")}
    encoded = encode_source(spark, str(catalogue / "train.csv"), str(catalogue / "images"), "product", work, 0, None)
    again = mine_source(spark, encoded, work, 0)
    assert {part: part.stat().st_mtime_ns for part in work.folder.rglob("*.parquet")} == written
    assert np.array_equal(again.triplets.train, source.triplets.train)
