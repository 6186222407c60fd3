"""Ids come back in submission.csv as they were given; one that would break it or be obeyed there is refused."""

import csv
import io
import json
from pathlib import Path

import numpy as np
from pyspark.sql import SparkSession

from kembar.listings.submission import quarantined_ids, submission_csv
from kembar.listings.validation import read_listings, validate_listings

REFUSED = {
    "a b": "white space",
    "a\u00a0b": "white space",
    "a\nb": "white space",
    "a\u200bb": "cannot be seen",
    "a\u202eb": "cannot be seen",
    "a\0b": "cannot be seen",
    "a\x1b[31mb": "cannot be seen",
    "a\ufffd": "not UTF-8",
    "a" * 257: "more than 256 characters",
    "=cmd|'/Ccalc'!A0": "formula",
    "=HYPERLINK(A1)": "formula",
    "a;@SUM(A1)": "formula",
    'a,"=SUM(A1)': "formula",
    "+A1!B2": "formula",
    "-[book]A1": "formula",
}
# Databases make ids that begin with a minus or plus, too; without a bracket, bar or exclamation mark they call nothing.
KEPT = ["-JhLeOlGIEjaIOFHR0xd", "-123", "+Ab/9==", "@shop1", "=a", "a,b", 'a"b', "a'b(1)", "熊", "id.1:2/3"]


def catalogue(path: Path, ids: list[str]) -> str:
    """A CSV of a listing for each id, its title the number of it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [(name, f"{number}.jpg", number) for number, name in enumerate(ids)]
        csv.writer(file).writerows([("posting_id", "image", "title"), *rows])
    return str(path)


def test_ids_that_would_break_the_submission_are_quarantined_each_for_its_reason(spark: SparkSession, tmp_path: Path):
    good, bad = validate_listings(read_listings(spark, catalogue(tmp_path / "t.csv", [*REFUSED, *KEPT])))
    assert {row.posting_id for row in good.collect()} == set(KEPT)
    reasons = {int(json.loads(row.row)["title"]): row.reason for row in bad.collect()}
    assert len(reasons) == len(REFUSED)
    for number, said in enumerate(REFUSED.values()):
        assert said in reasons[number]
    assert quarantined_ids(bad) == [], "they do not go on into submission.csv as other quarantined ids do"


def test_a_submission_gives_ids_back_to_whoever_reads_csv():
    """One listing a row, itself first, its group parted by spaces, whatever signs an id has."""
    ids = sorted(KEPT)
    text = submission_csv(ids, np.zeros(len(ids), np.int64), []).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["posting_id"] for row in rows] == ids
    for row in rows:
        assert row["matches"].split(" ")[0] == row["posting_id"]
        assert sorted(row["matches"].split(" ")) == ids
