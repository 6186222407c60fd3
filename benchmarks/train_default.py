"""Train the bundle that ships with kembar, measure it on products that it has not seen, and write both into its card.

KEMBAR_DATA=... .venv/bin/python benchmarks/train_default.py
"""

import json
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from common import ROOT, dataset, images_of, markdown, spark_submit

BUNDLE = ROOT / "lib" / "kembar" / "default_bundle"
TRAINED_ON = "mall-dev"
_DATA = """
## Data

Titles and labels: 1,499 listings of 500 products, a random part of the train set of the Kaggle competition
*Shopee - Price Match Guarantee* (mostly Indonesian, some English and other languages). Photos: product
photos under CC0, OSL-3.0, AFL-3.0 and MIT, edited as sellers edit them; which listings share a photo follows
the competition's perceptual hashes. No photo of the competition was used, and none is in this bundle.

## Measured on products that training did not see

This bundle, grouping whole catalogues; only the {products} held-out products are scored, so that every other
listing is there to be confused with. `benchmarks/quality.md` has the cross-validated figures of the method.

{table}

Not measured: other marketplaces, other languages than those above, photos of other kinds (food on shelves,
furniture in rooms). Train a bundle of your own where you have labels.
"""


def held_out_products(training: Path, listings: pd.DataFrame) -> set[str]:
    """The products of the held-out triplets."""
    triplets = pd.read_parquet(training / "triplets", columns=["anchor_posting_id", "split"])
    held = triplets.loc[triplets["split"] == "held_out", "anchor_posting_id"]
    return set(listings.loc[listings["posting_id"].isin(held), "label_group"])


def measure(name: str, held: set[str], work: Path) -> dict:
    """Row of the card: the whole set matched, the held-out products scored."""
    folder = dataset(name)
    listings = pd.read_csv(folder / "train.csv", dtype=str)
    listings["label_group"] = listings["label_group"].where(listings["label_group"].isin(held))
    listings.to_csv(work / "truth.csv", index=False)
    arguments = ("--listings", work / "truth.csv")
    spark_submit("encode", *arguments, "--images", images_of(folder), "--output", work / "encoded")
    spark_submit("match", "--encoded", work / "encoded", "--output", work / "matched")
    submission = work / "matched" / "submission.csv"
    spark_submit("evaluate", *arguments, "--submission", submission, "--output", work / "metrics.json")
    metrics = json.loads((work / "metrics.json").read_text())
    low, high = metrics["row_wise_f1_interval_95"]
    photos = "photos, titles, hashes" if (folder / "images").exists() else "titles, hashes; no photo"
    scores = {key: round(metrics["row_wise"][key], 3) for key in ("f1", "precision", "recall")}
    return {"set": name, "with": photos, "scored": metrics["listings"], **scores, "95 % of F1": f"{low:.3f}-{high:.3f}"}


def main() -> None:
    folder = dataset(TRAINED_ON)
    training = BUNDLE.with_name("default_bundle.training")
    spark_submit("train", "--listings", folder / "train.csv", "--images", images_of(folder), "--bundle", BUNDLE)
    held = held_out_products(training, pd.read_csv(folder / "train.csv", dtype=str))
    shutil.rmtree(training)
    rows = []
    for name in (TRAINED_ON, "shopee-dev"):
        with tempfile.TemporaryDirectory() as work:
            rows.append(measure(name, held, Path(work)))
    card = BUNDLE / "README.md"
    text = card.read_text(encoding="utf-8") + _DATA.format(products=len(held), table=markdown(pd.DataFrame(rows)))
    card.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
