"""The catalogue index: every listing's codes by position, from Spark and back from files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from kembar.config import Settings
from kembar.index.catalogue_index import CatalogueIndex, has_titles
from kembar.schemas import ENCODED
from kembar.stages.index_catalogue import index_catalogue
from kembar.training.fit_heads import first_heads
from tests.builders import index_of, random_titles
from tests.oracles import tf_idf_cosine

ROWS = [
    ("c", "1", [1.0, 0.0], [0.6, 0.8], "00000000000000ff", ["kaos", "anak", "merah"], ["colour:red"], [], "e"),
    ("a", "1", None, [0.0, 1.0], None, ["kaos", "anak"], [], [], "e"),
    ("b", "1", [0.0, 1.0], None, "ffffffffffffffff", [], [], [], "e"),
]


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(ROWS, ENCODED)


def test_rows_are_in_order_of_posting_id_and_missing_codes_zero(table: DataFrame, tmp_path: Path):
    index, posting_ids = index_catalogue(table, str(tmp_path / "work"))
    assert posting_ids == ["a", "b", "c"]
    assert index.image.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert index.has_image.tolist() == [False, True, True]
    assert index.has_title.tolist() == [True, False, True]
    assert index.has_hash.tolist() == [False, True, True]
    assert index.phash.tolist() == [0, 2**64 - 1, 255]


def test_terms_are_weighed_over_the_whole_catalogue(table: DataFrame, tmp_path: Path):
    index, _ = index_catalogue(table.repartition(3), str(tmp_path / "work"))
    titles = [["kaos", "anak"], [], ["kaos", "anak", "merah"]]
    assert float((index.words[[0]] * index.words[[2]]).sum()) == pytest.approx(tf_idf_cosine(titles, 0, 2), abs=1e-5)
    assert sorted(index.word_frequency[index.word_frequency > 0].tolist()) == [1, 2, 2]


def test_it_comes_back_from_its_files_without_being_read_into_memory(table: DataFrame, tmp_path: Path):
    index, _ = index_catalogue(table, str(tmp_path / "work"))
    index.save(tmp_path / "index")
    back = CatalogueIndex.load(tmp_path / "index")
    assert isinstance(back.title, np.memmap)
    for name in ("phash", "title", "image", "has_hash", "word_frequency", "tokens", "rarity", "word_total"):
        assert np.array_equal(getattr(back, name), getattr(index, name))
    assert (back.words != index.words).nnz == 0


def test_no_listing_is_an_empty_index(spark: SparkSession, tmp_path: Path):
    index, posting_ids = index_catalogue(spark.createDataFrame([], ENCODED), str(tmp_path / "work"))
    assert (len(index), posting_ids) == (0, [])


def test_a_catalogue_without_a_single_photo_has_heads_for_the_photos_to_come(
    spark: SparkSession, settings: Settings, tmp_path: Path
):
    rows = [(name, "1", None, [0.1 * n, 1.0], None, ["kaos"], [], [], "e") for n, name in enumerate("abc")]
    index, _ = index_catalogue(spark.createDataFrame(rows, ENCODED), str(tmp_path / "work"))
    assert index.image.shape[0] == 3
    assert not index.has_image.any()
    heads = first_heads(index, settings)
    assert heads.image.kernel.shape == (1280, settings.training.image_dim)
    assert index.projected(heads.image, heads.title).image.tolist() == [[0.0] * settings.training.image_dim] * 3


@pytest.mark.parametrize(("titled", "expected"), [(20, True), (4, True), (3, False), (0, False)])
def test_a_catalogue_of_photos_alone_is_one_in_which_hardly_a_listing_has_a_title(titled: int, expected: bool):
    index = replace(index_of(random_titles(20)), has_title=np.arange(20) < titled)
    assert has_titles(index) == expected
