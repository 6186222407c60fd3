"""Pictures for load: drawn once for some hundred products, made into those of any number at ten milliseconds each.

A product's picture is one of the drawn ones in other colours, with another as an inset; a seller's photo is that
cropped, mirrored, in another size. Noise as of a camera makes files as large as photos are: drawn areas are so even
that JPEG would shrink them to a third.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kembar.sample.catalogue import jpeg
from kembar.sample.products import draw_product
from kembar.sample.scene import photograph

SCENES, SCENE_PX, VIEWS = "scenes.npy", 512, 2
_NOISE_PX = 2048
_SIDES_PX, _SIDE_WEIGHTS = (640, 720, 800, 1024), (0.3, 0.2, 0.4, 0.1)
_NOISE = (0.05, 0.11)
_QUALITIES = (76, 91)
OTHER_SHOT_SHARE, HEAVY_SHARE = 0.35, 0.25
"""Listings of the product's second picture; and of those of the first, which cut it so that it is another to a hash."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Scenes:
    """Drawn pictures and noise, mapped from files by every process. drawn: uint8 `[products, VIEWS, px, px, 3]`;
    noise: uint8 `[2048, 2048, 3]`."""

    drawn: NDArray[np.uint8]
    noise: Image.Image

    @staticmethod
    def load(folder: Path) -> "Scenes":
        noise = np.random.default_rng(0).integers(0, 256, (_NOISE_PX, _NOISE_PX, 3), dtype=np.uint8)
        return Scenes(np.load(folder / SCENES, mmap_mode="r", allow_pickle=False), Image.fromarray(noise))


def _views(number: int, seed: int) -> NDArray[np.uint8]:
    product = draw_product(seed, number)
    return np.stack([np.asarray(photograph(product, view, SCENE_PX)) for view in range(VIEWS)])


def draw_scenes(folder: Path, products: int, seed: int, pool: ProcessPoolExecutor) -> None:
    """Draw the pictures of so many products into a file of `folder`, at about seven a second and core."""
    shape = (products, VIEWS, SCENE_PX, SCENE_PX, 3)
    drawn = np.lib.format.open_memmap(folder / SCENES, mode="w+", dtype=np.uint8, shape=shape)
    for number, views in enumerate(pool.map(partial(_views, seed=seed), range(products))):
        drawn[number] = views
    drawn.flush()


def _recolour(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Other colours, by a matrix near one of the turns of red, green and blue."""
    turn = np.roll(np.eye(3), int(rng.integers(3)), axis=1)
    matrix = 0.75 * turn + rng.uniform(0, 0.25, (3, 3))
    return picture.convert("RGB", tuple(np.column_stack([matrix, rng.uniform(-12, 12, 3)]).ravel().tolist()))


def compose(scenes: Scenes, view: int, rng: np.random.Generator) -> Image.Image:
    """A product's picture of `SCENE_PX`: view 0 or 1 of a drawn one, recoloured, with an inset of another."""
    main, other = rng.integers(0, len(scenes.drawn), 2)
    picture = _recolour(Image.fromarray(scenes.drawn[main, view % VIEWS]), rng)
    side = int(rng.integers(SCENE_PX // 5, SCENE_PX // 3))
    inset = Image.fromarray(scenes.drawn[other, 0]).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=1.0)
    corners = (0, SCENE_PX - side)
    picture.paste(_recolour(inset, rng), (corners[rng.integers(2)], corners[rng.integers(2)]))
    return picture


def _window(rng: np.random.Generator, share: float) -> Box:
    """A square of `share` of the side, somewhere in the picture."""
    side = SCENE_PX * share
    left, top = rng.uniform(0, SCENE_PX - side, 2)
    return left, top, left + side, top + side


def shoot(scenes: Scenes, picture: Image.Image, heavy: bool, rng: np.random.Generator) -> tuple[Image.Image, bytes]:
    """A seller's photo of a picture, and its JPEG file: cut a little or (`heavy`) a lot, mirrored, with noise."""
    px = int(rng.choice(_SIDES_PX, p=_SIDE_WEIGHTS))
    share = rng.uniform(0.55, 0.8) if heavy else rng.uniform(0.93, 1.0)
    photo = picture.resize((px, px), Image.Resampling.BILINEAR, _window(rng, share))  # a third of what transform takes
    if heavy and rng.random() < 0.5:
        photo = ImageOps.mirror(photo)
    left, top = (int(rng.integers(0, _NOISE_PX - px)) for _ in "xy")
    photo = Image.blend(photo, scenes.noise.crop((left, top, left + px, top + px)), float(rng.uniform(*_NOISE)))
    return photo, jpeg(photo, int(rng.integers(*_QUALITIES)))
