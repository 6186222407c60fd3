"""Lexical terms as numbers: hashed words and character n-grams, their frequencies, TF-IDF.

Hashing (the "hashing trick", Weinberger et al. 2009, arXiv:0902.2206) spares the
catalogue-wide vocabulary that a cluster would otherwise have to agree on.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

BUCKETS = 2**20
HASHED_TERMS = (
    "posting_id string, image_embedding array<float>, title_embedding array<float>, phash string, "
    "words_ids array<int>, words_counts array<float>, characters_ids array<int>, characters_counts array<float>"
)
FREQUENCIES = "kind string, bucket int, documents bigint"
_CHARACTER_NGRAMS = (2, 4)


def _same(terms: list[str]) -> list[str]:
    return terms


@cache
def _vectorizers() -> dict[str, HashingVectorizer]:
    shared = {"n_features": BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    return {
        "words": HashingVectorizer(analyzer=_same, **shared),
        "characters": HashingVectorizer(analyzer="char_wb", ngram_range=_CHARACTER_NGRAMS, lowercase=False, **shared),
    }


def count_terms(titles: list[list[str]]) -> dict[str, csr_array]:
    """Occurrences of each hashed word and character n-gram: float32 `[titles, BUCKETS]` each."""
    texts = [" ".join(terms) for terms in titles]
    vectorizers = _vectorizers()
    counts = {"words": vectorizers["words"].transform(titles), "characters": vectorizers["characters"].transform(texts)}
    for matrix in counts.values():
        matrix.sort_indices()
    return {name: csr_array(matrix) for name, matrix in counts.items()}


def tf_idf(counts: csr_array, frequency: NDArray[np.int32]) -> csr_array:
    """Rows of length one: (1 + ln tf) · idf with idf = ln((1 + n) / (1 + df)) + 1; empty rows stay zero."""
    n = counts.shape[0]
    if n == 0:
        return counts
    idf = np.log((1 + n) / (1 + frequency.astype(np.float64))) + 1
    weights = ((1 + np.log(counts.data)) * idf[counts.indices]).astype(np.float32)
    return csr_array(normalize(csr_array((weights, counts.indices, counts.indptr), shape=counts.shape), copy=False))


def _lists(matrix: csr_array) -> tuple[pa.Array, pa.Array]:
    offsets = pa.array(matrix.indptr.astype(np.int32))
    ids = pa.array(matrix.indices.astype(np.int32))
    return pa.ListArray.from_arrays(offsets, ids), pa.ListArray.from_arrays(offsets, pa.array(matrix.data))


def hash_terms(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """ENCODED batches to `HASHED_TERMS` batches: the codes as they are, the terms as buckets and counts."""
    for batch in batches:
        counts = count_terms([terms or [] for terms in batch["terms"].to_pylist()])
        columns = {name: batch[name] for name in ("posting_id", "image_embedding", "title_embedding", "phash")}
        for kind, matrix in counts.items():
            columns[f"{kind}_ids"], columns[f"{kind}_counts"] = _lists(matrix)
        yield pa.RecordBatch.from_pydict(columns)


def count_documents(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """`HASHED_TERMS` batches of one partition to its document frequencies, summed before they are shuffled."""
    totals = {kind: np.zeros(BUCKETS, np.int64) for kind in ("words", "characters")}
    for batch in batches:
        for kind, total in totals.items():
            total += np.bincount(np.asarray(batch[f"{kind}_ids"].flatten()), minlength=BUCKETS)
    for kind, total in totals.items():
        buckets = np.flatnonzero(total)
        columns = {
            "kind": pa.array([kind] * len(buckets), pa.string()),
            "bucket": pa.array(buckets.astype(np.int32)),
            "documents": pa.array(total[buckets]),
        }
        yield pa.RecordBatch.from_pydict(columns)
