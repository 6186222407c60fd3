"""Pictures for load: drawn once for some hundred products, made into those of any number at ten milliseconds each.

A product's picture is a part of a drawn one in other colours, with a part of another as an inset; a seller's photo is
that cropped, mirrored, in another size. Noise as of a camera makes files as large as photos are: drawn areas are so
even that JPEG would shrink them to a third.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from kembar.synthetic.catalogue import jpeg
from kembar.synthetic.products import draw_product
from kembar.synthetic.scene import photograph

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


@dataclass(frozen=True)
class Design:
    """What a product looks like: parts of two drawn products in colours of its own, each turned by quarters.

    main, inset: numbers of drawn products; colours: those of each, twelve numbers of a matrix; turns: 0 to 7 of each.
    """

    main: int
    inset: int
    colours: tuple[tuple[float, ...], tuple[float, ...]]
    turns: tuple[int, int]


def _colours(rng: np.random.Generator) -> tuple[float, ...]:
    """Other colours, by a matrix near one of the turns of red, green and blue."""
    turn = np.roll(np.eye(3), int(rng.integers(3)), axis=1)
    matrix = 0.75 * turn + rng.uniform(0, 0.25, (3, 3))
    return tuple(np.column_stack([matrix, rng.uniform(-12, 12, 3)]).ravel().tolist())


def design(drawn: int, line: np.random.Generator, own: np.random.Generator) -> Design:
    """The design of a product of `drawn` drawn ones; siblings, who share the generator `line`, differ by the inset."""
    main, colours, turn = int(line.integers(drawn)), _colours(line), int(line.integers(8))
    return Design(main, int(own.integers(drawn)), (colours, _colours(own)), (turn, int(own.integers(8))))


def _part(picture: NDArray[np.uint8], box: Box, px: int, colours: tuple[float, ...], turn: int) -> Image.Image:
    part = Image.fromarray(picture).resize((px, px), Image.Resampling.BILINEAR, box).convert("RGB", colours)
    part = ImageOps.mirror(part) if turn >= 4 else part
    return part.rotate(90 * (turn % 4))  # by quarters no pixel is computed


def _outline(px: int, rng: np.random.Generator) -> Image.Image:
    """A mask: a circle, or a polygon of some corners."""
    mask = Image.new("L", (px, px))
    if rng.random() < 0.5:
        ImageDraw.Draw(mask).ellipse((0, 0, px - 1, px - 1), 255)
        return mask
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
    corners = px / 2 * (1 + np.column_stack([np.cos(angles), np.sin(angles)]))
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in corners], 255)
    return mask


def compose(scenes: Scenes, product: Design, view: int, rng: np.random.Generator) -> Image.Image:
    """A product's picture of `SCENE_PX`, by view 0 or 1 of what was drawn: a part of it, and the inset somewhere."""
    main = scenes.drawn[product.main, view % VIEWS]
    picture = _part(main, _window(rng, rng.uniform(0.4, 0.9)), SCENE_PX, product.colours[0], product.turns[0])
    side = int(rng.integers(SCENE_PX // 4, SCENE_PX * 2 // 3))
    inset = _part(
        scenes.drawn[product.inset, 0],
        _window(rng, rng.uniform(0.4, 0.9)),
        side,
        product.colours[1],
        product.turns[1],
    )
    left, top = (int(rng.integers(0, SCENE_PX - side)) for _ in "xy")
    picture.paste(inset, (left, top), _outline(side, rng))
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
