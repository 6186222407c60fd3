"""A load of distinct photos and titles for benchmarks of encode: drawn by the sample's generator, then cut.

Drawing a photo takes longer than encoding it, so a few dozen are drawn and each photo of the load is
another cut of one of them, in another size, with grain: as many bytes as a photo of its size, and none twice.
"""

import csv
import hashlib
import io
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from common import ROOT
from PIL import Image

from kembar.synthetic.products import draw_product
from kembar.synthetic.scene import photograph
from kembar.synthetic.seller_titles import write_title

SIDES = (640, 800, 1024)
_DRAWN, _LARGEST, _SEED = 48, 1100, 20260
_COLUMNS = ("posting_id", "image", "image_phash", "title", "label_group")


@lru_cache(maxsize=_DRAWN)
def _drawn(number: int) -> Image.Image:
    """One of the pictures that all photos are cut from, with a camera's grain."""
    picture = np.asarray(photograph(draw_product(_SEED, number), 0, _LARGEST), np.float32)
    grain = np.random.default_rng((_SEED, number)).normal(0, 3.0, picture.shape)
    return Image.fromarray(np.clip(picture + grain, 0, 255).astype(np.uint8))


def _cut(number: int) -> bytes:
    """Photo `number` of the load, JPEG."""
    rng = np.random.default_rng((_SEED, 1, number))
    share, side = float(rng.uniform(0.7, 1.0)), SIDES[number % len(SIDES)]
    left, top = rng.uniform(0, _LARGEST * (1 - share), 2)
    box = (left, top, left + share * _LARGEST, top + share * _LARGEST)
    picture = _drawn(number % _DRAWN).resize((side, side), Image.Resampling.BILINEAR, box)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _write_photo(images: Path, number: int) -> tuple[str, ...]:
    data = _cut(number)
    name = f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}.jpg"
    (images / name).write_bytes(data)
    title = write_title(draw_product(_SEED, number // 3), np.random.default_rng((_SEED, 2, number)))
    phash = f"{int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()):016x}"  # any hash: encode leaves it alone
    return f"train_{number}", name, phash, title, ""


def photo_load(photos: int) -> Path:
    """The folder of a load of so many listings, train.csv and images/; made once, in build/."""
    folder = ROOT / "build" / "benchmarks" / f"photos-{photos}"
    if folder.exists():
        return folder
    partial_folder = folder.with_suffix(".partial")
    shutil.rmtree(partial_folder, ignore_errors=True)
    (partial_folder / "images").mkdir(parents=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(partial(_write_photo, partial_folder / "images"), range(photos), chunksize=64))
    with (partial_folder / "train.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_COLUMNS, *rows])
    partial_folder.rename(folder)
    return folder
