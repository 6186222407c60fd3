"""The catalogue index: every listing's codes by position, as arrays that many processes map into memory at once.

Match numbers the listings 0 … n−1 by posting_id and speaks of pairs as two rows
of this index. Only the numbers travel between Spark's stages; the codes are read
by position from files that each executor maps.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.util import hash_array
from scipy.sparse import csr_array, vstack

from kembar.index.mapped_arrays import map_array, map_sparse, save_array, save_sparse
from kembar.index.packing import unpack_lists
from kembar.index.tfidf import BUCKETS, PACKED, count_documents, tf_idf
from kembar.index.title_tokens import SLICES, WIDTH, rarest_words
from kembar.index.vectors import normalise_rows
from kembar.types import Matrix

_ARRAYS = (
    *("phash", "has_hash", "title", "has_title", "image", "has_image", "word_frequency"),
    *("tokens", "rarity", "word_total"),
)
_LEXICAL = ("words", "characters")
_BY_ROW = ("phash", "has_hash", "has_title", "has_image", "tokens", "rarity", "word_total")
_TITLED_SHARE = 0.2
_ODD = np.uint64(0x9E3779B97F4A7C15)
_CENTRE_PRIOR = 50
"""The weight, in listings, of the prior that a catalogue's mean code is zero."""


class Projection(Protocol):
    """Embeddings `[n, tower_dim]` to codes `[n, code_dim]`, as `kembar.model.heads.Head`."""

    @property
    def code_dim(self) -> int: ...

    def __call__(self, embeddings: Matrix, /) -> Matrix: ...


@dataclass(frozen=True)
class CatalogueIndex:
    """Codes of n listings.

    Attributes:
        phash: uint64 `[n]`.
        has_hash: bool `[n]`, as `has_title` and `has_image`.
        title: float16 `[n, code_dim]`, L2-normalised, zero if missing; `image` is the same.
        words: TF-IDF rows of length one, `[n, buckets]`; `characters` is the same.
        word_frequency: int32 `[buckets]`, the number of titles with a word bucket.
        tokens: int32 `[n, WIDTH]`, the titles' tokens by kind, see `kembar.index.title_tokens`.
        rarity: float16 `[n, WORDS]`, the rarity of each word among the tokens.
        word_total: float32 `[n]`, the rarities of all words of a title added up.
        best_logit: float32 `[n]`, the highest first-stage logit of each listing's candidate pairs, once they are
            compared (`with_best_logits`).
        key: uint64 `[n]`, a stable number for each listing, if known.
    """

    phash: NDArray[np.uint64]
    has_hash: NDArray[np.bool_]
    title: NDArray[np.float16]
    has_title: NDArray[np.bool_]
    image: NDArray[np.float16]
    has_image: NDArray[np.bool_]
    words: csr_array
    characters: csr_array
    word_frequency: NDArray[np.int32]
    tokens: NDArray[np.int32]
    rarity: NDArray[np.float16]
    word_total: NDArray[np.float32]
    best_logit: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    key: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))

    def draw(self, seed: int) -> NDArray[np.uint64]:
        """A pseudo-random number for each listing `[n]`, from its key, so that it does not depend on other listings."""
        if len(self.key) != len(self):
            return np.random.default_rng(seed).permutation(len(self)).astype(np.uint64)
        return (self.key ^ np.uint64(seed)) * _ODD

    def __len__(self) -> int:
        return len(self.phash)

    def projected(self, image_head: Projection, title_head: Projection) -> "CatalogueIndex":
        """The same catalogue with its towers' embeddings brought to codes; missing ones stay zero."""

        def codes(head: Projection, embeddings: NDArray[np.float16], present: NDArray[np.bool_]) -> NDArray[np.float16]:
            projected = np.zeros((len(self), head.code_dim), np.float16)
            if present.any():
                projected[present] = head(embeddings[present].astype(np.float32))
            return projected

        image = codes(image_head, self.image, self.has_image)
        return replace(self, image=image, title=codes(title_head, self.title, self.has_title))

    def centred(self) -> "CatalogueIndex":
        """The same catalogue with its codes centred on their mean and normalised again.

        Features that all photos (a white background, a shelf) or all titles (a trade) of a catalogue share do not help
        to tell products apart, and they differ from those of the training catalogue. The mean of a small catalogue is
        shrunk towards zero.
        """

        def moved(codes: NDArray[np.float16], present: NDArray[np.bool_]) -> NDArray[np.float16]:
            rows = [chunk for chunk in _chunks(np.flatnonzero(present)) if len(chunk)]
            mean = np.sum([codes[chunk].sum(axis=0, dtype=np.float64) for chunk in rows], axis=0) / (
                present.sum() + _CENTRE_PRIOR
            )
            around = np.zeros_like(codes)
            for chunk in rows:
                around[chunk] = normalise_rows((codes[chunk] - mean).astype(np.float32))
            return around

        return replace(self, image=moved(self.image, self.has_image), title=moved(self.title, self.has_title))

    def with_best_logits(self, best_logit: NDArray[np.float32]) -> "CatalogueIndex":
        """The same catalogue with the highest first-stage logit of each listing `[n]`."""
        return replace(self, best_logit=best_logit)

    def with_image(self, embeddings: NDArray[np.float32]) -> "CatalogueIndex":
        """The same catalogue with other image embeddings `[n, dim]`; missing ones stay zero."""
        return replace(self, image=np.where(self.has_image[:, None], embeddings, 0).astype(np.float16))

    def save(self, prefix: Path) -> None:
        """Write one file an array, see `kembar.index.mapped_arrays`."""
        for name in _ARRAYS:
            save_array(prefix, name, getattr(self, name))
        for name in _LEXICAL:
            save_sparse(prefix, name, getattr(self, name))

    @staticmethod
    def load(prefix: Path) -> "CatalogueIndex":
        """Map the files of `save`."""
        arrays = {name: map_array(prefix, name) for name in _ARRAYS}
        return CatalogueIndex(**arrays, **{name: map_sparse(prefix, name) for name in _LEXICAL})


