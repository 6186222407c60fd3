"""Splink's blocking on DuckDB: pairs that share a rare word or a band of the hash, by its own rules.

Splink proposes pairs and does not rank them by codes, so only how many it takes is set: up to how many listings a word
is rare. Seconds are those of Splink's `deterministic_link`, which evaluates blocking rules alone.
"""

import logging

import numpy as np
import pandas as pd
from shared import Clock, read_encoded, read_products, report
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.getLogger("splink").setLevel(logging.ERROR)
FLOORS = (0.25, 0.5, 1.0)
"""A word is rare up to so many times the square root of the catalogue."""
BANDS = 4


def main() -> None:
    table = read_encoded(["phash", "terms"])
    product, pairs = read_products(table["posting_id"])
    terms = [sorted(set(row or [])) for row in table["terms"].to_pylist()]
    seen = pd.Series([word for row in terms for word in row]).value_counts().to_dict()
    hashes = [text or None for text in table["phash"].to_pylist()]
    for floor in FLOORS:
        clock = Clock()
        cap = max(10.0, floor * len(terms) ** 0.5)
        frame = pd.DataFrame({"unique_id": np.arange(len(terms))})
        frame["rare"] = [[word for word in row if 1 < seen[word] <= cap] for row in terms]
        for band in range(BANDS):
            frame[f"band_{band}"] = [text and text[4 * band : 4 * band + 4] for text in hashes]
        rules = [block_on("rare", arrays_to_explode=["rare"]), *(block_on(f"band_{band}") for band in range(BANDS))]
        settings = SettingsCreator(link_type="dedupe_only", blocking_rules_to_generate_predictions=rules)
        linker = Linker(DuckDBAPI().register(frame), settings)
        found = linker.inference.deterministic_link().as_pandas_dataframe()
        spent = clock()
        left, right = (found[f"unique_id_{side}"].to_numpy() for side in "lr")
        report(f"words of up to {cap:.0f}", spent, (left, right), product, pairs)


if __name__ == "__main__":
    main()
