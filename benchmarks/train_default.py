"""Train the bundle that ships with kembar, on mall-dev, and put it where the package looks for it.

    KEMBAR_DATA=... .venv/bin/python benchmarks/train_default.py
"""

import shutil

from common import ROOT, dataset, images_of, spark_submit

BUNDLE = ROOT / "lib" / "kembar" / "default_bundle"


def main() -> None:
    folder = dataset("mall-dev")
    training = BUNDLE.with_name("default_bundle.training")
    spark_submit("train", "--listings", folder / "train.csv", "--images", images_of(folder), "--bundle", BUNDLE)
    shutil.rmtree(training)
    print((BUNDLE / "README.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
