"""Proposes the listings to compare each listing with: joins its blocks, merges the pairs and keeps the heaviest.

There are five sources, and each finds pairs that the others miss. Hash bands find the same picture, and nearest hashes
the same picture with larger changes. Rare words find the same brand and model number. Nearest photo and title codes
find listings that look alike or mean the same.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.blocking.keyed import KeyedBlocks, hash_blocks, word_blocks
from kembar.blocking.scale_limits import scale_limits
from kembar.config import BlockingSettings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.mapped_arrays import beside
from kembar.index.nearest import NearestCodes, hash_codes
from kembar.types import Matrix, Rows

SOURCES = ("hash_band", "image_near", "title_near", "rare_term", "hash_near")
_NEAR = ("image_near", "title_near", "hash_near")
_BITS = len(SOURCES)
_ONE = 1 << 24
"""A weight of 1 in fixed point. One number holds weight and source bits: weight · 2^24 · 2^5 + bits."""


@dataclass(frozen=True)
class Proposals:
    """The proposals of some rows; those of the i-th are `other[start[i]:start[i + 1]]`.

    Attributes:
        start: `[rows + 1]`.
        other: `[m]`, ascending within a row.
        weight: float32 `[m]`.
        blocks: int32 `[m]`, a bit set of SOURCES.
    """

    start: Rows
    other: Rows
    weight: NDArray[np.float32]
    blocks: NDArray[np.int32]


@dataclass(frozen=True)
class Blocking:
    """All blocks of a catalogue."""

    index: CatalogueIndex
    keyed: dict[str, KeyedBlocks]
    near: dict[str, NearestCodes]
    settings: BlockingSettings

    @staticmethod
    def build(index: CatalogueIndex, settings: BlockingSettings) -> "Blocking":
        """Build the blocks of a catalogue; its codes come from `kembar.index.query_expansion.comparable`."""
        near = {}
        for source in _NEAR:
            rows = np.flatnonzero(_has(index, source))
            if len(rows):
                order = index.draw(settings.seed)[rows]
                near[source] = NearestCodes.build(partial(_codes, index, source), rows, order, settings.seed)
        topic = near["title_near"].cell_of(len(index)) if "title_near" in near else np.full(len(index), -1, np.int32)
        keyed = {"hash_band": hash_blocks(index, settings), "rare_term": word_blocks(index, settings, topic)}
        return Blocking(index, keyed, near, settings)

    def save(self, prefix: Path) -> None:
        """Write the blocks next to the index, see `kembar.index.mapped_arrays`."""
        for source, blocks in self.keyed.items():
            blocks.save(beside(prefix, source))
        for source, codes in self.near.items():
            codes.save(beside(prefix, f"{source}.faiss"))

    @staticmethod
    def load(prefix: Path, index: CatalogueIndex, settings: BlockingSettings) -> "Blocking":
        """Map the files of `save`."""
        keyed = {source: KeyedBlocks.load(beside(prefix, source)) for source in ("hash_band", "rare_term")}
        paths = {source: beside(prefix, f"{source}.faiss") for source in _NEAR}
        near = {source: NearestCodes.load(path) for source, path in paths.items() if path.exists()}
        return Blocking(index, keyed, near, settings)

    def counts(self) -> dict[str, dict[str, int]]:
        """BlockCounts of each source of keyed blocks, and the number of cells of each source of nearest listings."""
        keyed = {source: vars(blocks.counts) for source, blocks in self.keyed.items()}
        return keyed | {source: {"cells": codes.file.nlist} for source, codes in self.near.items()}

    def propose(self, rows: Rows) -> Proposals:
        """Propose the heaviest pairs of each of `rows`: `proposals_per_listing`, scaled by `scale_limits`.

        The weight of a pair is the TF-IDF cosine over the rarest words, plus a constant for each shared hash band, plus
        a share of the cosine if one side is among the nearest of the other.

        1. Build a sparse matrix `[rows, n]` of each source's pairs, with weight and source bit in one number.
        2. Add the matrices, and drop pairs of a listing with itself.
        3. Keep the heaviest of each row; of equals the lower rows.
        """
        parts = [self._keyed_pairs(source, rows) for source in self.keyed]
        parts += [self._near_pairs(source, rows) for source in self.near]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return _heaviest(total, rows, scale_limits(self.settings, len(self.index)).proposals_per_listing)

    def _keyed_pairs(self, source: str, rows: Rows) -> csr_array:
        pairs = self.keyed[source].pairs(rows)
        pairs.sort_indices()
        return csr_array((_packed(pairs.data, source), pairs.indices, pairs.indptr), shape=pairs.shape)

    def _near_pairs(self, source: str, rows: Rows) -> csr_array:
        settings = self.settings
        counts = dict(zip(_NEAR, (settings.near_images, settings.near_titles, settings.near_hashes), strict=True))
        there = np.flatnonzero(_has(self.index, source)[rows])
        place, other, cosine = self.near[source](rows[there], _codes(self.index, source, rows[there]), counts[source])
        weight = settings.near_weight * np.clip(cosine, 0, 1)
        return csr_array((_packed(weight, source), (there[place], other)), shape=(len(rows), len(self.index)))


def _has(index: CatalogueIndex, source: str) -> NDArray[np.bool_]:
    """Which listings have the code that a source of nearest listings needs."""
    return {"image_near": index.has_image, "title_near": index.has_title, "hash_near": index.has_hash}[source]


def _codes(index: CatalogueIndex, source: str, rows: Rows) -> Matrix:
    if source == "hash_near":
        return hash_codes(index.phash[rows])
    return (index.image if source == "image_near" else index.title)[rows].astype(np.float32)


def _packed(weight: NDArray[np.float32], source: str) -> NDArray[np.int64]:
    return (np.round(weight * _ONE).astype(np.int64) << _BITS) | (1 << SOURCES.index(source))


def _heaviest(total: csr_array, rows: Rows, count: int) -> Proposals:
    """Keep the `count` largest packed weights of each row, columns ascending; `rows` are the rows' own columns."""
    total.sort_indices()
    owner = np.repeat(np.arange(len(rows)), np.diff(total.indptr))
    kept = total.indices != rows[owner]
    for i in np.flatnonzero(np.diff(total.indptr) > count):
        part = slice(total.indptr[i], total.indptr[i + 1])
        weight = np.where(kept[part], total.data[part], -1)
        order = np.argsort(-(weight >> _BITS), kind="stable")
        kept[part][order[count:]] = False
    sizes = np.bincount(owner[kept], minlength=len(rows))
    data = total.data[kept]
    return Proposals(
        start=np.concatenate([[0], np.cumsum(sizes)]),
        other=total.indices[kept].astype(np.int64),
        weight=((data >> _BITS) / _ONE).astype(np.float32),
        blocks=(data & ((1 << _BITS) - 1)).astype(np.int32),
    )
