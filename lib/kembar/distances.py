"""The distances between two listings, each 0 for equal and defined whatever is missing."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.catalogue import CatalogueIndex
from kembar.evidence import DISTANCES, MODALITY_OF

HASH_REACH_BITS = 24
"""From this many differing bits on, two perceptual hashes say nothing: random ones differ by 32 ± 4."""

Rows = NDArray[np.int64]


def hash_distance(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.float32]:
    """Soft Hamming distance `min(bits / 24, 1)` of 64-bit hashes.

    >>> hash_distance(np.array([0b111], np.uint64), np.array([0], np.uint64)).item()
    0.125
    """
    bits = np.bitwise_count(left ^ right)
    return np.minimum(bits.astype(np.float32) / HASH_REACH_BITS, 1.0).astype(np.float32)


def _dense(codes: NDArray[np.float16], left: Rows, right: Rows) -> NDArray[np.float32]:
    dot = np.einsum("ij,ij->i", codes[left].astype(np.float32), codes[right].astype(np.float32))
    return np.clip(1.0 - dot, 0.0, 2.0).astype(np.float32)


def _sparse(matrix: csr_array, left: Rows, right: Rows) -> NDArray[np.float32]:
    dot = np.asarray(matrix[left].multiply(matrix[right]).sum(axis=1)).ravel()
    return np.clip(1.0 - dot, 0.0, 1.0).astype(np.float32)


def presence(index: CatalogueIndex, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Which of MODALITIES both listings of a pair have: bool `[pairs, 3]`."""
    has = (index.has_image, index.has_title, index.has_hash)
    return np.stack([h[left] & h[right] for h in has], axis=1)


def pair_distances(index: CatalogueIndex, left: Rows, right: Rows) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Distances `[pairs, 5]` in the order of DISTANCES, and `presence`.

    Cosine distances (0 … 2 for codes, 0 … 1 for TF-IDF) and the soft Hamming
    distance. A distance whose modality is missing is 0 and must be read with `presence`.
    """
    present = presence(index, left, right)
    measures: tuple[Callable[[Rows, Rows], NDArray[np.float32]], ...] = (
        lambda i, j: _dense(index.image, i, j),
        lambda i, j: _dense(index.title, i, j),
        lambda i, j: _sparse(index.words, i, j),
        lambda i, j: _sparse(index.characters, i, j),
        lambda i, j: hash_distance(index.phash[i], index.phash[j]),
    )
    distances = np.zeros((len(left), len(DISTANCES)), np.float32)
    for k, measure in enumerate(measures):
        rows = np.flatnonzero(present[:, MODALITY_OF[k]])
        if len(rows):  # a catalogue without photos or titles is not made to pay for them
            distances[rows, k] = measure(left[rows], right[rows])
    return distances, present