def _chunks(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """In parts that wide copies can be made of."""
    return np.array_split(rows, max(len(rows) // 50_000, 1))


def has_titles(index: CatalogueIndex) -> bool:
    """Whether this is a catalogue of listings with titles, and not one of photos alone."""
    return bool(index.has_title.mean() >= _TITLED_SHARE) if len(index) else True


def join_catalogues(parts: list[CatalogueIndex]) -> CatalogueIndex:
    """Several catalogues one after the other, each with its own TF-IDF weights; a part without codes gets zeros.

    Only pairs within a part can be compared by words, since each has document frequencies of its own.
    """

    def wide(name: str) -> NDArray[np.float16]:
        width = max(getattr(part, name).shape[1] for part in parts)
        return np.concatenate(
            [np.pad(codes, ((0, 0), (0, width - codes.shape[1]))) for codes in (getattr(p, name) for p in parts)]
        )

    return CatalogueIndex(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_ROW},
        image=wide("image"),
        title=wide("title"),
        **{name: csr_array(vstack([getattr(part, name) for part in parts], format="csr")) for name in _LEXICAL},
        word_frequency=np.sum([part.word_frequency for part in parts], axis=0, dtype=np.int32),
    )


def _dense(column: pa.ChunkedArray) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """A packed column with nulls as a matrix with zero rows, and which rows are there."""
    parts = [unpack_lists(chunk, np.float16) for chunk in column.chunks]
    present = np.concatenate([np.zeros(0, bool), *(sizes > 0 for sizes, _ in parts)])
    width = max((int(sizes.max(initial=0)) for sizes, _ in parts), default=0)
    codes, start = np.zeros((len(present), width), np.float16), 0
    for sizes, values in parts:
        codes[start : start + len(sizes)][sizes > 0] = values.reshape(-1, width) if width else 0
        start += len(sizes)
    return codes, present


def _hashes(column: pa.ChunkedArray) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    texts = column.to_pylist()
    values = np.array([int(text, 16) if text else 0 for text in texts], dtype=np.uint64)
    return values, np.array([text is not None for text in texts], dtype=bool)


def _counts(table: pa.Table, name: str) -> csr_array:
    ids, counts = (
        [unpack_lists(chunk, PACKED[part]) for chunk in table[f"{name}_{part}"].chunks] for part in ("ids", "counts")
    )
    indptr = np.cumsum(np.concatenate([[0], *(sizes for sizes, _ in ids)]))
    data = np.concatenate([np.zeros(0, np.float32), *(values for _, values in counts)], dtype=np.float32)
    indices = np.concatenate([np.zeros(0, np.int32), *(values for _, values in ids)])
    return csr_array((data, indices, indptr), shape=(len(table), BUCKETS))


def build_index(table: pa.Table) -> tuple[CatalogueIndex, list[str]]:
    """The index of a catalogue, and the posting_ids by row.

    table: HASHED_TERMS of `kembar.index.tfidf` in any order.
    """
    order = np.asarray(pc.sort_indices(table["posting_id"]))
    phash, has_hash = _hashes(table["phash"])
    title, has_title = _dense(table["title_embedding"])
    image, has_image = _dense(table["image_embedding"])
    frequency = {name: count_documents(table, name) for name in _LEXICAL}
    lexical = {name: tf_idf(_counts(table, name), frequency[name]) for name in _LEXICAL}
    packed = [unpack_lists(chunk, np.int32)[1] for chunk in table["tokens"].chunks]
    tokens = np.concatenate([np.zeros(0, np.int32), *packed]).reshape(-1, WIDTH)
    tokens[:, SLICES["words"]], rarity, word_total = rarest_words(lexical["words"], frequency["words"])
    posting_ids = table["posting_id"].take(order).to_pylist()
    index = CatalogueIndex(
        key=hash_array(np.array(posting_ids, dtype=object)),
        phash=phash[order],
        has_hash=has_hash[order],
        title=title[order],
        has_title=has_title[order],
        image=image[order],
        has_image=has_image[order],
        word_frequency=frequency["words"],
        tokens=tokens[order],
        rarity=rarity[order],
        word_total=word_total[order],
        **{name: matrix[order] for name, matrix in lexical.items()},
    )
    return index, posting_ids
