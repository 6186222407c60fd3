"""Candidate lists: what each listing keeps of its proposals after the first look.

A pair that both sides keep stands in two lists. Tasks know every list, as four small arrays that the driver
ships, and so each says of its own pairs whether the other side will speak for them: a pair is scored once without a
shuffle of all pairs.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.index.mapped_arrays import map_array, save_array
from kembar.model.discriminator import MIN_LOGIT
from kembar.types import Rows

_ARRAYS = ("start", "other", "blocks", "best")


@dataclass(frozen=True)
class CandidateLists:
    """Of every listing of a catalogue, ragged: the list of row i is at `start[i]:start[i + 1]`.

    start: int64 `[n + 1]`; other: int32 `[m]`, ascending within a list; blocks: uint8 `[m]`; best: float32 `[n]`, the
    highest first look of any pair of each listing.
    """

    start: Rows
    other: NDArray[np.int32]
    blocks: NDArray[np.uint8]
    best: NDArray[np.float32]

    @staticmethod
    def of(listings: int, table: pa.Table) -> "CandidateLists":
        """From `row, others, blocks, first_logit`, in any order, of each row at most once."""
        table = table.sort_by("row").combine_chunks()
        rows, others = np.asarray(table["row"].combine_chunks()), table["others"].combine_chunks()
        sizes = np.zeros(listings, np.int64)
        sizes[rows] = np.asarray(others.value_lengths())
        other = np.asarray(others.flatten()).astype(np.int32)
        look = np.asarray(table["first_logit"].combine_chunks().flatten())
        blocks = np.asarray(table["blocks"].combine_chunks().flatten()).astype(np.uint8)
        best = np.full(listings, MIN_LOGIT, np.float32)
        np.maximum.at(best, np.repeat(np.arange(listings), sizes), look)
        np.maximum.at(best, other, look)
        return CandidateLists(np.concatenate([[0], np.cumsum(sizes)]), other, blocks, best)

    @cached_property
    def longest(self) -> int:
        """The length of the longest list."""
        return int(np.diff(self.start).max(initial=0))

    def find(self, rows: Rows, others: Rows) -> Rows:
        """Where in the lists of `rows` the `others` stand, `[pairs]`; −1 where they don't. A binary search in each."""
        low, high = self.start[rows].copy(), self.start[rows + 1].copy()
        end = high.copy()
        for _ in range(self.longest.bit_length()):
            middle = (low + high) // 2
            before = (low < high) & (self.other[np.minimum(middle, len(self.other) - 1)] < others)
            low, high = np.where(before, middle + 1, low), np.where(before | (low >= high), high, middle)
        there = low < end
        there[there] = self.other[low[there]] == others[there]
        return np.where(there, low, -1)

    def save(self, prefix: Path) -> None:
        """Write one file an array, see `kembar.index.mapped_arrays`."""
        for name in _ARRAYS:
            save_array(prefix, name, getattr(self, name))

    @staticmethod
    def load(prefix: Path) -> "CandidateLists":
        """Map the files of `save`."""
        return CandidateLists(*(map_array(prefix, name) for name in _ARRAYS))
