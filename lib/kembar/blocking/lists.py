"""Candidate lists: the proposals that each listing keeps after the first stage.

A pair that both sides keep is in two lists. The driver ships all lists to the tasks as four small arrays. So each task
knows which of its pairs another list has too, and every pair is scored once without a shuffle of all pairs.
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
    """The lists of all listings of a catalogue; the list of row i is at `start[i]:start[i + 1]`.

    Attributes:
        start: int64 `[n + 1]`.
        other: int32 `[m]`, ascending within a list.
        blocks: uint8 `[m]`, a bit set of sources.
        best: float32 `[n]`, the highest first-stage logit of each listing's pairs.
    """

    start: Rows
    other: NDArray[np.int32]
    blocks: NDArray[np.uint8]
    best: NDArray[np.float32]

    @staticmethod
    def of(listings: int, table: pa.Table) -> "CandidateLists":
        """Build the lists from `row, others, blocks, first_look`, in any order, each row at most once."""
        table = table.sort_by("row").combine_chunks()
        rows, others = np.asarray(table["row"].combine_chunks()), table["others"].combine_chunks()
        sizes = np.zeros(listings, np.int64)
        sizes[rows] = np.asarray(others.value_lengths())
        other = np.asarray(others.flatten()).astype(np.int32)
        look = np.asarray(table["first_look"].combine_chunks().flatten())
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
        """The positions of `others` in the lists of `rows`, `[pairs]`, −1 if absent, by binary search."""
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
        """Write one file for each array, see `kembar.index.mapped_arrays`."""
        for name in _ARRAYS:
            save_array(prefix, name, getattr(self, name))

    @staticmethod
    def load(prefix: Path) -> "CandidateLists":
        """Map the files of `save`."""
        return CandidateLists(*(map_array(prefix, name) for name in _ARRAYS))
