"""The protocol that every rival, and kembar, goes through: who is trained on what, and what counts.

Five folds of whole groups. For each, a rival is trained and tuned on the labelled listings of the other four;
then it groups the whole catalogue, and only the listings of the held-out fold are scored. The catalogue is
larger than the fold on purpose: in a pool of a fifth, most of the look-alikes would be missing.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FOLDS = 5
SETTINGS = ("alone", "distractors")
Rows = NDArray[np.int64]


def split_folds(listings: pd.DataFrame, seed: int = 7) -> pd.Series:
    """A fold for each row: whole groups, dealt at random, as in the benchmark of quality."""
    groups = np.sort(listings["label_group"].unique())
    dealt = np.random.default_rng(seed).permutation(len(groups)) % FOLDS
    return listings["label_group"].map(dict(zip(groups, dealt, strict=True)))


def read_listings(data: Path) -> pd.DataFrame:
    """The labelled listings; an empty string where title or hash is missing."""
    return pd.read_csv(data / "shopee-dev" / "train.csv", dtype=str, keep_default_na=False)


def read_unlabelled(data: Path, setting: str) -> pd.DataFrame:
    """The listings without labels, in the second setting followed by titles that are nobody's twin."""
    columns = ["posting_id", "image", "image_phash", "title"]
    parts = [read_listings(data)]
    if setting == "distractors":
        parts.append(pd.read_csv(data / "distractors" / "test.csv", dtype=str, keep_default_na=False))
    return pd.concat(parts, ignore_index=True)[columns]


def codes_of(labels: pd.Series | Rows) -> Rows:
    """Labels of any kind as numbers from 0 `[n]`."""
    return pd.factorize(np.asarray(labels))[0].astype(np.int64)


def row_f1(groups: Rows, products: Rows) -> NDArray[np.float64]:
    """F1 of each row's group against its product, itself included, `[n]`; both are codes from 0."""
    _, cell, hits = np.unique(groups * (products.max() + 1) + products, return_inverse=True, return_counts=True)
    return 2 * hits[cell] / (np.bincount(groups)[groups] + np.bincount(products)[products])


def claims_of(catalogue: pd.DataFrame, groups: Rows, rows: Rows) -> pd.DataFrame:
    """The submission of some rows: `posting_id, matches`, itself first."""
    ids = catalogue["posting_id"].to_numpy()
    members = pd.Series(ids).groupby(groups).agg(list)
    matches = [" ".join([ids[row], *(m for m in members[groups[row]] if m != ids[row])]) for row in rows]
    return pd.DataFrame({"posting_id": ids[rows], "matches": matches})


def score_claims(listings: pd.DataFrame, submission: pd.DataFrame) -> dict[str, float | int | list[float]]:
    """Row-wise mean precision, recall and F1 over the listings of a submission, with an interval of F1.

    A match that is no labelled listing is a wrong one. The 95 % interval draws products, not
    listings, with replacement: listings of one product stand and fall together.
    """
    product = dict(zip(listings["posting_id"], listings["label_group"], strict=True))
    size = listings["label_group"].value_counts()
    own = submission["posting_id"].map(product)
    claimed = [set(text.split()) for text in submission["matches"]]
    hits = np.array([sum(product.get(m) == p for m in c) for c, p in zip(claimed, own, strict=True)])
    sizes, counts = own.map(size).to_numpy(), np.array([len(c) for c in claimed])
    f1 = 2 * hits / (counts + sizes)
    low, high = _interval(f1, codes_of(own))
    return {
        "listings": len(f1),
        "f1": float(f1.mean()),
        "precision": float((hits / np.maximum(counts, 1)).mean()),
        "recall": float((hits / sizes).mean()),
        "interval": [low, high],
    }


def _interval(f1: NDArray[np.float64], product: Rows, draws: int = 1000) -> tuple[float, float]:
    total, count = np.bincount(product, f1), np.bincount(product)
    drawn = np.random.default_rng(7).integers(len(count), size=(draws, len(count)))
    low, high = np.percentile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)
