"""Planted pairs among candidates, counted from files in bounded memory, whoever proposed them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def _numbers(ids: pa.Array | pa.ChunkedArray) -> Rows:
    """Ids such as load_123 as numbers, which sort and compare faster than text."""
    return np.asarray(pc.cast(pc.utf8_slice_codeunits(ids, len("load_")), pa.int64()))


class Planted:
    """The truth of a catalogue of codes for load."""

    def __init__(self, catalogue: Path) -> None:
        table = pq.read_table(catalogue / "listings.parquet", columns=["posting_id", "label_group"])
        ids = _numbers(table["posting_id"])
        order = np.argsort(ids)
        self._ids = ids[order]
        self._products = np.asarray(table["label_group"].cast(pa.int64()))[order]
        sizes = np.bincount(self._products)
        self.listings, self.pairs = len(ids), int((sizes * (sizes - 1) // 2).sum())

    def product_of(self, ids: pa.Array | pa.ChunkedArray) -> Rows:
        """The product of each listing."""
        return self._products[np.searchsorted(self._ids, _numbers(ids))]

    def among(self, matches: Path) -> dict[str, float]:
        """Recall of the planted pairs and candidates per listing of a MATCHES folder."""
        found = candidates = 0
        for batch in ds.dataset(matches).to_batches(columns=["posting_id_l", "posting_id_r"]):
            left, right = (self.product_of(batch[f"posting_id_{side}"]) for side in "lr")
            found, candidates = found + int((left == right).sum()), candidates + len(batch)
        return {"recall": found / self.pairs, "candidates_per_listing": candidates / self.listings}
