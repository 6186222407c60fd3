"""The sample catalogue on disk: train.csv and images/, in the competition's layout."""

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import imagehash
import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from kembar.encoding.photos import open_picture
from kembar.errors import ConfigError
from kembar.synthetic.edit_photos import edit_heavily, edit_lightly
from kembar.synthetic.products import draw_product, group_size
from kembar.synthetic.scene import photograph
from kembar.synthetic.seller_titles import write_title

COLUMNS = ("posting_id", "image", "image_phash", "title", "label_group")
# Of the competition's true pairs 30 % have hashes within 20 bits, and some share one file.
_SAME_SHARE, _LIGHT_SHARE, _HEAVY_SHARE = 0.13, 0.33, 0.2
_VIEWS = 4
_photograph = lru_cache(maxsize=2 * _VIEWS)(photograph)
_MOST_PIXELS = 50_000_000
_ODD = 2654435761  # odd, so that i → i · _ODD mod 2³² never gives two listings one id
_STDERR = Console(stderr=True)


@dataclass(frozen=True)
class SampleSummary:
    """What was written."""

    listings: int
    products: int
    photos: int


def posting_id(listing: int, seed: int) -> str:
    """The id of a listing by its number, one like the competition's."""
    return f"train_{(listing * _ODD + seed * 40503) % 2**32}"


def label_of(group: int) -> str:
    """The label of a group by its number."""
    return str(10_000_000 + (group * _ODD) % 2**31)


def store_photo(images: Path, data: bytes) -> str:
    """Write a photo under the name that its content gives it, as the competition's are; the name."""
    name = f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}.jpg"
    (images / name).write_bytes(data)
    return name


def _shoot(group: int, seed: int, turn: int, px: int) -> bytes:
    """The photo of one listing of a group, as JPEG: the product's own picture, that edited, or another view."""
    product = draw_product(seed, group)
    rng = np.random.default_rng((seed, 5, group, turn))
    roll, quality = rng.random(), int(rng.integers(62, 93))
    own, other = _photograph(product, 0, px), _photograph(product, int(rng.integers(1, _VIEWS)), px)
    if roll < _SAME_SHARE:
        return jpeg(own, 88)
    if roll < _SAME_SHARE + _LIGHT_SHARE:
        return jpeg(edit_lightly(own, rng), quality)
    if roll < _SAME_SHARE + _LIGHT_SHARE + _HEAVY_SHARE:
        return jpeg(edit_heavily(own, rng, [other]), quality)
    return jpeg(edit_lightly(other, rng), quality)


def jpeg(image: Image.Image, quality: int) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def hash_of(data: bytes) -> str:
    """The perceptual hash of a photo's bytes."""
    with open_picture(data, _MOST_PIXELS) as picture:
        return str(imagehash.phash(picture))


def _list_group(first_and_size: tuple[int, int, int], seed: int, px: int, images: Path) -> list[tuple[str, ...]]:
    """Write the photos of a group, whose first listing has number `first`; its rows of the CSV."""
    group, first, size = first_and_size
    product = draw_product(seed, group)
    rows: list[tuple[str, ...]] = []
    for turn in range(size):
        rng = np.random.default_rng((seed, 6, group, turn))
        data = _shoot(group, seed, turn, px)
        name = store_photo(images, data)
        phash = hash_of(data)
        title = write_title(product, rng)
        rows.append((posting_id(first + turn, seed), name, phash, title, label_of(group)))
    return rows


def plan_groups(listings: int, seed: int) -> list[tuple[int, int, int]]:
    """Group number, first listing and size of each group; the last is cut so that the sum is `listings`."""
    plan: list[tuple[int, int, int]] = []
    first = 0
    while first < listings:
        left = listings - first
        size = min(group_size(seed, len(plan)), left)
        size = left if left - size == 1 and left <= 50 else size  # no product has one listing alone
        plan.append((len(plan), first, size))
        first += size
    return plan


def _check(listings: int, photo_px: int) -> None:
    if listings < 2:
        raise ConfigError(f"--listings: expected 2 or more (a product has at least two), received {listings}")
    if not 32 <= photo_px <= 4096:
        raise ConfigError(f"--photo-px: expected 32 to 4096, received {photo_px}")


@contextmanager
def new_folder(output: Path | str) -> Iterator[Path]:
    """A folder to write into, which takes the name `output` when all is written.

    Raises:
        ConfigError: something is there already.
    """
    target = Path(output)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConfigError(f"--output: {target} is there already; name an empty folder, or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name[:100]}.", suffix=".partial", dir=target.parent) as place:
        unfinished = Path(place) / "catalogue"
        unfinished.mkdir()
        yield unfinished
        if target.exists():
            target.rmdir()
        unfinished.rename(target)


def write_listings(path: Path, rows: list[tuple[str, ...]], seed: int, labelled: bool = True) -> None:
    """The listings as CSV in an order that says nothing about products, without label_group if not `labelled`."""
    columns = COLUMNS if labelled else COLUMNS[:-1]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        order = np.random.default_rng((seed, 7)).permutation(len(rows))
        writer.writerows(rows[row][: len(columns)] for row in order)


def write_catalogue(
    output: Path | str,
    listings: int,
    seed: int = 7,
    photo_px: int = 400,
    workers: int | None = None,
    labelled: bool = True,
    quiet: bool = True,
) -> SampleSummary:
    """Draw a catalogue into a new folder: train.csv (test.csv without labels) and images/.

    The same listings, seed and size give the same files, however many workers draw them.
    The folder appears when it is complete.

    Raises:
        ConfigError: a number that cannot work, or a folder that is not empty.
    """
    _check(listings, photo_px)
    plan = plan_groups(listings, seed)
    with new_folder(output) as folder:
        (folder / "images").mkdir()
        work = partial(_list_group, seed=seed, px=photo_px, images=folder / "images")
        with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
            drawn = pool.map(work, plan, chunksize=max(1, min(16, len(plan) // 64)))
            rows = [
                row for group in track(drawn, "drawing", len(plan), console=_STDERR, disable=quiet) for row in group
            ]
        write_listings(folder / f"{'train' if labelled else 'test'}.csv", rows, seed, labelled)
        photos = sum(1 for _ in (folder / "images").iterdir())
    return SampleSummary(len(rows), len(plan), photos)
