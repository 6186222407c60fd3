"""A run that has nothing to work on says why, and publishes nothing."""

import re

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from kembar.cli.job import run_job
from kembar.errors import NothingToDoError
from kembar.listings.nothing_to_do import require_listings, require_products, require_triplets, require_usable
from kembar.model.bundle_files import load_bundle
from kembar.schemas import MATCHES
from kembar.training.review import choose_questions


def test_the_commonest_reasons_and_some_rows_are_said(spark: SparkSession):
    reasons = [f"line {n}: image_phash is not 16 hexadecimal digits: {n}" for n in range(2, 6)]
    reasons += ["a.csv, line 9: posting_id is missing"]
    rows = [(None, f"row {number}\n", reason) for number, reason in enumerate(reasons)]
    quarantine = spark.createDataFrame(rows, "posting_id string, row string, reason string")
    require_usable(1, quarantine, "shop.csv")
    with pytest.raises(NothingToDoError) as caught:
        require_usable(0, quarantine, "shop.csv")
    said = str(caught.value)
    assert said.startswith("none of the 5 rows of shop.csv can be used: 4 times: image_phash is not 16 hexadecimal")
    assert "1 times: posting_id is missing" in said
    assert "row 0\\n (line 2:" in said
    assert "\n" not in said


def test_a_catalogue_without_rows_is_named(spark: SparkSession):
    empty = spark.createDataFrame([], "posting_id string, row string, reason string")
    with pytest.raises(NothingToDoError, match=r"shop\.csv has no rows"):
        require_usable(0, empty, "shop.csv")


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ([None, None, None], "no listing has a label_group"),
        (["a", "b", "c"], r"no two listings share a label_group \(3 labelled listings"),
        (["a", None, None], r"no two listings share a label_group \(1 labelled listings"),
        (["a", "a", None], "all labelled listings are of one product"),
        (["a", "a", "b"], None),
        ([None, "a", "a", "b", "b"], None),
    ],
)
def test_labels_teach_where_they_tell_same_from_different(spark: SparkSession, labels: list, why: str | None):
    listings = spark.createDataFrame([(label,) for label in labels], "label_group string")
    if why is None:
        require_products(listings, "train.csv")
        return
    with pytest.raises(NothingToDoError, match=f"train.csv has nothing to learn from: ({why})"):
        require_products(listings, "train.csv")


def test_an_encoded_catalogue_of_no_listings_is_not_matched():
    tables = {"listings": {"parts": {"part-0": {"rows": 0}}}}
    with pytest.raises(NothingToDoError, match="encoded has no listings"):
        require_listings("encoded", {"tables": tables})
    tables["listings"]["parts"]["part-1"] = {"rows": 2}
    assert require_listings("encoded", {"tables": tables}) == {"tables": tables}


def test_no_triplets_are_no_result():
    require_triplets(1, "train.csv")
    with pytest.raises(NothingToDoError, match="train.csv has too few products"):
        require_triplets(0, "train.csv")


def test_a_run_without_candidate_pairs_has_no_questions():
    with pytest.raises(NothingToDoError, match="no candidate pairs"):
        choose_questions(load_bundle(None), to_arrow_schema(MATCHES).empty_table(), 5)


def test_the_job_ends_with_status_1_and_one_line(capsys: pytest.CaptureFixture[str]):
    def main() -> None:
        raise NothingToDoError("shop.csv has no rows")

    with pytest.raises(SystemExit) as ended:
        run_job(main)
    assert ended.value.code == 1
    assert re.fullmatch("error: shop.csv has no rows; nothing was published\n", capsys.readouterr().err)
