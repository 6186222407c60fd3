"""Reads titles, names of photos and labels, if there are any, from the catalogue."""

from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from kembar.config import ListingsSettings
from kembar.evaluation import evaluate, read_claims, read_truth
from kembar.listings.submission import read_submission
from kembar.listings.validation import label_listings, read_listings
from kembar.storage.files import exists, join_uri


def read_titles(
    spark: SparkSession, listings: str | None, settings: ListingsSettings, matched: str
) -> tuple[pa.Table | None, dict[str, Any] | None]:
    """Read `posting_id, image, title, label_group` of every row of a catalogue, and evaluate the run in `matched`.

    Without labels there are no metrics. Without a catalogue there is neither.
    """
    if not listings:
        return None, None
    raw = read_listings(spark, listings, settings).persist()
    labels = label_listings(raw).toArrow()
    submission, metrics = join_uri(matched, "submission.csv"), None
    if labels["label_group"].null_count < len(labels) and exists(submission):
        truth = read_truth(labels)
        metrics = evaluate(truth, read_claims(read_submission(submission), truth))
    return raw.select("posting_id", "image", "title", "label_group").toArrow(), metrics
