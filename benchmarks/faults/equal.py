"""Whether two results are the same: codes, pairs and groups of a catalogue, and the numbers of a bundle."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

CODES = ("image_embedding", "title_embedding")


def _table(folder: Path, *order: str) -> pd.DataFrame:
    return pq.read_table(folder).to_pandas().sort_values([*order], ignore_index=True)


def _apart(ours: pd.Series, theirs: pd.Series) -> float:
    """The largest difference of two columns of codes; infinite where one is missing that the other has."""
    gap = 0.0
    for a, b in zip(ours, theirs, strict=True):
        if (a is None) != (b is None):
            return float("inf")
        gap = max(gap, float(np.abs(a - b).max())) if a is not None else gap
    return gap


def encoded_apart(ours: Path, theirs: Path) -> float:
    """The largest difference of any code; infinite where anything else differs."""
    a, b = (_table(folder / "listings", "posting_id") for folder in (ours, theirs))
    for name in ("posting_id", "content", "phash", "encoder"):
        if not a[name].equals(b[name]):
            return float("inf")
    for name in ("terms", "failures"):
        if list(map(list, a[name])) != list(map(list, b[name])):
            return float("inf")
    if len(pq.read_table(ours / "quarantine")) != len(pq.read_table(theirs / "quarantine")):
        return float("inf")
    return max(_apart(a[name], b[name]) for name in CODES)


def matched_apart(ours: Path, theirs: Path) -> float:
    """The largest difference of a pair's probability; infinite where pairs, groups, ids or the submission differ."""
    if (ours / "submission.csv").read_bytes() != (theirs / "submission.csv").read_bytes():
        return float("inf")
    if not _table(ours / "groups", "posting_id").equals(_table(theirs / "groups", "posting_id")):
        return float("inf")
    pairs = ("posting_id_l", "posting_id_r")
    a, b = (_table(folder / "matches", *pairs) for folder in (ours, theirs))
    if not a[[*pairs]].equals(b[[*pairs]]) or list(map(list, a["blocks"])) != list(map(list, b["blocks"])):
        return float("inf")
    return float((a["probability"] - b["probability"]).abs().max())


def bundles_apart(ours: Path, theirs: Path) -> float:
    """The largest difference of any number of two bundles."""
    gap = 0.0
    for name in ("heads.npz", "discriminator.npz"):
        a, b = np.load(ours / name), np.load(theirs / name)
        gap = max([gap, *(float(np.abs(a[key] - b[key]).max()) for key in a.files)])
    return gap


APART = {"encode": encoded_apart, "match": matched_apart, "train": bundles_apart}
