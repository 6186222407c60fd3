"""What contestants share: reading a catalogue, the truth, and saying what a setting gave. Needs no kembar."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CATALOGUE = Path(sys.argv[1])
KEPT = (5, 10, 20, 45)
"""Nearest kept of each listing."""


def _by_number(table: pa.Table) -> pa.Table:
    numbers = table["posting_id"].cast(pa.string()).combine_chunks()
    return table.take(pa.array(np.argsort(np.array([int(text[5:]) for text in numbers.to_pylist()]))))


def read_encoded(columns: list[str]) -> pa.Table:
    """The listings that were encoded, by number."""
    return _by_number(
        pq.read_table(CATALOGUE / "encoded" / "listings", columns=["posting_id", *columns])
    ).combine_chunks()


def read_products(ids: pa.ChunkedArray) -> tuple[np.ndarray, int]:
    """The product of each of the listings, and how many planted pairs the whole catalogue has."""
    table = pq.read_table(CATALOGUE / "listings.parquet", columns=["posting_id", "label_group"])
    product = dict(zip(table["posting_id"].to_pylist(), map(int, table["label_group"].to_pylist()), strict=True))
    sizes = np.bincount(np.fromiter(product.values(), np.int64))
    return np.array([product[i] for i in ids.to_pylist()]), int((sizes * (sizes - 1) // 2).sum())


def dense(column: pa.ChunkedArray) -> np.ndarray:
    """Codes as float32 `[n, dim]`, zero rows where missing."""
    lists = column.combine_chunks()
    present = ~np.asarray(lists.is_null())
    flat = np.asarray(lists.drop_null().flatten(), np.float32)
    codes = np.zeros((len(present), len(flat) // max(int(present.sum()), 1)), np.float32)
    codes[present] = flat.reshape(int(present.sum()), -1)
    return codes


def nearest_kept(rows: np.ndarray, near: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For each number kept, the pairs of `rows[i]` with `near[i, :kept]`, the nearest first; a listing with itself is
    left out by `near` or here."""
    for kept in KEPT:
        if kept <= near.shape[1]:
            left, right = np.repeat(rows, kept), near[:, :kept].ravel()
            good = (left != right) & (right >= 0)
            yield kept, left[good], right[good]


Pairs = tuple[np.ndarray, np.ndarray]


def report(name: str, seconds: float, found: Pairs, product: np.ndarray, planted: int, reading: float = 0) -> None:
    """Print a setting's figures as a line of JSON. found: rows of each pair, in any order and as often as may be;
    planted: how many true pairs there are; reading: how many of the seconds grow in proportion to the catalogue."""
    left, right = found
    n = len(product)
    unique = np.unique(np.minimum(left, right).astype(np.int64) * n + np.maximum(left, right))
    true = int((product[unique // n] == product[unique % n]).sum())
    figures = {"seconds": round(seconds, 2), "reading": round(reading, 2), "recall": true / planted}
    print("RESULT " + json.dumps({"setting": name, **figures, "candidates_per_listing": len(unique) / n}), flush=True)


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._start
