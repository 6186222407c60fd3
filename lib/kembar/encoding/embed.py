"""Turns photos and titles into codes on one executor, in plain Arrow batches."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa

from kembar.encoding.photo_codes import Coded, PhotoEncoder, Wanted
from kembar.encoding.photos import PhotoError
from kembar.encoding.prefetch import threads_ahead
from kembar.encoding.recent import Recent
from kembar.encoding.towers.loaded import get_text_tower
from kembar.encoding.towers.unread import embed_all
from kembar.listings.attributes import title_attributes
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.heads import Head, project
from kembar.types import Matrix

ENCODED_COLUMNS = (
    "image_embedding array<float>, title_embedding array<float>, photo_phash string, terms array<string>, "
    "attributes array<string>, photo_failure string, title_failure string"
)
_ROWS_AT_ONCE = 4096
_NO_TEXT = "title has no letter or digit"


@dataclass(frozen=True)
class TitleEncoder:
    """Turns titles into codes.

    Attributes:
        tower: The setting `text_tower.handle`.
        head: The head that turns embeddings into codes, or None to keep the embeddings.
        batch_size: Titles in a batch of the tower.
        threads: Threads of TensorFlow.
    """

    tower: str
    head: Head | None
    batch_size: int
    threads: int

    def codes(self, normal: list[str]) -> list[Matrix | None]:
        """Codes `[dim]` of normalised titles, None for an empty one. Recent titles are not encoded again."""
        tower = get_text_tower(self.tower, self.threads)
        known = {title: self._recent.find(title) for title in set(normal) if title}
        codes = {title: found[0] for title, found in known.items() if found}
        if fresh := [title for title in dict.fromkeys(normal) if title and title not in codes]:
            embedded = project(self.head, embed_all(partial(tower.embed, batch_size=self.batch_size), fresh))
            codes.update(zip(fresh, embedded, strict=True))
            for title in fresh:
                self._recent.keep(title, codes[title])
        return [codes.get(title) for title in normal]

    @cached_property
    def _recent(self) -> Recent:
        return Recent()


@dataclass(frozen=True)
class ListingEncoder:
    """Turns listings into codes with both towers in one pass, so that no join of codes is needed."""

    photos: PhotoEncoder
    titles: TitleEncoder
    rows_at_once: int = _ROWS_AT_ONCE

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Append ENCODED_COLUMNS to batches with `image`, `title` and `want_hash`.

        Rows of one photo should be adjacent, because the photo is then opened once. Threads open the first photos while
        the text tower runs, and the next ones while the image tower runs.
        """
        with threads_ahead(self.photos.limits.decode_threads) as pool:
            for part in _slices(batches, self.rows_at_once):
                yield self._encode(pool, part)

    def _encode(self, pool: Executor, part: pa.RecordBatch) -> pa.RecordBatch:
        names, titles = part["image"].to_pylist(), part["title"].to_pylist()
        wanted = {name: want for name, want in zip(names, part["want_hash"].to_pylist(), strict=True) if name}
        opening = self.photos.begin(pool, [Wanted(*each) for each in wanted.items()])
        normal = [normalise_title(title) for title in titles]
        title_codes = self.titles.codes(normal)
        photos = dict(zip(wanted, self.photos.finish(opening), strict=True))
        of_row = [photos.get(name) for name in names]
        terms = [title_terms(title) for title in normal]
        attributes = [title_attributes(*each) for each in zip(normal, terms, strict=True)]
        unreadable = [bool(title) and not text for title, text in zip(titles, normal, strict=True)]
        columns = {
            "image_embedding": _code_column([photo.code if isinstance(photo, Coded) else None for photo in of_row]),
            "title_embedding": _code_column(title_codes),
            "photo_phash": pa.array([p.phash if isinstance(p, Coded) else None for p in of_row], pa.string()),
            "terms": pa.array(terms, pa.list_(pa.string())),
            "attributes": pa.array(attributes, pa.list_(pa.string())),
            "photo_failure": pa.array([str(p) if isinstance(p, PhotoError) else None for p in of_row], pa.string()),
            "title_failure": pa.array([_NO_TEXT if bad else None for bad in unreadable], pa.string()),
        }
        return pa.RecordBatch.from_pydict(dict(zip(part.schema.names, part.columns, strict=True)) | columns)


def _slices(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Split batches into batches of at most `rows` rows."""
    for batch in batches:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def _code_column(codes: list[Matrix | None]) -> pa.Array:
    """Codes as an Arrow list column with nulls."""
    present = [code for code in codes if code is not None]
    if not present:
        return pa.nulls(len(codes), pa.list_(pa.float32()))
    widths = [0 if code is None else len(code) for code in codes]
    offsets = pa.array(np.concatenate([[0], np.cumsum(widths)]).astype(np.int32))
    mask = pa.array([code is None for code in codes])
    return pa.ListArray.from_arrays(offsets, pa.array(np.concatenate(present), pa.float32()), mask=mask)
