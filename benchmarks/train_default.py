"""Train the bundle that ships with kembar, on catalogues of both levels, and say in its card what they are.

KEMBAR_DATA=... .venv/bin/python benchmarks/train_default.py
"""

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from common import ROOT, dataset, images_of, spark_submit

BUNDLE = ROOT / "lib" / "kembar" / "default_bundle"
PRODUCTS = ("mall-dev", "shopee-dev", "grocery-dev")
"""Catalogues whose labels call a product in all its sizes the same; the heads are trained on them."""
NAMED = tuple(f"| {name} |" for name in PRODUCTS)
_DATA = """
## Data

Labels of products:

- mall-dev: titles and labels of 1,499 listings of 500 products, a random part of the train set of the Kaggle
  competition *Shopee - Price Match Guarantee* (mostly Indonesian, some English and other languages), with
  photos of other goods (CC0, OSL-3.0, AFL-3.0 and MIT) joined to them, edited as sellers edit them; which listings
  share a photo follows the competition's perceptual hashes. Its figure is not one of a shop with its own photos.
- shopee-dev: the same titles and labels with the competition's own perceptual hashes, and no photos.
- grocery-dev: 1,979 photos of 55 articles on shop shelves, without titles (GroceryStoreDataset, MIT).

Labels of exact items, titles alone:

- offers-dev: 17,802 offers of half of PriceRunner's products (UCI data set 837, CC BY 4.0).
- wdc-dev: 2,500 offers of 500 products and 9,500 labelled pairs of WDC Products, 80 % corner cases (from Common Crawl).
- walmart-amazon: 10,242 labelled pairs of 6,935 listings (Magellan).

No photo of the competition was used, and no photo or title is in this bundle. The figures of products come from heads
that were trained on one half of the products. In each half, a fifth of the products is judged by curves and thresholds
that were fitted to the other four. The figure of labelled pairs is the F1 of the pairs at probability one half.
`benchmarks/accuracy.md` has figures by modality, size, growth and calibration, and `benchmarks/rivals.md` beside other
tools.

Not measured: other marketplaces, other languages than those above, furniture in rooms, street photos. Train a bundle
of your own where you have labels.
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="kembar-bundle-") as folder:
        products = Path(folder) / "products"
        sources = [(dataset(name) / "train.csv", images_of(dataset(name))) for name in PRODUCTS]
        train(products, "scratch", sources, "--level", "product")
        pairs = gather_pairs(Path(folder) / "pairs.csv")
        (none := Path(folder) / "none").mkdir()
        listings = dataset("offers-dev") / "train.csv", *(place / "listings.csv" for place in paired_folders())
        train(BUNDLE, products, [(each, none) for each in listings], "--level", "variant", "--decisions", pairs)
        add_figures(products)
    print((BUNDLE / "README.md").read_text(encoding="utf-8"))


def add_figures(products: Path) -> None:
    """Add the figures of the bundle of products to the card and the manifest of the one that was fitted from it."""
    card, manifest = BUNDLE / "README.md", BUNDLE / "manifest.json"
    rows = [
        line for line in (products / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith(NAMED)
    ]
    said = re.sub(r"trained from \| .* \|", "trained from | scratch |", card.read_text(encoding="utf-8"))
    header = "|---|---:|---:|---:|---|\n"
    card.write_text(said.replace(header, header + "\n".join(rows) + "\n", 1) + _DATA, encoding="utf-8")
    whole, first = (json.loads((folder / "manifest.json").read_text()) for folder in (BUNDLE, products))
    catalogues = first["trained_on"]["catalogues"] | whole["trained_on"]["catalogues"]
    whole["trained_on"] = first["trained_on"] | {"catalogues": catalogues}
    manifest.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def paired_folders() -> tuple[Path, Path]:
    """The data sets with labelled pairs."""
    return dataset("wdc-dev"), dataset("pairs-dev/walmart-amazon")


def gather_pairs(into: Path) -> Path:
    """Write the labelled pairs of all data sets into one file."""
    with into.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["l", "r", "label"])
        for folder in paired_folders():
            with (folder / "pairs.csv").open(newline="", encoding="utf-8") as pairs:
                writer.writerows([row["l"], row["r"], row["label"]] for row in csv.DictReader(pairs))
    return into


def train(bundle: Path, base: Path | str, sources: Iterable[tuple[Path, Path]], *options: object) -> None:
    """Train a bundle from a base, and delete what the training kept beside it."""
    arguments: list[object] = ["--bundle", bundle, "--set", f"training.base={base}", *options]
    for listings, images in sources:
        arguments += ["--listings", listings, "--images", images]
    spark_submit("train", *map(str, arguments))
    shutil.rmtree(bundle.with_name(f"{bundle.name}.training"))


if __name__ == "__main__":
    main()
