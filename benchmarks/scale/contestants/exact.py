"""Every pair compared, in blocks of NumPy and SciPy: the same five distances, the nearest kept of each listing.

Likeness is the sum of one minus each distance. Blocks of queries are multiplied with all listings: dense codes by
BLAS, TF-IDF rows by SciPy's sparse product, hashes by counting bits. Memory is a few matrices of `[block, n]`.
"""

import sys

import numpy as np
import pyarrow as pa
from shared import KEPT, Clock, nearest_kept, read_encoded, read_products, report

from kembar.index.catalogue_index import CatalogueIndex, build_index
from kembar.index.query_expansion import comparable
from kembar.index.tfidf import hash_terms
from kembar.model.distances import HASH_REACH_BITS

_CELLS = 2**25  # of a block of likenesses: 128 MiB


def read_index() -> tuple[CatalogueIndex, np.ndarray, int]:
    """The index that match would build, the products of its rows, and how many planted pairs there are."""
    table = read_encoded(["content", "image_embedding", "title_embedding", "phash", "terms"])
    hashed = pa.Table.from_batches(list(hash_terms(iter(table.to_batches())))).combine_chunks()
    index, posting_ids = build_index(hashed)
    return comparable(index), *read_products(pa.chunked_array([pa.array(posting_ids)]))


def likeness(index: CatalogueIndex, dense: dict[str, np.ndarray], rows: slice) -> np.ndarray:
    """Summed likeness of the listings `rows` to all, float32 `[block, n]`; a missing modality adds nothing."""
    total = dense["image"][rows] @ dense["image"].T
    total += dense["title"][rows] @ dense["title"].T
    for sparse in (index.words, index.characters):
        total += (sparse[rows] @ sparse.T).toarray()
    bits = np.bitwise_count(index.phash[rows, None] ^ index.phash[None]).astype(np.float32)
    both = index.has_hash[rows, None] & index.has_hash[None]
    return total + both * np.maximum(1 - bits / HASH_REACH_BITS, 0)


def best_of(total: np.ndarray, rows: slice, kept: int) -> np.ndarray:
    """The `kept` listings most like each row's, int64 `[block, kept]`, the most like first."""
    at = np.arange(rows.start, rows.start + len(total))
    total[np.arange(len(total)), at] = -np.inf
    top = np.argpartition(-total, kept - 1, axis=1)[:, :kept]
    order = np.argsort(-np.take_along_axis(total, top, axis=1), axis=1)
    return np.take_along_axis(top, order, axis=1)


def main(which: str) -> None:
    reading = Clock()
    index, product, pairs = read_index()
    read, scanning = reading(), Clock()
    n = len(index)
    dense = {name: getattr(index, name).astype(np.float32) for name in ("image", "title")}
    block, kept = max(_CELLS // n, 1), min(max(KEPT), n - 1)
    near = np.empty((n, kept), np.int64)
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        codes = dense["image"]
        total = likeness(index, dense, rows) if which == "five" else codes[rows] @ codes.T
        near[rows] = best_of(total, rows, kept)
    reading_counts = read if which == "five" else 0.0  # the codes alone are read in no time
    spent = scanning() + reading_counts
    for k, left, right in nearest_kept(np.arange(n), near):
        report(f"{k} nearest", spent, (left, right), product, pairs, reading_counts)


if __name__ == "__main__":
    main(sys.argv[2])
