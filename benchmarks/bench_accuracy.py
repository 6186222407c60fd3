"""How good the groups are: by modality, ingredient, grouping, growth and number of labels, on whole catalogues.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_accuracy.py [TABLE ...] [--set SECTION.KEY=VALUE ...]

Catalogues, candidate pairs and results are kept in build/accuracy: naming a table runs that one again, and the page
is made of the last results of all, once there are all. They are kept by the settings alone: name --fresh where the
library has changed.
"""

import argparse
from collections.abc import Callable
from typing import Any

from accuracy.calibration import by_calibration
from accuracy.grocery import by_photos
from accuracy.grouping import by_grouping
from accuracy.growth import by_growth
from accuracy.ingredients import by_ingredient
from accuracy.learning import by_labels
from accuracy.losses import by_loss
from accuracy.modality import by_modality, with_holes
from accuracy.page import write_sections
from accuracy.prepare import NAMES, Workshop
from accuracy.small_cnn import by_tower
from common import dataset, write_page
from threadpoolctl import threadpool_limits

from kembar.config import load_settings

TABLES: dict[str, Callable[[Workshop], dict[str, Any]]] = {
    "modality": by_modality,
    "holes": with_holes,
    "ingredients": by_ingredient,
    "grouping": by_grouping,
    "calibration": by_calibration,
    "growth": by_growth,
    "learning": by_labels,
    "grocery": by_photos,
    "losses": by_loss,
    "cnn": by_tower,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=list(TABLES), metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="SECTION.KEY=VALUE")
    parser.add_argument("--fresh", action="store_true", help="encode, train and propose anew")
    args = parser.parse_args()
    if unknown := sorted(set(args.tables) - set(TABLES)):
        parser.error(f"no such table: {', '.join(unknown)}; there are {', '.join(TABLES)}")
    for name in (*NAMES, "shopee-dev"):
        dataset(name)
    shop = Workshop(load_settings(overrides=["training.base=scratch", *args.settings]))
    if args.fresh:
        shop.keep.forget()
    for table in args.tables:
        with threadpool_limits(1):  # the fits are many small products, which threads only slow down
            shop.keep.write(table, lambda table=table: TABLES[table](shop))
    if missing := [table for table in TABLES if shop.keep.read(table) is None]:
        print(f"the page stays as it is: it needs a run of {', '.join(missing)} too")
        return
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_accuracy.py"
    write_page("accuracy", "Accuracy", command, write_sections(shop.keep.read))


if __name__ == "__main__":
    main()
