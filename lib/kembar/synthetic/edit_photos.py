"""What sellers do to a picture before they list it again: little, or a lot."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from kembar.synthetic.drawing.pen import Pen, around
from kembar.synthetic.vocabulary import PROMISES, SHOPS

_LOUD = ((214, 40, 40), (244, 120, 20), (20, 110, 200), (18, 140, 90), (240, 196, 20), (150, 30, 140))

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


def _pen(image: Image.Image) -> Pen:
    return Pen(ImageDraw.Draw(image), image.width)


def _loud(rng: np.random.Generator) -> tuple[int, int, int]:
    return _LOUD[rng.integers(len(_LOUD))]


def crop(image: Image.Image, share: float, rng: np.random.Generator) -> Image.Image:
    """A square of `share` of the side, somewhere in the picture, at the picture's size."""
    px = image.width
    side = int(px * share)
    left, top = rng.integers(0, px - side + 1, 2)
    return image.resize((px, px), Image.Resampling.BICUBIC, (left, top, left + side, top + side))


def tone(image: Image.Image, rng: np.random.Generator, strength: float = 0.1) -> Image.Image:
    """Other brightness, contrast and saturation, by about `strength`."""
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = kind(image).enhance(float(rng.uniform(1 - strength, 1 + strength)))
    return image


def badge(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A round sticker in a corner."""
    image, r = image.copy(), rng.uniform(0.07, 0.11)
    x, y = rng.choice((r + 0.02, 0.98 - r)), rng.choice((r + 0.02, 0.98 - r))
    pen = _pen(image)
    pen.ellipse(around(x, y, r), _loud(rng))
    pen.text((x, y), str(rng.choice(PROMISES)), r * 0.6, (255, 255, 255), r * 1.7)
    return image


def watermark(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The shop's name, half transparent."""
    over = image.copy()
    _pen(over).text((0.5, rng.uniform(0.3, 0.95)), str(rng.choice(SHOPS)), 0.07, (250, 250, 250), 0.6)
    return Image.blend(image, over, 0.6)


def banner(image: Image.Image, rng: np.random.Generator, height: float = 0.08) -> Image.Image:
    """A strip with a promise across the foot or the head."""
    image = image.copy()
    pen = _pen(image)
    top = rng.choice((0.0, 1 - height))
    pen.rect((0, top, 1, top + height), _loud(rng))
    words = f"{rng.choice(PROMISES)}  *  {rng.choice(SHOPS)}"
    pen.text((0.5, top + height / 2), words, height * 0.55, (255, 255, 255), 0.9)
    return image


def frame(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A coloured border over the edge."""
    image = image.copy()
    width = max(2, int(image.width * rng.uniform(0.01, 0.025)))
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=_loud(rng), width=width)
    return image


def tilt(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The picture turned, its corners cut off by a crop."""
    angle = float(rng.choice((-1, 1)) * rng.uniform(8, 20))
    turned = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=image.getpixel((3, 3)))  # type: ignore[arg-type]
    return crop(turned, 0.86, rng)


def screenshot(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A phone's picture of the picture, with the shop's bars above and below."""
    px = image.width
    page = Image.new("RGB", (px, px), (248, 248, 248))
    side = int(px * 0.7)
    page.paste(image.resize((side, side), Image.Resampling.BICUBIC), ((px - side) // 2, int(px * 0.1)))
    pen, colour = _pen(page), _loud(rng)
    pen.rect((0, 0, 1, 0.08), colour)
    pen.text((0.5, 0.04), str(rng.choice(SHOPS)), 0.045, (255, 255, 255))
    pen.text((0.3, 0.86), f"Rp {rng.integers(5, 500)}.{rng.integers(0, 9)}00", 0.06, colour)
    pen.rect((0.55, 0.9, 0.96, 0.98), colour, 0.02)
    pen.text((0.755, 0.94), "Beli Sekarang", 0.04, (255, 255, 255))
    return page


def collage(image: Image.Image, rng: np.random.Generator, others: list[Image.Image]) -> Image.Image:
    """The picture beside others of the same product."""
    px = image.width
    half = px // 2
    tiles = [image, *others]
    page = Image.new("RGB", (px, px), (255, 255, 255))
    cells = [(0, 0), (half, 0), (0, half), (half, half)] if rng.random() < 0.5 else [(0, px // 4), (half, px // 4)]
    for turn, cell in enumerate(cells):
        page.paste(tiles[turn % len(tiles)].resize((half - 2, half - 2), Image.Resampling.BICUBIC), cell)
    return page


_LIGHT: tuple[Edit, ...] = (
    lambda image, _: image,
    lambda image, rng: crop(image, float(rng.uniform(0.93, 0.99)), rng),
    tone,
    badge,
    watermark,
    banner,
    frame,
)
_HEAVY: tuple[Edit, ...] = (
    lambda image, rng: crop(image, float(rng.uniform(0.6, 0.8)), rng),
    lambda image, _: ImageOps.mirror(image),
    tilt,
    screenshot,
    lambda image, rng: banner(image, rng, float(rng.uniform(0.2, 0.3))),
)


def edit_lightly(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Up to two edits that leave the picture the same at a glance, and mostly its perceptual hash."""
    for turn in rng.choice(len(_LIGHT), int(rng.integers(1, 3)), replace=False):
        image = _LIGHT[turn](image, rng)
    return image


def edit_heavily(image: Image.Image, rng: np.random.Generator, others: list[Image.Image]) -> Image.Image:
    """An edit after which a hash of the whole picture has nothing in common with it."""
    turn = int(rng.integers(len(_HEAVY) + 1))
    image = collage(image, rng, others) if turn == len(_HEAVY) else _HEAVY[turn](image, rng)
    return edit_lightly(tone(image, rng, 0.2), rng)
