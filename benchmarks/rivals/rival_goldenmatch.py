"""GoldenMatch with a configuration: weighted scorers over title and hash, blocks of rare words.

Tuned: which of its scorers and their weights, and the grouping; its own threshold is set so low that it only
drops what no grouping would join. Its cosine of given vectors, beside them, was 0.002 better on one tuning part at
four times the time, so it is not among them.
"""

import logging
from dataclasses import dataclass

import goldenmatch
import numpy as np
import pandas as pd
import pyarrow as pa
from features import clean
from goldenmatch import BlockingConfig, GoldenMatchConfig, GoldenRulesConfig, MatchkeyConfig, MatchkeyField
from grouping import Cut, Pairs, choose_cut

logging.disable(logging.WARNING)
# Weights of scorer and field; the rest of a weighted mean's scorers were behind on a tuning part.
VARIANTS = [
    {"qgram": 1.0, "phash": 0.25},
    {"qgram": 1.0, "phash": 0.5},
    {"qgram": 1.0, "phash": 0.75},
    {"qgram": 1.0, "ensemble": 0.3, "phash": 0.5},
    {"qgram": 1.0, "token_sort": 0.3, "phash": 0.5},
]
FLOOR = 0.2


@dataclass(frozen=True)
class Model:
    """`weights` by scorer."""

    weights: dict[str, float]
    cut: Cut
    chosen_f1: float


def _pairs(catalogue: pd.DataFrame, weights: dict[str, float]) -> Pairs:
    columns = {
        "title": [clean(title) or None for title in catalogue["title"]],
        "phash": [text or None for text in catalogue["image_phash"]],
    }
    fields = [
        MatchkeyField(field="phash" if scorer == "phash" else "title", scorer=scorer, weight=weight)
        for scorer, weight in weights.items()
    ]
    often = int(max(10, 0.75 * len(catalogue) ** 0.5))  # a word of more listings than this is not rare
    config = GoldenMatchConfig(
        matchkeys=[MatchkeyConfig(name="listing", type="weighted", threshold=FLOOR, fields=fields)],
        blocking=BlockingConfig(strategy="token", token={"column": "title", "min_token_length": 2, "max_df": often}),
        # Its own clusters are not used, and splitting the large ones that a low threshold makes takes minutes.
        golden_rules=GoldenRulesConfig(default_strategy="most_complete", auto_split=False),
    )
    found = np.array(goldenmatch.dedupe_df(pa.table(columns), config=config).scored_pairs, dtype=np.float64)
    left, right, score = found.reshape(-1, 3).T
    return Pairs.of(len(catalogue), left.astype(np.int64), right.astype(np.int64), score)


def fit(train: pd.DataFrame) -> Model:
    tried = [Model(weights, *choose_cut(_pairs(train, weights), train["label_group"])) for weights in VARIANTS]
    return max(tried, key=lambda model: model.chosen_f1)


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:
    return _pairs(catalogue, model.weights)
