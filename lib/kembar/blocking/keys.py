"""Block keys: listings that share one are compared. Four sources, each for what the others miss.

Perceptual-hash bands find the same picture with small changes (Indyk & Motwani 1998);
random hyperplanes over the codes find what means or looks alike (Charikar 2002,
doi:10.1145/509907.509965); rare title terms find the same words, brand and model number.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.config import BlockingSettings

SOURCES = ("hash_band", "image_lsh", "title_lsh", "rare_term")
BLOCKS = "block bigint, source int, row bigint, weight float"

_SOURCE_SHIFT, _TABLE_SHIFT = 60, 52
_LARGEST_KEY_BITS = 30


def hyperplane_bits(listings: int, bucket: int) -> int:
    """Bits of a table so that an even catalogue puts about `bucket` listings into each block.

    >>> hyperplane_bits(70_000, 20)
    12
    """
    return int(np.clip(round(np.log2(max(listings, 1) / bucket)), 1, _LARGEST_KEY_BITS))


def term_cap(listings: int, floor: int) -> int:
    """The largest document frequency of a term that still opens a block.

    It grows with the square root of the catalogue: a constant loses the words of a
    larger catalogue, a constant share makes the pairs grow with its square.

    >>> term_cap(4_000, 30), term_cap(400_000, 30)
    (60, 600)
    """
    return round(floor * max(1.0, (listings / 1000) ** 0.5))


def _hyperplane_keys(codes: NDArray[np.float16], tables: int, bits: int, seed: int) -> NDArray[np.int64]:
    """`[n, tables]` bucket numbers; the planes depend on seed and width alone."""
    planes = np.random.default_rng(seed).standard_normal((codes.shape[1], tables * bits), dtype=np.float32)
    sides = (codes.astype(np.float32) @ planes > 0).reshape(len(codes), tables, bits)
    return sides @ (np.int64(1) << np.arange(bits, dtype=np.int64))


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
    shared hash band and each shared hyperplane bucket.
    """
    hashed = rows[index.has_hash[rows]]
    parts = [
        _columns("hash_band", hashed, _hash_keys(index.phash[hashed], settings.hash_bands), settings.hash_weight),
        _term_columns(index, rows, term_cap(len(index), settings.rare_term_floor)),
    ]
    codes = (("image_lsh", index.image, index.has_image), ("title_lsh", index.title, index.has_title))
    bits = hyperplane_bits(len(index), settings.lsh_bucket)
    for source, code, has in codes:
        present = rows[has[rows]]
        keys = _hyperplane_keys(code[present], settings.lsh_tables, bits, settings.seed)
        parts.append(_columns(source, present, keys, settings.lsh_weight))
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in merged.items()})
