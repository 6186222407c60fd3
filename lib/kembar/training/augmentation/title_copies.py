"""Titles relisted: a listing's title as another seller would write it, which names the same product for certain.

Sellers copy a title and change it: words are left out, moved and misspelt, promises put around them.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.encoding.embed import TitleEncoder
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.tfidf import BUCKETS, count_terms, tf_idf
from kembar.listings.titles import normalise_title, title_terms
from kembar.training.augmentation.edit_titles import retitle
from kembar.types import Rows

RETITLED = "posting_id string, copy int, title_embedding array<float>, terms array<string>"


@dataclass(frozen=True)
class TitleCopier:
    """How altered copies of titles become embeddings and terms."""

    titles: TitleEncoder
    copies: int
    seed: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`(posting_id, title)` batches to RETITLED batches, a row a copy, which depends on seed and title alone."""
        for batch in batches:
            told = zip(batch["posting_id"].to_pylist(), batch["title"].to_pylist(), strict=True)
            made = [(name, k, copy) for name, title in told for k, copy in enumerate(self._copies(title)) if copy]
            embedded = self.titles.codes([copy for *_, copy in made]) if made else []
            columns = {
                "posting_id": pa.array([name for name, *_ in made], pa.string()),
                "copy": pa.array([number for _, number, _ in made], pa.int32()),
                "title_embedding": pa.array(embedded, pa.list_(pa.float32())),
                "terms": pa.array([title_terms(copy) for *_, copy in made], pa.list_(pa.string())),
            }
            yield pa.RecordBatch.from_pydict(columns)

    def _copies(self, title: str | None) -> list[str]:
        """Normalised, as titles are encoded."""
        if not title or not title.split():
            return []
        key = zlib.crc32(title.encode("utf-8", "surrogatepass"))
        rngs = [np.random.default_rng([self.seed, key, number]) for number in range(self.copies)]
        return [normalise_title(retitle(title, rng)) for rng in rngs]


@dataclass(frozen=True)
class Retitled:
    """Altered copies of a catalogue's titles: row: `[m]`, of the listing; titles: embeddings `[m, tower_dim]`; words,
    characters: TF-IDF rows by the catalogue's own frequencies, `[m, BUCKETS]`."""

    row: Rows
    titles: NDArray[np.float16]
    words: csr_array
    characters: csr_array

    @staticmethod
    def of(table: pa.Table, posting_ids: list[str], towers: CatalogueIndex) -> "Retitled":
        """From a RETITLED table in any order; towers: the catalogue that it is of, with posting_ids by row."""
        place = pc.index_in(table["posting_id"], pa.array(posting_ids)).combine_chunks()
        table = table.append_column("row", place.cast(pa.int64())).filter(pc.is_valid(place))
        table = table.sort_by([("row", "ascending"), ("copy", "ascending")])
        counts = count_terms(table["terms"].to_pylist())
        weights = {
            kind: tf_idf(counts[kind], _documents(getattr(towers, kind)), len(towers))
            for kind in ("words", "characters")
        }
        flat = np.asarray(table["title_embedding"].combine_chunks().flatten(), np.float16)
        row = np.asarray(table["row"].combine_chunks(), np.int64)
        return Retitled(row, flat.reshape(len(row), -1) if len(row) else np.zeros((0, 0), np.float16), **weights)

    def listings(self, towers: CatalogueIndex) -> CatalogueIndex:
        """The listings that the copies are of, each with a copy's title in the place of its own."""
        names = ("phash", "has_hash", "has_title", "image", "has_image")
        same = {name: getattr(towers, name)[self.row] for name in names}
        return replace(towers, **same, title=self.titles, words=self.words, characters=self.characters)


def _documents(matrix: csr_array) -> NDArray[np.int32]:
    """In how many rows each column occurs."""
    return np.bincount(matrix.indices, minlength=BUCKETS).astype(np.int32)
