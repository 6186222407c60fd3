"""The truth by row of the catalogue index."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


@dataclass(frozen=True)
class RowLabels:
    """product: `[n]`, equal for the listings of one product (a listing without a label is its own); held_out: `[n]`,
    whether the product was kept out of training; fold: `[n]`, the product's fold, −1 without a label."""

    product: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    fold: NDArray[np.int64]

    @property
    def products(self) -> int:
        """Labelled ones."""
        return len(np.unique(self.product[self.fold >= 0]))


def labels_by_row(split: pa.Table, posting_ids: list[str]) -> RowLabels:
    """The table `posting_id, label_group, split, fold` in the order of the index."""
    place = pc.index_in(pa.array(posting_ids), split["posting_id"])
    known = ~np.asarray(place.is_null())
    at = np.asarray(place.drop_null())
    group = np.asarray(pc.dictionary_encode(split["label_group"]).combine_chunks().indices, dtype=np.int64)
    product = np.arange(len(posting_ids), dtype=np.int64) + len(split)
    product[known] = group[at]
    held_out = np.zeros(len(posting_ids), bool)
    held_out[known] = np.asarray(pc.equal(split["split"], "held_out"))[at]
    fold = np.full(len(posting_ids), -1, np.int64)
    fold[known] = np.asarray(split["fold"].combine_chunks(), dtype=np.int64)[at]
    return RowLabels(product, held_out, fold)
