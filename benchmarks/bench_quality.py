"""Quality by five-fold cross-validation over groups: train on four parts, measure on the fifth, by the jobs themselves.

.venv/bin/python benchmarks/bench_quality.py [mall-dev] [shopee-dev] [--set SECTION.KEY=VALUE ...]
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from common import dataset, images_of, markdown, spark_submit, write_page

from kembar.evaluation import evaluate, read_claims, read_truth

FOLDS = 5
WHAT = """`mall-dev` is real titles with photos of other goods joined to them; `shopee-dev` the same titles with
their own hashes and no photos."""


def split_folds(listings: pd.DataFrame, seed: int = 7) -> pd.Series:
    """A fold for each row: whole groups, dealt at random."""
    groups = np.sort(listings["label_group"].unique())
    dealt = np.random.default_rng(seed).permutation(len(groups)) % FOLDS
    return listings["label_group"].map(dict(zip(groups, dealt, strict=True)))


def measure_fold(
    listings: pd.DataFrame, held: pd.Series, images: Path, work: Path, settings: list[str]
) -> pd.DataFrame:
    """Train on the rest, match the fold; its submission."""
    work.mkdir(parents=True)
    listings[~held].to_csv(work / "train.csv", index=False)
    listings[held].to_csv(work / "test.csv", index=False)
    scratch = ("--set", "training.base=scratch")  # the shipped bundle has seen these groups
    catalogue = ("--listings", work / "train.csv", "--images", images)
    spark_submit("train", *catalogue, "--bundle", work / "bundle", *scratch, *settings)
    encoded, matched = work / "encoded", work / "matched"
    bundle = ("--bundle", work / "bundle", *settings)
    spark_submit("encode", "--listings", work / "test.csv", "--images", images, "--output", encoded, *bundle)
    spark_submit("match", "--encoded", encoded, "--output", matched, *bundle)
    return pd.read_csv(matched / "submission.csv", dtype=str)


def score(listings: pd.DataFrame, submission: pd.DataFrame) -> dict:
    truth = read_truth(pa.Table.from_pandas(listings[["posting_id", "label_group"]].astype(str), preserve_index=False))
    return evaluate(truth, read_claims(pa.Table.from_pandas(submission, preserve_index=False), truth))


def measure(name: str, settings: list[str], work: Path) -> dict:
    """Row of the page for one data set; every group is measured once."""
    folder = dataset(name)
    listings = pd.read_csv(folder / "train.csv", dtype=str)
    fold = split_folds(listings)
    parts = []
    for number in range(FOLDS):
        held = fold == number
        parts.append(measure_fold(listings, held, images_of(folder), work / name / str(number), settings))
        print(name, number, json.dumps(score(listings[held], parts[-1])["row_wise"]), flush=True)
    metrics = score(listings, pd.concat(parts))
    low, high = metrics["row_wise_f1_interval_95"]
    return {
        "set": name,
        "listings": metrics["listings"],
        "groups": metrics["products"],
        "row-wise F1": round(metrics["row_wise"]["f1"], 4),
        "95 % interval": f"{low:.3f}-{high:.3f}",
        "precision": round(metrics["row_wise"]["precision"], 4),
        "recall": round(metrics["row_wise"]["recall"], 4),
        "pairwise F1": round(metrics["pairwise"]["f1"], 4),
        "B-cubed F1": round(metrics["b_cubed"]["f1"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["mall-dev", "shopee-dev"], help="data sets in KEMBAR_DATA")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--page", default="quality", help="name of the page, or - for none")
    args = parser.parse_args()
    settings = [part for text in args.settings for part in ("--set", text)]
    with tempfile.TemporaryDirectory() as work:
        table = pd.DataFrame([measure(name, settings, Path(work)) for name in args.sets])
    if args.page == "-":
        print(table.to_string())
        return
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_quality.py " + " ".join([*args.sets, *settings])
    write_page(
        args.page, "Quality, cross-validated", command, f"{__doc__.splitlines()[0]}\n{WHAT}\n\n{markdown(table)}"
    )


if __name__ == "__main__":
    main()
