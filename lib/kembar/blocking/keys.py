"""Block keys: listings that share one are compared. Five sources, each for what the others miss.

Perceptual-hash bands find the same picture (Indyk & Motwani 1998); rare title terms find
the same words, brand and model number; nearest codes find what means or looks alike, and
nearest hashes the picture with larger changes. A nearest pair is a block of two.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.blocking.neighbours import Cells, Codes, Rows, build_cells, nearest
from kembar.catalogue import CatalogueIndex
from kembar.config import BlockingSettings

SOURCES = ("hash_band", "image_near", "title_near", "rare_term", "hash_near")
BLOCKS = "block bigint, source int, row bigint, weight float"

_SOURCE_SHIFT, _TABLE_SHIFT, _RANK_BITS = 60, 52, 10


def term_cap(listings: int, floor: int) -> int:
    """The largest document frequency of a term that still opens a block.

    It grows with the square root of the catalogue: a constant loses the words of a
    larger catalogue, a constant share makes the pairs grow with its square.

    >>> term_cap(4_000, 30), term_cap(400_000, 30)
    (60, 600)
    """
    return round(floor * max(1.0, (listings / 1000) ** 0.5))


class _Same:
    """An index as a cache key: by identity, since arrays have no hash."""

    def __init__(self, index: CatalogueIndex) -> None:
        self.index = index

    def __hash__(self) -> int:
        return id(self.index)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.index is other.index


def _coded(index: CatalogueIndex) -> dict[str, tuple[Codes, NDArray[np.bool_]]]:
    """For each source of nearest listings, how to read codes and which listings have one."""
    places = np.arange(64, dtype=np.uint64)

    def hashes(rows: Rows) -> NDArray[np.float32]:
        # As ±1/8 the cosine of two hashes is 1 - bits/32.
        bits = (index.phash[rows][:, None] >> places & np.uint64(1)).astype(np.float32)
        return ((bits - 0.5) / 4).astype(np.float32)

    return {
        "image_near": (lambda rows: index.image[rows].astype(np.float32), index.has_image),
        "title_near": (lambda rows: index.title[rows].astype(np.float32), index.has_title),
        "hash_near": (hashes, index.has_hash),
    }


@lru_cache(maxsize=1)
def _cells_of(same: _Same, seed: int) -> dict[str, Cells]:
    """Built once in each process."""
    coded = _coded(same.index).items()
    return {source: build_cells(codes, np.flatnonzero(has), seed) for source, (codes, has) in coded if has.any()}


def _near_columns(source: str, found: tuple[Rows, Rows, NDArray[np.float32]], weight: float) -> dict[str, NDArray]:  # type: ignore[type-arg]
    query, other, cosine = found
    rank = np.arange(len(query)) - np.searchsorted(query, query)
    block = (np.int64(SOURCES.index(source)) << _SOURCE_SHIFT) | (query << _RANK_BITS) | rank
    return {
        "block": np.repeat(block, 2),
        "source": np.full(2 * len(query), 1 << SOURCES.index(source), np.int32),
        "row": np.column_stack([query, other]).ravel(),
        "weight": np.repeat(np.sqrt(weight * np.clip(cosine, 0, 1)), 2).astype(np.float32),
    }


def _hash_keys(phash: NDArray[np.uint64], bands: int) -> NDArray[np.int64]:
    bits = np.uint64(64 // bands)
    shifts = np.arange(bands, dtype=np.uint64) * bits
    return ((phash[:, None] >> shifts) & np.uint64((1 << int(bits)) - 1)).astype(np.int64)


def _table(source: str, table: NDArray[np.int64] | int, key: NDArray[np.int64]) -> NDArray[np.int64]:
    return (np.int64(SOURCES.index(source)) << _SOURCE_SHIFT) | (np.int64(1) * table << _TABLE_SHIFT) | key


def _columns(source: str, rows: NDArray[np.int64], keys: NDArray[np.int64], weight: float) -> dict[str, NDArray]:  # type: ignore[type-arg]
    tables = np.arange(keys.shape[1], dtype=np.int64)
    return {
        "block": _table(source, tables, keys).ravel(),
        "source": np.full(keys.size, 1 << SOURCES.index(source), np.int32),
        "row": np.repeat(rows, keys.shape[1]),
        "weight": np.full(keys.size, weight**0.5, np.float32),
    }


def _term_columns(index: CatalogueIndex, rows: NDArray[np.int64], cap: int) -> dict[str, NDArray]:  # type: ignore[type-arg]
    part = index.words[rows]
    frequency = index.word_frequency[part.indices]
    rare = (frequency > 1) & (frequency <= cap)
    return {
        "block": _table("rare_term", 0, part.indices[rare].astype(np.int64)),
        "source": np.full(int(rare.sum()), 1 << SOURCES.index("rare_term"), np.int32),
        "row": np.repeat(rows, np.diff(part.indptr))[rare],
        "weight": part.data[rare].astype(np.float32),
    }


def block_keys(index: CatalogueIndex, rows: NDArray[np.int64], settings: BlockingSettings) -> pa.RecordBatch:
    """Every block that `rows` belong to, as BLOCKS.

    The weights are such that their product, summed over the blocks that two listings
    share, ranks the pair: the TF-IDF cosine over rare terms, plus a constant for each
    shared hash band, plus a share of the cosine for each side that is nearest to the other.
    `rows` ascend.
    """
    hashed = rows[index.has_hash[rows]]
    parts = [
        _columns("hash_band", hashed, _hash_keys(index.phash[hashed], settings.hash_bands), settings.hash_weight),
        _term_columns(index, rows, term_cap(len(index), settings.rare_term_floor)),
    ]
    counts = {
        "image_near": settings.near_images,
        "title_near": settings.near_titles,
        "hash_near": settings.near_hashes,
    }
    cells = _cells_of(_Same(index), settings.seed)
    for source, (codes, has) in _coded(index).items():
        present = rows[has[rows]]
        if len(present):
            found = nearest(codes, cells[source], present, counts[source])
            parts.append(_near_columns(source, found, settings.near_weight))
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in merged.items()})
