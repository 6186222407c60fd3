"""Blocking on the development sets: how many of the true pairs become candidates, and how many candidates that takes.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_blocking.py
"""

import json
import tempfile
from pathlib import Path

import pandas as pd
from common import DATA, dataset, images_of, markdown, spark_submit, write_page


def with_distractors(listings: pd.DataFrame, count: int) -> pd.DataFrame:
    """The listings among `count` titles of other shops' goods, each a product of its own."""
    others = pd.read_csv(DATA / "distractors" / "test.csv", dtype=str).head(count)
    return pd.concat([listings, others.reindex(columns=listings.columns)])


def measure(name: str, distractors: int) -> dict:
    """Row of the page: encoded with the shipped bundle, matched, evaluated."""
    folder = dataset(name)
    with tempfile.TemporaryDirectory() as work:
        truth, encoded, matched = (Path(work) / part for part in ("train.csv", "encoded", "matched"))
        with_distractors(pd.read_csv(folder / "train.csv", dtype=str), distractors).to_csv(truth, index=False)
        spark_submit("encode", "--listings", truth, "--images", images_of(folder), "--output", encoded)
        spark_submit("match", "--encoded", encoded, "--output", matched)
        submission, scores = matched / "submission.csv", Path(work) / "metrics.json"
        known = ("--submission", submission, "--encoded", encoded, "--output", scores)
        spark_submit("evaluate", "--listings", truth, *known)
        metrics = json.loads(scores.read_text())
    blocking = metrics["blocking"]
    return {
        "set": name + (f" + {distractors:,} others" if distractors else ""),
        "listings": metrics["listings"] + metrics["unlabelled_listings"],
        "true pairs": metrics["true_pairs"],
        "pairs completeness": round(blocking["pairs_completeness"], 4),
        "candidate pairs per listing": round(blocking["candidate_pairs_per_listing"], 1),
        "reduction ratio": round(blocking["reduction_ratio"], 5),
        "row-wise F1": round(metrics["row_wise"]["f1"], 3),
        "precision": round(metrics["row_wise"]["precision"], 3),
        "recall": round(metrics["row_wise"]["recall"], 3),
    }


def main() -> None:
    cases = [("mall-dev", 0), ("shopee-dev", 0), ("shopee-dev", 24_380)]
    table = markdown(pd.DataFrame([measure(*case) for case in cases]))
    text = (
        "The others are English titles of other shops' goods, without photo and hash: they make the catalogue larger "
        "and are nobody's twin. F1 is that of the shipped bundle over the labelled listings, all of which it was "
        "trained on: what counts is what it loses. Candidate pairs are those that match keeps after the first look.\n\n"
    )
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_blocking.py"
    write_page("blocking", "Blocking, and growth", command, text + table)


if __name__ == "__main__":
    main()
