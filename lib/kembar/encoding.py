"""From photos and titles to codes: the work of one executor, on plain Arrow batches."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kembar.heads import Head, Matrix
from kembar.photos import Photo, PhotoError, decode_photo, read_photo
from kembar.titles import normalise_title, title_terms
from kembar.towers.runtime import get_image_tower, get_text_tower

ENCODED_PHOTOS = "image string, image_embedding array<float>, photo_phash string, photo_failure string"
ENCODED_TITLES = "posting_id string, title_embedding array<float>, terms array<string>, title_failure string"


@dataclass(frozen=True)
class PhotoEncoder:
    """How photos become codes; `head=None` keeps the tower's own embedding, which training needs."""

    images: str
    tower: str
    weights: bytes | None
    head: Head | None
    batch_size: int
    threads: int
    decode_threads: int
    max_pixels: int
    max_bytes: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`(image, want_hash)` batches to `ENCODED_PHOTOS` batches of at most `batch_size`, rows in order.

        Threads decode the next photos while the tower runs on these; no more than two batches are in memory.
        """
        tower = get_image_tower(self.tower, self.threads, self.weights)
        with ThreadPoolExecutor(self.decode_threads) as pool:
            ready: tuple[pa.Array, list[Future[Photo | PhotoError]]] | None = None
            for part in _slices(batches, self.batch_size):
                wanted = zip(part["image"].to_pylist(), part["want_hash"].to_pylist(), strict=True)
                opening = [pool.submit(self._open, name, want_hash, tower.input_px) for name, want_hash in wanted]
                if ready is not None:
                    yield self._encode(*ready, tower)
                ready = part["image"], opening
            if ready is not None:
                yield self._encode(*ready, tower)

    def _open(self, name: str, want_hash: bool, px: int) -> Photo | PhotoError:
        try:
            return decode_photo(read_photo(self.images, name, self.max_bytes), px, want_hash, self.max_pixels)
        except PhotoError as error:
            return error

    def _encode(self, names: pa.Array, opening: list[Future[Photo | PhotoError]], tower: Any) -> pa.RecordBatch:
        photos = [future.result() for future in opening]
        good = [photo for photo in photos if isinstance(photo, Photo)]
        pixels = np.stack([photo.pixels for photo in good]) if good else None
        codes = _project(self.head, tower.embed(pixels, batch_size=self.batch_size)) if good else None
        columns = {
            "image": names,
            "image_embedding": _spread(codes, [isinstance(photo, Photo) for photo in photos]),
            "photo_phash": pa.array([getattr(photo, "phash", None) for photo in photos], pa.string()),
            "photo_failure": pa.array(
                [str(photo) if isinstance(photo, PhotoError) else None for photo in photos], pa.string()
            ),
        }
        return pa.RecordBatch.from_pydict(columns)


@dataclass(frozen=True)
class TitleEncoder:
    """How titles become codes and terms; `head=None` keeps the tower's own embedding."""

    tower: str
    head: Head | None
    batch_size: int
    threads: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`(posting_id, title)` batches to `ENCODED_TITLES` batches, rows in order."""
        tower = get_text_tower(self.tower, self.threads)
        for batch in batches:
            titles = batch["title"].to_pylist()
            normal = [normalise_title(title) for title in titles]
            readable = [title for title in normal if title]
            codes = _project(self.head, tower.embed(readable, batch_size=self.batch_size)) if readable else None
            unreadable = [bool(title) and not text for title, text in zip(titles, normal, strict=True)]
            failures = ["title has no letter or digit" if bad else None for bad in unreadable]
            columns = {
                "posting_id": batch["posting_id"],
                "title_embedding": _spread(codes, [bool(title) for title in normal]),
                "terms": pa.array([title_terms(title) for title in normal], pa.list_(pa.string())),
                "title_failure": pa.array(failures, pa.string()),
            }
            yield pa.RecordBatch.from_pydict(columns)


def _slices(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most `rows`, whatever Spark's own batch size is."""
    for batch in batches:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)


def _project(head: Head | None, embeddings: Matrix) -> Matrix:
    return embeddings if head is None else head(embeddings)


def _spread(codes: Matrix | None, present: list[bool]) -> pa.Array:
    """Codes as an Arrow list column, null in the rows that have none."""
    if codes is None:
        return pa.nulls(len(present), pa.list_(pa.float32()))
    widths = np.where(present, codes.shape[1], 0)
    offsets = pa.array(np.concatenate([[0], np.cumsum(widths)]).astype(np.int32))
    mask = pa.array(~np.asarray(present))
    return pa.ListArray.from_arrays(offsets, pa.array(codes.ravel(), pa.float32()), mask=mask)
