"""The bare machine: the towers in a plain loop of one process, without Spark, heads, terms or files written.

bare.py loop|split FOLDER THREADS PRECISION prints JSON: of the loop its seconds, start-up apart; of the split the
milliseconds that each part takes for one listing, one after the other.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from kembar.config import load_settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import Photo, decode_photo
from kembar.encoding.towers.loaded import get_image_tower, get_text_tower
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.bundle_files import load_bundle

SETTINGS = load_settings()
_TITLES_AT_ONCE, _SPLIT_OVER = 1024, 300


def _listings(folder: Path) -> list[dict[str, str]]:
    with (folder / "train.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _parts(values: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _towers(threads: int, precision: str) -> tuple[Any, Any]:
    """Both towers, each having run once: what comes after is steady."""
    image = get_image_tower("efficientnet-lite0", threads, precision=precision)
    text = get_text_tower("builtin:use-multilingual", threads)
    size = SETTINGS.image_tower.batch_size
    image.embed(np.zeros((size, image.input_px, image.input_px, 3), np.uint8), size)
    text.embed(["kaos anak"] * SETTINGS.text_tower.batch_size)
    return image, text


def loop(folder: Path, threads: int, precision: str) -> dict[str, float]:
    """Every photo and title through the towers; two batches of photos are decoded ahead."""
    begin = time.monotonic()
    image, text = _towers(threads, precision)
    rows, size = _listings(folder), SETTINGS.image_tower.batch_size

    def opened(name: str) -> Photo:
        data = PhotoFolder(str(folder / "images")).read(name, SETTINGS.encode.max_photo_bytes)
        return decode_photo(data, image.input_px, False, SETTINGS.encode.max_photo_pixels)

    start = time.monotonic()
    with ThreadPoolExecutor(SETTINGS.encode.decode_threads) as pool:
        ahead: list[list[Any]] = []
        for names in [*_parts([row["image"] for row in rows], size), [], []]:
            ahead.append([pool.submit(opened, name) for name in names])
            if len(ahead) > 2 and ahead[0]:
                image.embed(np.stack([future.result().pixels for future in ahead[0]]), size)
            del ahead[:-2]
    photos_done = time.monotonic()
    for titles in _parts([normalise_title(row["title"]) for row in rows], _TITLES_AT_ONCE):
        text.embed(titles, SETTINGS.text_tower.batch_size)
    end = time.monotonic()
    return {"start": start - begin, "photos": photos_done - start, "titles": end - photos_done, "listings": len(rows)}


def split(folder: Path, threads: int, precision: str) -> dict[str, float]:
    """Milliseconds of each part for one listing."""
    image, text = _towers(threads, precision)
    bundle, rows = load_bundle(None), _listings(folder)[:_SPLIT_OVER]
    limits, size = SETTINGS.encode, SETTINGS.image_tower.batch_size
    spent: dict[str, float] = {}

    def timed(part: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        spent[part] = round((time.perf_counter() - start) * 1000 / len(rows), 3)
        return result

    images = PhotoFolder(str(folder / "images"))
    files = timed("read", lambda: [images.read(row["image"], limits.max_photo_bytes) for row in rows])
    px, most = image.input_px, limits.max_photo_pixels
    photos = timed("decode and resize", lambda: [decode_photo(data, px, False, most).pixels for data in files])
    timed("decode, resize and hash", lambda: [decode_photo(data, px, True, most) for data in files])
    pixels = np.stack(photos)
    features = timed("image tower", lambda: image.embed(pixels, size))
    timed("image head", lambda: bundle.image_head(features))
    titles = timed("normalise titles", lambda: [normalise_title(row["title"]) for row in rows])
    timed("terms", lambda: [title_terms(title) for title in titles])
    sentences = timed("text tower", lambda: text.embed(titles, SETTINGS.text_tower.batch_size))
    timed("title head", lambda: bundle.title_head(sentences))
    return spent


if __name__ == "__main__":
    what, where, threads, precision = sys.argv[1:]
    print(json.dumps({"loop": loop, "split": split}[what](Path(where), int(threads), precision)))
