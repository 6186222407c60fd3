"""Lexical terms as numbers: hashed words and character n-grams, their frequencies, TF-IDF.

Hashing (the "hashing trick", Weinberger et al. 2009, arXiv:0902.2206) spares the
catalogue-wide vocabulary that a cluster would otherwise have to agree on.
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.index.packing import pack_lists, unpack_lists
from kembar.index.title_tokens import token_row
from kembar.listings.titles import join_clusters

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

BUCKETS = 2**20
HASHED_TERMS = (
    "posting_id string, content string, image_embedding binary, title_embedding binary, phash string, "
    "words_ids binary, words_counts binary, characters_ids binary, characters_counts binary, "
    "tokens binary"
)
PACKED = {"ids": np.int32, "counts": np.uint16}
"""What the bytes of a term's bucket and count are; those of embeddings are float16."""
_CHARACTER_NGRAMS = (2, 4)
_AT_ONCE = 1 << 22


def _same(terms: list[str]) -> list[str]:
    return terms


@cache
def _vectorizers() -> dict[str, "HashingVectorizer"]:
    from sklearn.feature_extraction.text import HashingVectorizer  # half a second, which who reads no terms is spared

    shared = {"n_features": BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    return {
        "words": HashingVectorizer(analyzer=_same, **shared),
        "characters": HashingVectorizer(analyzer="char_wb", ngram_range=_CHARACTER_NGRAMS, lowercase=False, **shared),
    }


def count_terms(titles: list[list[str]]) -> dict[str, csr_array]:
    """Occurrences of each hashed word and character n-gram: float32 `[titles, BUCKETS]` each."""
    if not titles:  # scikit-learn asks for the first one
        return {kind: csr_array((0, BUCKETS), dtype=np.float32) for kind in ("words", "characters")}
    texts = [join_clusters(" ".join(terms)) for terms in titles]
    vectorizers = _vectorizers()
    counts = {"words": vectorizers["words"].transform(titles), "characters": vectorizers["characters"].transform(texts)}
    for matrix in counts.values():
        matrix.sort_indices()
    return {name: csr_array(matrix) for name, matrix in counts.items()}


def tf_idf(counts: csr_array, frequency: NDArray[np.int32], documents: int | None = None) -> csr_array:
    """Rows of length one: (1 + ln tf) · idf with idf = ln((1 + n) / (1 + df)) + 1; empty rows stay zero.

    counts: float32, which becomes the weights; documents: n, of which the frequencies are; the rows if left out.
    """
    if counts.shape[0] == 0:
        return counts
    n = counts.shape[0] if documents is None else documents
    idf = (np.log((1 + n) / (1 + frequency.astype(np.float64))) + 1).astype(np.float32)
    for start in range(0, len(counts.data), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        counts.data[part] = (1 + np.log(counts.data[part])) * idf[counts.indices[part]]
    from sklearn.preprocessing import normalize

    return csr_array(normalize(counts, copy=False))


def hash_terms(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """ENCODED batches to `HASHED_TERMS` batches: terms as buckets and counts, everything packed into bytes."""
    for batch in batches:
        codes = {name: pack_lists(batch[name], np.float16) for name in ("image_embedding", "title_embedding")}
        columns = {"posting_id": batch["posting_id"], "content": batch["content"], **codes, "phash": batch["phash"]}
        terms, attributes = ([each or [] for each in batch[name].to_pylist()] for name in ("terms", "attributes"))
        for kind, matrix in count_terms(terms).items():
            offsets = pa.array(matrix.indptr.astype(np.int32))
            for part, values in (("ids", matrix.indices), ("counts", matrix.data)):
                lists = pa.ListArray.from_arrays(offsets, pa.array(values))
                columns[f"{kind}_{part}"] = pack_lists(lists, PACKED[part])
        rows = [token_row(*each).tobytes() for each in zip(attributes, terms, strict=True)]
        columns["tokens"] = pa.array(rows, pa.binary())
        yield pa.RecordBatch.from_pydict(columns)


def count_documents(table: pa.Table, kind: str) -> NDArray[np.int32]:
    """In how many rows of HASHED_TERMS each bucket of a kind, "words" or "characters", occurs: `[BUCKETS]`."""
    total = np.zeros(BUCKETS, np.int32)
    for chunk in table[f"{kind}_ids"].chunks:
        total += np.bincount(unpack_lists(chunk, PACKED["ids"])[1], minlength=BUCKETS).astype(np.int32)
    return total
