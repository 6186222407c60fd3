"""Photos relisted: copies that are altered as sellers alter a photo, which show the same article for certain.

A seller crops a photo, puts a banner, badge or border on it, mirrors or turns it, makes a collage or a screenshot of
it, and every shop saves it anew. Labels rarely have such pairs: of one product sellers mostly show different photos.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import imagehash
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kembar.encoding.photo_codes import PhotoEncoder
from kembar.encoding.photos import PhotoError, decode_photo, open_picture
from kembar.encoding.towers.loaded import get_image_tower
from kembar.index.catalogue_index import CatalogueIndex
from kembar.training.augmentation.edit_photos import edit_heavily, edit_lightly
from kembar.types import Rows

RELISTED = "image string, copy int, image_embedding array<float>, photo_phash long"
_HEAVY_SHARE = 0.5
_QUALITY = (35, 90)
_COPIED_SHARE = 0.5

Pixels = NDArray[np.uint8]


def recompress(image: Image.Image, quality: int) -> Image.Image:
    """The picture after it was saved as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    with open_picture(buffer.getvalue(), image.width * image.height) as saved:
        return saved.convert("RGB")


def relist_pixels(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A photo `[px, px, 3]` as another seller lists it again, of the same shape.

    Half of them are the same at a glance, half are not; the other tiles of a collage are the photo itself, mirrored
    and as it is, since which others are of the product is not known where photos are read.
    """
    image = Image.fromarray(pixels)
    heavy = rng.random() < _HEAVY_SHARE
    edited = edit_heavily(image, rng, [ImageOps.mirror(image)]) if heavy else edit_lightly(image, rng)
    return np.asarray(recompress(edited, int(rng.integers(*_QUALITY))))


def copies_of(name: str, pixels: Pixels, copies: int, seed: int) -> list[Pixels]:
    """So many altered copies of a photo, which depend on seed, name and pixels alone."""
    return [relist_pixels(pixels, np.random.default_rng([seed, zlib.crc32(name.encode()), k])) for k in range(copies)]


@dataclass(frozen=True)
class CopyEncoder:
    """How altered copies of photos become embeddings; photos: how the photos themselves are read and encoded."""

    photos: PhotoEncoder
    copies: int
    seed: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`(image)` batches to `RELISTED` batches, a row a copy; nothing for a photo that cannot be read."""
        tower = get_image_tower(self.photos.tower, self.photos.threads, self.photos.weights, self.photos.precision)
        for batch in batches:
            for start in range(0, batch.num_rows, self.photos.batch_size):
                names = batch["image"].slice(start, self.photos.batch_size).to_pylist()
                made = [(n, k, copy) for n in names for k, copy in enumerate(self._copies(n, tower.input_px))]
                if made:
                    pixels = np.stack([copy for *_, copy in made])
                    yield _encoded(made, tower.embed(pixels, self.photos.batch_size))

    def _copies(self, name: str, px: int) -> list[Pixels]:
        try:
            data = self.photos.images.read(name, self.photos.max_bytes)
            return copies_of(name, decode_photo(data, px, False, self.photos.max_pixels).pixels, self.copies, self.seed)
        except PhotoError:
            return []


def _encoded(made: list[tuple[str, int, Pixels]], embeddings: NDArray[np.float32]) -> pa.RecordBatch:
    hashes = [int(str(imagehash.phash(Image.fromarray(copy))), 16) for *_, copy in made]
    columns = {
        "image": pa.array([name for name, *_ in made], pa.string()),
        "copy": pa.array([number for _, number, _ in made], pa.int32()),
        "image_embedding": pa.array(list(embeddings), pa.list_(pa.float32())),
        "photo_phash": pa.array(np.array(hashes, np.uint64).view(np.int64)),
    }
    return pa.RecordBatch.from_pydict(columns)


@dataclass(frozen=True)
class Relisted:
    """Altered copies of a catalogue's photos: row: `[m]`, of a listing that has the photo; photos: embeddings
    `[m, tower_dim]`; phash: `[m]`."""

    row: Rows
    photos: NDArray[np.float16]
    phash: NDArray[np.uint64]

    @staticmethod
    def of(table: pa.Table, images: list[str | None]) -> "Relisted":
        """From a RELISTED table in any order; images: the name of each listing's photo, by row."""
        first = {name: row for row, name in reversed(list(enumerate(images))) if name is not None}
        told = table.sort_by([("image", "ascending"), ("copy", "ascending")])
        known = [name in first for name in told["image"].to_pylist()]
        told = told.filter(pa.array(known, pa.bool_()))
        rows = np.array([first[name] for name in told["image"].to_pylist()], np.int64)
        flat = np.asarray(told["image_embedding"].combine_chunks().flatten(), np.float16)
        hashes = np.asarray(told["photo_phash"].combine_chunks(), np.int64).view(np.uint64)
        return Relisted(rows, flat.reshape(len(rows), -1) if len(rows) else np.zeros((0, 0), np.float16), hashes)

    def listings(self, towers: CatalogueIndex) -> CatalogueIndex:
        """The listings that the copies are of, each with a copy's photo and hash in the place of its own."""
        names = ("has_hash", "title", "has_title", "has_image", "words", "characters")
        same = {name: getattr(towers, name)[self.row] for name in names}
        return replace(towers, **same, image=self.photos, phash=self.phash)


def relist_matches(triplets: Rows, origin: Rows, seed: int) -> Rows:
    """Training triplets `[t, 3]` of which half the matches, where there are copies, are a copy of the match.

    origin: `[n + m]`, the row itself for n listings, and for m copies after them the row of which each is a copy.
    """
    copies = np.flatnonzero(origin != np.arange(len(origin)))
    copies = copies[np.argsort(origin[copies], kind="stable")]
    begin, end = (np.searchsorted(origin[copies], triplets[:, 1], side) for side in ("left", "right"))
    rng = np.random.default_rng([seed, len(copies)])
    taken = (rng.random(len(triplets)) < _COPIED_SHARE) & (end > begin)
    drawn = begin + (rng.random(len(triplets)) * (end - begin)).astype(np.int64)
    matches = triplets[:, 1].copy()
    matches[taken] = copies[drawn[taken]]
    return np.column_stack([triplets[:, 0], matches, triplets[:, 2]])
