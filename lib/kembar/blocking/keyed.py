"""Blocks by key: the listings that share a band of their perceptual hash, or a rare word of their title.

Two caps keep the comparisons of a listing from growing in proportion to the catalogue. A block larger than `max_block`
is cut by a further key, so that a listing still meets the most similar ones. A listing opens the blocks of its rarest
words until `word_comparisons` are spent. The counts include what the caps leave out.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.blocking.scale_limits import scale_limits
from kembar.config import BlockingSettings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.mapped_arrays import map_array, map_sparse, save_array, save_sparse
from kembar.types import Rows


@dataclass(frozen=True)
class BlockCounts:
    """Counts of blocks.

    Attributes:
        blocks: Blocks that can be opened.
        cut: Keys that more than `max_block` listings share.
        left_out: Memberships (a listing in a block) that the budget does not open.
    """

    blocks: int
    cut: int
    left_out: int


@dataclass(frozen=True)
class KeyedBlocks:
    """Blocks as sparse matrices.

    The product of both values, summed over the blocks that two listings share, is the weight of their pair.

    Attributes:
        opened: `[n, blocks]`, the blocks that each listing opens.
        members: `[blocks, n]`, the listings in each block.
    """

    opened: csr_array
    members: csr_array
    counts: BlockCounts

    def pairs(self, rows: Rows) -> csr_array:
        """Weights of the pairs that `rows` find, including pairs with themselves, `[len(rows), n]`."""
        return self.opened[rows] @ self.members

    def save(self, prefix: Path) -> None:
        """Write one file for each array, see `kembar.index.mapped_arrays`."""
        save_sparse(prefix, "opened", self.opened)
        save_sparse(prefix, "members", self.members)
        save_array(prefix, "counts", np.array(list(vars(self.counts).values())))

    @staticmethod
    def load(prefix: Path) -> "KeyedBlocks":
        """Map the files of `save`."""
        counts = BlockCounts(*map_array(prefix, "counts").tolist())
        return KeyedBlocks(map_sparse(prefix, "opened"), map_sparse(prefix, "members"), counts)


def split_blocks(
    key: NDArray[np.int64], further: NDArray[np.int64], max_block: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The block number of each membership `[m]`, and the number of blocks of each key.

    Args:
        key: `[m]`, equal for the members of a block.
        further: `[m]`, the order in which a large block is cut into runs of nearly equal size.
        max_block: The most members of a block.
    """
    order = np.lexsort((further, key))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) != 0])[: len(key)])
    sizes = np.diff(starts, append=len(key))
    runs = -(-sizes // max_block)
    rank = np.arange(len(key)) - np.repeat(starts, sizes)
    number = np.empty(len(key), np.int64)
    number[order] = np.repeat(np.cumsum(runs) - runs, sizes) + rank * np.repeat(runs, sizes) // np.repeat(sizes, sizes)
    return number, runs


def filter_blocks(row: Rows, frequency: NDArray[np.int64], cost: NDArray[np.int64], budget: int) -> NDArray[np.bool_]:
    """Which memberships a listing opens: its rarest ones whose costs add up to at most `budget`, all `[m]`.

    A listing always opens its rarest block, so that no listing is left without one.
    """
    order = np.lexsort((cost, frequency, row))
    first = np.flatnonzero(np.diff(row[order], prepend=-1))
    spent = np.cumsum(cost[order])
    before = np.repeat(spent[first] - cost[order][first], np.diff(first, append=len(row)))
    opens = np.empty(len(row), bool)
    opens[order] = spent - before <= budget
    opens[order[first]] = True
    return opens


@dataclass(frozen=True)
class _Memberships:
    """Each listing that has a key: its row, the key, and its weight there; all `[m]`."""

    row: Rows
    key: NDArray[np.int64]
    weight: NDArray[np.float32]

    @cached_property
    def frequency(self) -> NDArray[np.int64]:
        """How many listings have the key."""
        _, place, counts = np.unique(self.key, return_inverse=True, return_counts=True)
        return counts[place]

    def shared(self) -> "_Memberships":
        """Drop the keys that only one listing has."""
        shared = self.frequency > 1
        return _Memberships(self.row[shared], self.key[shared], self.weight[shared])

    def blocks(self, listings: int, further: NDArray[np.int64], max_block: int, budget: int | None) -> KeyedBlocks:
        """further: `[listings]`, the order in which large blocks are cut."""
        number, runs = split_blocks(self.key, further[self.row], max_block)
        opens = np.ones(len(self.row), bool)
        if budget is not None and len(self.row):
            opens = filter_blocks(self.row, self.frequency, np.bincount(number)[number], budget)
        shape, at = (listings, int(runs.sum())), (self.row, number.astype(np.int32))
        opened = csr_array((self.weight[opens], tuple(side[opens] for side in at)), shape=shape)
        members = csr_array((self.weight, at[::-1]), shape=shape[::-1])
        counts = BlockCounts(len(np.unique(number[opens])), int((runs > 1).sum()), int((~opens).sum()))
        return KeyedBlocks(opened, members, counts)


def hash_blocks(index: CatalogueIndex, settings: BlockingSettings) -> KeyedBlocks:
    """Blocks of listings with an equal band of the hash (Indyk & Motwani 1998); the whole hash is the further key.

    If a catalogue has more listings than a band has values, different products share a band by chance, and its weight
    decreases in proportion. Otherwise such pairs would take half of every listing's proposals at a million listings.
    """
    rows, bands = np.flatnonzero(index.has_hash), np.arange(settings.hash_bands)
    width = 64 // settings.hash_bands
    shifts, mask = (bands * width).astype(np.uint64), np.uint64((1 << width) - 1)
    key = ((index.phash[rows, None] >> shifts) & mask).astype(np.int64) * settings.hash_bands + bands
    strangers = max(1.0, len(rows) / 2**width)
    weight = np.full(key.size, (settings.hash_weight / strangers) ** 0.5, np.float32)
    found = _Memberships(np.repeat(rows, settings.hash_bands), key.ravel(), weight).shared()
    return found.blocks(len(index), index.phash.view(np.int64), settings.max_block, None)


def word_blocks(index: CatalogueIndex, settings: BlockingSettings, topic: NDArray[np.int32]) -> KeyedBlocks:
    """Blocks of listings whose titles share one of their rarest words.

    The weights are those of TF-IDF, so the weight of a pair is the cosine over these words. `topic` `[n]`, equal for
    titles with similar meaning, is the further key.
    """
    words = index.words
    row = np.repeat(np.arange(len(index)), np.diff(words.indptr))
    found = _Memberships(row, words.indices.astype(np.int64), words.data.astype(np.float32)).shared()
    limits = scale_limits(settings, len(index))
    return found.blocks(len(index), topic.astype(np.int64), limits.max_block, limits.word_comparisons)
