"""The distances between two listings, each 0 for equal and defined whatever is missing."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.title_evidence import compare_titles
from kembar.schemas import DISTANCES, MODALITIES, MODALITY_OF, TITLE_EVIDENCE
from kembar.types import Present, Reals, Rows

HASH_REACH_BITS = 24
"""From this many differing bits on, two perceptual hashes say nothing: random ones differ by 32 ± 4."""


def hash_distance(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.float32]:
    """Soft Hamming distance `min(bits / 24, 1)` of 64-bit hashes.

    >>> hash_distance(np.array([0b111], np.uint64), np.array([0], np.uint64)).item()
    0.125
    """
    bits = np.bitwise_count(left ^ right)
    return np.minimum(bits.astype(np.float32) / HASH_REACH_BITS, 1.0).astype(np.float32)


def _cosine(dot: Reals, most: float) -> Reals:
    return np.clip(1.0 - dot, 0.0, most).astype(np.float32)


def _dense(codes: NDArray[np.float16], left: Rows, right: Rows) -> Reals:
    return _cosine(np.einsum("ij,ij->i", codes[left].astype(np.float32), codes[right].astype(np.float32)), 2.0)


def _overlap(matrix: csr_array, left: Rows, right: Rows) -> Reals:
    return np.asarray(matrix[left].multiply(matrix[right]).sum(axis=1)).ravel()


def _sparse(matrix: csr_array, left: Rows, right: Rows) -> Reals:
    return _cosine(_overlap(matrix, left, right), 1.0)


def presence(index: CatalogueIndex, left: Rows, right: Rows) -> Present:
    """Which of MODALITIES both listings of a pair have: bool `[pairs, 3]`."""
    has = (index.has_image, index.has_title, index.has_hash)
    return np.stack([h[left] & h[right] for h in has], axis=1)


def pair_distances(index: CatalogueIndex, left: Rows, right: Rows) -> tuple[Reals, Present]:
    """Distances `[pairs, distances]` in the order of DISTANCES, and `presence`.

    Cosine distances (0 … 2 for codes, 0 … 1 for TF-IDF) and the soft Hamming
    distance. A distance whose modality is missing is 0 and must be read with `presence`.
    """
    present = presence(index, left, right)
    measures: tuple[Callable[[Rows, Rows], Reals], ...] = (
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
    distances[:, len(measures) :] = _titles(index, left, right, present)
    return distances, present


def distances_from(index: CatalogueIndex, rows: Rows, start: Rows, other: Rows) -> tuple[Reals, Present]:
    """`pair_distances` of each of `rows` with its own listings, `other[start[i]:start[i + 1]]` for `rows[i]`.

    Twice as fast with 120 pairs a row: a row's code and its character weights are fetched once for all of them, and
    each distance is then a product of a matrix and a vector.
    """
    left = np.repeat(rows, np.diff(start))
    present = presence(index, left, other)
    image, title, words, characters = (np.zeros(len(other), np.float32) for _ in range(4))
    weights = np.zeros(index.characters.shape[1], np.float32)
    for row, begin, end in zip(rows, start, start[1:], strict=False):
        pairs, theirs = slice(begin, end), other[begin:end]
        if index.has_image[row]:
            image[pairs] = index.image[theirs].astype(np.float32) @ index.image[row].astype(np.float32)
        if index.has_title[row]:
            title[pairs] = index.title[theirs].astype(np.float32) @ index.title[row].astype(np.float32)
            mine = slice(index.characters.indptr[row], index.characters.indptr[row + 1])
            weights[index.characters.indices[mine]] = index.characters.data[mine]
            characters[pairs] = index.characters[theirs] @ weights
            weights[index.characters.indices[mine]] = 0.0
    if index.has_title[rows].any():
        words = _overlap(index.words, left, other)
    hashes = hash_distance(index.phash[left], index.phash[other])
    return _together(image, title, words, characters, hashes, _titles(index, left, other, present), present), present


def distances_within(index: CatalogueIndex, rows: Rows) -> tuple[Reals, Present]:
    """`pair_distances` of all pairs of `rows` `[m]`, `[m(m−1)/2, distances]` in SciPy's order: products of matrices."""
    first, second = np.triu_indices(len(rows), k=1)
    present = presence(index, rows[first], rows[second])

    def dots(codes: NDArray[np.float16]) -> Reals:
        mine = codes[rows].astype(np.float32)
        return np.asarray((mine @ mine.T)[first, second])

    def overlaps(matrix: csr_array) -> Reals:
        mine = _narrow(matrix[rows])
        return np.asarray((mine @ mine.T).toarray()[first, second])

    hashes = hash_distance(index.phash[rows[first]], index.phash[rows[second]])
    codes, terms = (dots(index.image), dots(index.title)), (overlaps(index.words), overlaps(index.characters))
    titles = _titles(index, rows[first], rows[second], present)
    return _together(*codes, *terms, hashes, titles, present), present


def _narrow(matrix: csr_array) -> csr_array:
    """The same rows without the columns that none of them uses: a product with the transpose walks over them all."""
    used, column = np.unique(matrix.indices, return_inverse=True)
    return csr_array((matrix.data, column, matrix.indptr), shape=(matrix.shape[0], len(used)))


def _titles(index: CatalogueIndex, left: Rows, right: Rows, present: Present) -> Reals:
    """`compare_titles` of the pairs whose titles are both there; 0 for the others."""
    rows, titles = (
        np.flatnonzero(present[:, MODALITIES.index("title")]),
        np.zeros((len(left), len(TITLE_EVIDENCE)), np.float32),
    )
    titles[rows] = compare_titles(index, left[rows], right[rows])
    return titles


def _together(
    image: Reals, title: Reals, words: Reals, characters: Reals, hashes: Reals, titles: Reals, present: Present
) -> Reals:
    """Distances from dot products and from the distances along hashes and titles, `[pairs]` and `[pairs, 10]`."""
    along = (_cosine(image, 2.0), _cosine(title, 2.0), _cosine(words, 1.0), _cosine(characters, 1.0), hashes, titles)
    return np.where(present[:, MODALITY_OF], np.column_stack(along), np.float32(0.0)).astype(np.float32)
