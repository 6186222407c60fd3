"""Photographs of a product: a ground, a shadow, the product as one seller laid it out."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from kembar.synthetic.drawing import draw_item
from kembar.synthetic.drawing.canvas import Colour, mix
from kembar.synthetic.drawing.pen import Pen, around
from kembar.synthetic.poster import lay_behind, print_over
from kembar.synthetic.products import Product

_OVERSAMPLING = 1.6
_WHITE: Colour = (252, 252, 251)
_PAPERS: tuple[Colour, ...]
_PAPERS = (236, 224, 214), (216, 228, 236), (228, 236, 218), (244, 222, 226), (226, 220, 238), (240, 234, 206)


def _noise(px: int, cells: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise in −1 … 1, `[px, px]`."""
    coarse = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    return np.asarray(coarse.resize((px, px), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1


def _fade(px: int, top: Colour, bottom: Colour) -> np.ndarray:
    share = np.linspace(0, 1, px, dtype=np.float32)[:, None, None]
    fade = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    return np.broadcast_to(fade, (px, px, 3)).copy()


def _studio(px: int, rng: np.random.Generator) -> np.ndarray:
    return _fade(px, _WHITE, mix(_WHITE, (214, 216, 220), float(rng.random())))


def _paper(px: int, rng: np.random.Generator) -> np.ndarray:
    """Coloured paper, with the fold where wall meets floor."""
    colour = _PAPERS[rng.integers(len(_PAPERS))]
    ground = _fade(px, mix(colour, _WHITE, 0.35), colour)
    ground[int(px * rng.uniform(0.6, 0.78)) :] *= rng.uniform(0.9, 0.97)
    return ground


def _planks(px: int, rng: np.random.Generator) -> np.ndarray:
    """A wooden board seen from above."""
    wood = mix((196, 152, 104), (120, 84, 58), float(rng.random()))
    coarse = Image.fromarray(rng.integers(0, 256, (px // 3, 6), dtype=np.uint8))
    grain = np.asarray(coarse.resize((px, px), Image.Resampling.BICUBIC), np.float32)
    ground = _fade(px, wood, mix(wood, (60, 40, 30), 0.15)) * (0.88 + 0.22 * grain[..., None] / 255)
    for edge in np.linspace(0, px, int(rng.integers(4, 7)), dtype=int)[1:-1]:
        ground[edge : edge + 2] *= 0.6
    return ground if rng.random() < 0.5 else ground.transpose(1, 0, 2)


def _marble(px: int, rng: np.random.Generator) -> np.ndarray:
    veins = np.abs(_noise(px, 7, rng) + 0.5 * _noise(px, 19, rng))
    return np.array((244, 243, 240), np.float32) - (36 * np.exp(-((veins / 0.06) ** 2)))[..., None]


def _cloth(px: int, rng: np.random.Generator) -> np.ndarray:
    colour = mix(_PAPERS[rng.integers(len(_PAPERS))], (150, 140, 130), float(rng.random()) * 0.6)
    return np.array(colour, np.float32) * (1 + 0.12 * _noise(px, 5, rng) + 0.04 * _noise(px, px // 3, rng))[..., None]


def _room(px: int, rng: np.random.Generator) -> np.ndarray:
    """A shop out of focus behind a table."""
    image = Image.fromarray(_fade(px, (120, 108, 96), (70, 62, 58)).astype(np.uint8))
    pen = Pen(ImageDraw.Draw(image), px)
    for _ in range(28):
        x, y, r = rng.uniform(0, 1), rng.uniform(0, 0.7), rng.uniform(0.02, 0.1)
        colour = mix((255, 214, 150), _PAPERS[rng.integers(len(_PAPERS))], float(rng.random()))
        pen.ellipse(around(x, y, r), colour)
    ground = np.asarray(image.filter(ImageFilter.GaussianBlur(px * 0.03)), np.float32).copy()
    ground[int(px * 0.74) :] = _planks(px, rng)[int(px * 0.74) :]
    return ground


_GROUNDS = (_studio, _paper, _planks, _marble, _cloth, _room)
_GROUND_WEIGHTS = (0.3, 0.24, 0.13, 0.1, 0.12, 0.11)
_DESIGNED_SHARE = 0.6


def _lay_out(item: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The item as another seller shows it: mirrored, turned a little, seen from the side, or close up."""
    px = item.width
    if rng.random() < 0.25:
        item = ImageOps.mirror(item)
    lean, narrow, close = rng.uniform(-0.18, 0.18), rng.uniform(0.72, 1.0), 1 / rng.choice((1.0, 1.0, 1.6))
    a, b = close / narrow, close * lean
    at = (px / 2 * (1 - a) - b * px / 2, px / 2 * (1 - close) - 0.05 * px * (1 - close))
    affine = (a, b, at[0], 0, close, at[1])
    turned = item.transform(item.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    return turned.rotate(float(rng.normal(0, 6)), Image.Resampling.BILINEAR)


def _arrange(item: Image.Image, rng: np.random.Generator, first: bool) -> Image.Image:
    """One item, smaller or larger, or a few of it side by side."""
    px, scale = item.width, rng.uniform(0.6, 1.0)
    count = 1 if first or rng.random() < 0.7 else int(rng.integers(2, 4))
    stage = Image.new("RGBA", item.size, (0, 0, 0, 0))
    side = int(px * scale / (1 + 0.55 * (count - 1)))
    small = item.resize((side, side), Image.Resampling.BILINEAR)
    step = int(side * 0.62)
    left = (px - side - step * (count - 1)) // 2
    free = max(0, px - side) // 2 if count == 1 else 0
    aside, down = (int(free * rng.uniform(-0.8, 0.8)) for _ in "xy")
    for turn in range(count):
        stage.alpha_composite(small, (max(0, left + turn * step + aside), (px - side) // 2 + down))
    return stage


def _shadow(item: Image.Image, rng: np.random.Generator) -> Image.Image:
    """How dark the ground is, as a mask: the item's own outline, blurred and moved away from the light."""
    px = item.width
    shift, blur = int(px * rng.uniform(0.01, 0.03)), px * rng.uniform(0.008, 0.025)
    soft = ImageChops.offset(item.getchannel("A"), shift, shift).filter(ImageFilter.GaussianBlur(blur))
    return soft.point(lambda value: int(value * 0.38))


def photograph(product: Product, view: int, px: int) -> Image.Image:
    """RGB `px` × `px`: view 0 is the product's own picture, another view another seller's photo of the same thing."""
    rng = np.random.default_rng((product.shape, view, sum(map(ord, product.colour + product.variant))))
    # Siblings share the scene of a view as they share a seller; what differs is the product.
    scene = np.random.default_rng((product.shape, view))
    side = int(px * _OVERSAMPLING)
    item = draw_item(product, side)
    item = _arrange(item if view == 0 else _lay_out(item, rng), scene, view == 0)
    ground = _GROUNDS[scene.choice(len(_GROUNDS), p=_GROUND_WEIGHTS)](side, scene)
    light = scene.uniform(0.94, 1.04) * (1 + 0.02 * scene.standard_normal(3))
    stage = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    designed = scene.random() < _DESIGNED_SHARE
    picture = (lay_behind(stage, scene) if designed else stage).convert("RGBA")
    picture.paste((20, 18, 22), (0, 0), _shadow(item, scene))
    picture.alpha_composite(item)
    if designed:
        print_over(picture, product, scene)
    lit = np.asarray(picture.convert("RGB"), np.float32) * light
    lit += np.random.default_rng(product.shape).normal(0, 1.6, (side, side, 1))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).resize((px, px), Image.Resampling.LANCZOS)
