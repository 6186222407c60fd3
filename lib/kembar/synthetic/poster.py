"""What shops lay around a product on its picture: panels, circles, headings, lists of promises, leaves."""

import numpy as np
from PIL import Image, ImageDraw

from kembar.synthetic.drawing.canvas import Colour, ink_on, mix
from kembar.synthetic.drawing.pen import Pen, around
from kembar.synthetic.products import Product
from kembar.synthetic.vocabulary import COLOURS

_HUES = tuple(COLOURS.values())


def _hue(rng: np.random.Generator) -> Colour:
    """A colour of the shop's design."""
    return mix(_HUES[rng.integers(len(_HUES))], _HUES[rng.integers(len(_HUES))], float(rng.random()) * 0.6)


def _panel(pen: Pen, rng: np.random.Generator, colour: Colour) -> None:
    edge = rng.uniform(0.3, 0.7)
    lean = rng.uniform(-0.25, 0.25)
    if rng.random() < 0.5:
        pen.polygon([(0, edge + lean), (1, edge - lean), (1, 1), (0, 1)], colour)
    else:
        pen.polygon([(edge + lean, 0), (1, 0), (1, 1), (edge - lean, 1)], colour)


def _rings(pen: Pen, rng: np.random.Generator, colour: Colour) -> None:
    x, y = rng.uniform(0.3, 0.7, 2)
    for r in np.sort(rng.uniform(0.15, 0.6, int(rng.integers(1, 4))))[::-1]:
        colour = mix(colour, (255, 255, 255), 0.3)
        pen.ellipse(around(x, y, r), colour)


def _rays(pen: Pen, rng: np.random.Generator, colour: Colour) -> None:
    count = int(rng.integers(8, 18))
    for turn in range(count):
        a, b = turn * 2 * np.pi / count, (turn + 0.5) * 2 * np.pi / count
        pen.polygon([(0.5, 0.5), (0.5 + np.cos(a), 0.5 + np.sin(a)), (0.5 + np.cos(b), 0.5 + np.sin(b))], colour)


def _tiles(pen: Pen, rng: np.random.Generator, colour: Colour) -> None:
    step, size = rng.uniform(0.06, 0.2), rng.uniform(0.3, 0.7)
    for i in range(int(1 / step) + 1):
        for j in range(int(1 / step) + 1):
            x, y, r = (i + 0.5 * (j % 2)) * step, j * step, step * size / 2
            pen.ellipse(around(x, y, r), colour)


def _leaves(pen: Pen, rng: np.random.Generator, colour: Colour) -> None:
    for _ in range(int(rng.integers(4, 12))):
        x, y = rng.choice((0.08, 0.92)) + rng.normal(0, 0.06), rng.random()
        r, turn = rng.uniform(0.05, 0.16), rng.random() * 6.3
        along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        points = [np.array([x, y]) + r * (t * along + s * across) for t, s in ((-1, 0), (0, 0.35), (1, 0), (0, -0.35))]
        pen.polygon([(float(a), float(b)) for a, b in points], mix(colour, (30, 60, 30), float(rng.random()) * 0.5))


_BEHIND = (_panel, _rings, _rays, _tiles, _leaves)


def lay_behind(ground: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The ground with one or two shapes of a shop's design on it."""
    over = ground.copy()
    for turn in rng.choice(len(_BEHIND), int(rng.integers(1, 3)), replace=False):
        _BEHIND[turn](Pen(ImageDraw.Draw(over), ground.width), rng, _hue(rng))
    return Image.blend(ground, over, float(rng.uniform(0.5, 0.95)))


def print_over(picture: Image.Image, product: Product, rng: np.random.Generator) -> None:
    """Print a heading and a list of promises onto the picture, at the side that the design gives them."""
    pen, colour = Pen(ImageDraw.Draw(picture), picture.width), _hue(rng)
    if rng.random() < 0.6:
        y = rng.choice((0.07, 0.93))
        if rng.random() < 0.5:
            pen.rect((0, y - 0.06, 1, y + 0.06), colour)
            colour = ink_on(colour)
        pen.text((rng.uniform(0.35, 0.65), y), f"{product.brand} {product.name}", rng.uniform(0.06, 0.1), colour, 0.7)
    if rng.random() < 0.5:
        x, top = rng.choice((0.14, 0.86)), rng.uniform(0.2, 0.5)
        for turn, promise in enumerate(product.attributes[: int(rng.integers(2, 5))]):
            tag = _hue(rng)
            pen.rect((x - 0.12, top + turn * 0.11, x + 0.12, top + turn * 0.11 + 0.075), tag, 0.02)
            pen.text((x, top + turn * 0.11 + 0.037), promise, 0.04, ink_on(tag), 0.22)
