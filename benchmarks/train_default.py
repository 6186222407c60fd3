"""Train the bundle that ships with kembar, from scratch on three catalogues, and say in its card what they are.

KEMBAR_DATA=... .venv/bin/python benchmarks/train_default.py
"""

import shutil

from common import ROOT, dataset, images_of, spark_submit

BUNDLE = ROOT / "lib" / "kembar" / "default_bundle"
TRAINED_ON = ("mall-dev", "shopee-dev", "grocery-dev")
_DATA = """
## Data

- mall-dev: titles and labels of 1,499 listings of 500 products, a random part of the train set of the Kaggle
  competition *Shopee - Price Match Guarantee* (mostly Indonesian, some English and other languages), with
  photos of other goods (CC0, OSL-3.0, AFL-3.0 and MIT) joined to them, edited as sellers edit them; which listings
  share a photo follows the competition's perceptual hashes. Its figure is not one of a shop with its own photos.
- shopee-dev: the same titles and labels with the competition's own perceptual hashes, and no photos.
- grocery-dev: 1,979 photos of 55 articles on shop shelves, without titles (GroceryStoreDataset, MIT).

No photo of the competition was used, and no photo or title is in this bundle. The figures above come from heads that
were trained on one half of the products. In each half, a fifth of the products is judged by curves and thresholds that
were fitted to the other four. `benchmarks/accuracy.md` has
them by modality, size, growth and calibration, and `benchmarks/rivals.md` beside other tools.

Not measured: other marketplaces, other languages than those above, furniture in rooms, street photos. Train a bundle
of your own where you have labels.
"""


def main() -> None:
    arguments: list[object] = ["--bundle", BUNDLE, "--set", "training.base=scratch"]
    for name in TRAINED_ON:
        folder = dataset(name)
        arguments += ["--listings", folder / "train.csv", "--images", images_of(folder)]
    spark_submit("train", *map(str, arguments))
    shutil.rmtree(BUNDLE.with_name("default_bundle.training"))
    card = BUNDLE / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + _DATA, encoding="utf-8")
    print(card.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
