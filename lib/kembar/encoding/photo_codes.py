"""Turns photos into codes. Threads read and decode them ahead of the image tower, and none is encoded twice."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from kembar.config import EncodeSettings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import Photo, PhotoError, decode_photo
from kembar.encoding.prefetch import work_ahead
from kembar.encoding.recent import Recent
from kembar.encoding.towers.loaded import get_image_tower
from kembar.model.heads import Head, project
from kembar.types import Matrix

_BATCHES_AHEAD = 3
"""Batches of photos that threads decode while the tower runs, 5 MB each."""


@dataclass(frozen=True)
class Opened:
    """A decoded photo, and the key of its bytes."""

    key: tuple[bytes, bool]
    photo: Photo


@dataclass(frozen=True)
class Coded:
    """The code `[dim]` and the hash of a photo."""

    code: Matrix
    phash: str | None


class Wanted(NamedTuple):
    """The name of a photo, and whether its hash is wanted."""

    name: str
    want_hash: bool

    def __str__(self) -> str:
        return f"photo {self.name}"


@dataclass(frozen=True)
class PhotoEncoder:
    """Turns photos into codes.

    Attributes:
        photos: The folder of the photos.
        tower: The setting `image_tower.name`.
        precision: "float32" or "int8".
        weights: The weights of a tower that was trained with the bundle, or None.
        head: The head that turns embeddings into codes, or None to keep the embeddings, which training needs.
        batch_size: Photos in a batch of the tower.
        threads: Threads of TensorFlow.
        limits: The settings `encode.*`, with the limits of a photo and the number of threads that decode.
    """

    photos: PhotoFolder
    tower: str
    precision: str
    weights: bytes | None
    head: Head | None
    batch_size: int
    threads: int
    limits: EncodeSettings

    def begin(self, pool: Executor, wanted: list[Wanted]) -> Iterator[Opened | Coded | PhotoError]:
        """Start to read and decode photos."""
        _ = self._tower, self._recent  # so that threads do not make them twice
        return work_ahead(pool, self._open, wanted, _BATCHES_AHEAD * self.batch_size, self.limits.photo_seconds)

    def finish(self, opening: Iterator[Opened | Coded | PhotoError]) -> list[Coded | PhotoError]:
        """The codes of the photos of `begin`, in order, or the error of each failed one."""
        done: list[Any] = []
        waiting: dict[int, Opened] = {}
        for row, photo in enumerate(opening):
            known = self._recent.find(photo.key) if isinstance(photo, Opened) else None  # since it was opened
            done.append(Coded(*known) if known else photo)
            if isinstance(photo, Opened) and not known:
                waiting[row] = photo
            if len(waiting) == self.batch_size:
                self._embed(waiting, done)
        self._embed(waiting, done)
        return done

    @cached_property
    def _tower(self) -> Any:
        return get_image_tower(self.tower, self.threads, self.weights, self.precision)

    @cached_property
    def _recent(self) -> Recent:
        return Recent()

    def _open(self, wanted: Wanted) -> Opened | Coded | PhotoError:
        """Decode a photo, or return its code if this task has encoded the same bytes before."""
        name, want_hash = wanted
        try:
            data = self.photos.read(name, self.limits.max_photo_bytes)
            # With a hash, a photo is decoded at full size, so its pixels differ by rounding.
            key = hashlib.sha256(data).digest(), want_hash
            if known := self._recent.find(key):
                return Coded(*known)
            return Opened(key, decode_photo(data, self._tower.input_px, want_hash, self.limits.max_photo_pixels))
        except PhotoError as error:
            return error

    def _embed(self, waiting: dict[int, Opened], done: list[Any]) -> None:
        """Encode the waiting photos and put their codes into `done`."""
        distinct = {opened.key: opened.photo for opened in waiting.values()}
        if distinct:
            pixels = np.stack([photo.pixels for photo in distinct.values()])
            codes = project(self.head, self._tower.embed(pixels, self.batch_size))
            coded = {key: Coded(code, distinct[key].phash) for key, code in zip(distinct, codes, strict=True)}
            for key, each in coded.items():
                self._recent.keep(key, each.code, each.phash)
            for row, opened in waiting.items():
                done[row] = coded[opened.key]
        waiting.clear()
