"""A small studio: shapes in unit coordinates, painted flat, then lit as round, flat, cloth or metal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from kembar.synthetic.drawing.pen import Box, Pen, Point

Colour = tuple[int, int, int]

DARK: Colour = (36, 37, 42)
STEEL: Colour = (196, 198, 202)
WHITE: Colour = (246, 246, 244)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour that lies `share` of the way from `a` to `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def ink_on(colour: Colour) -> Colour:
    """Dark or light, whichever can be read on a colour."""
    return (30, 30, 36) if sum(colour) > 390 else (248, 246, 240)


def path(text: str) -> list[Point]:
    """Points written as numbers, x and y in turn.

    >>> path("0.1 0.2  0.3 0.4")
    [(0.1, 0.2), (0.3, 0.4)]
    """
    numbers = [float(word) for word in text.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A closed Catmull-Rom curve through the points."""
    p = np.asarray(points, float)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    b, c, d, e = before[:, None], p[:, None], after[:, None], beyond[:, None]
    curve = 0.5 * (2 * c + (d - b) * t + (2 * b - 5 * c + 4 * d - e) * t**2 + (3 * c - b - 3 * d + e) * t**3)
    return [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]


def mirrored(right: Sequence[Point]) -> list[Point]:
    """A whole outline from its right half, given from top to bottom about x = 0.5."""
    return [*right, *((1 - x, y) for x, y in reversed(right))]


def _grid(box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """x and y from −1 to 1 over a box of pixels."""
    left, top, right, bottom = box
    return np.linspace(-1, 1, right - left)[None, :], np.linspace(-1, 1, bottom - top)[:, None]


def _round(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """An upright cylinder lit from the left, with a second reflection on the right."""
    left, right = np.exp(-(((x + 0.45) / 0.28) ** 2)), np.exp(-(((x - 0.72) / 0.12) ** 2))
    return 0.80 + 0.34 * left + 0.10 * right - 0.26 * x**4 + 0 * y


def _cloth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Soft folds that fan out downwards."""
    folds = np.sin(9 * x * (1.2 - 0.3 * y) + 1.5 * y) * 0.5 + np.sin(17 * x + 4 * y) * 0.25
    return 0.98 + 0.055 * folds * (0.4 + 0.6 * (y + 1) / 2) - 0.10 * x**2


LIGHTS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "round": _round,
    "lying": lambda x, y: _round(y, x),
    "flat": lambda x, y: 1.02 - 0.07 * y - 0.04 * x,
    "ball": lambda x, y: 1.12 - 0.30 * ((x + 0.35) ** 2 + (y + 0.4) ** 2),
    "cloth": _cloth,
    "metal": lambda x, y: 0.86 + 0.22 * np.cos(7 * x + 0.6) * np.exp(-0.6 * x**2) - 0.15 * x**4 + 0 * y,
}


@dataclass
class Canvas:
    """A transparent layer of `px` × `px` on which a product is put together from lit parts."""

    px: int
    layer: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.layer = Image.new("RGBA", (self.px, self.px), (0, 0, 0, 0))

    def part(
        self,
        outline: Callable[[Pen], None],
        colour: Colour,
        light: str = "flat",
        decorate: Callable[[Pen], None] | None = None,
        opacity: float = 1.0,
    ) -> None:
        """Paint the shape that `outline` draws in white, print `decorate` on it, and light both together."""
        mask = Image.new("L", (self.px, self.px), 0)
        outline(Pen(ImageDraw.Draw(mask), self.px))
        box = mask.getbbox()
        if box is None:
            return
        painted = Image.new("RGB", (self.px, self.px), colour)
        if decorate is not None:
            decorate(Pen(ImageDraw.Draw(painted), self.px))
        cut = mask.crop(box)
        # Edges are a little darker than faces: what tells an object from a patch of colour.
        rim = np.asarray(cut.filter(ImageFilter.GaussianBlur(self.px * 0.009)), np.float32)[..., None] / 255
        lit = np.asarray(painted.crop(box), np.float32) * LIGHTS[light](*_grid(box))[..., None] * (0.68 + 0.32 * rim)
        lit += 255 * np.clip(LIGHTS[light](*_grid(box))[..., None] - 1.05, 0, 1) * 0.55
        piece = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
        shown = cut if opacity == 1 else cut.point(lambda value: round(value * opacity))
        full = Image.new("RGBA", (self.px, self.px), (0, 0, 0, 0))
        full.paste(piece, box[:2], shown)
        self.layer.alpha_composite(full)

    def polygon(self, points: Sequence[Point], colour: Colour, light: str = "flat", **more: object) -> None:
        self.part(lambda pen: pen.polygon(points, 255), colour, light, **more)  # type: ignore[arg-type]

    def rect(self, box: Box, colour: Colour, light: str = "flat", radius: float = 0.0, **more: object) -> None:
        self.part(lambda pen: pen.rect(box, 255, radius), colour, light, **more)  # type: ignore[arg-type]

    def ellipse(self, box: Box, colour: Colour, light: str = "flat", **more: object) -> None:
        self.part(lambda pen: pen.ellipse(box, 255), colour, light, **more)  # type: ignore[arg-type]

    def line(self, points: Sequence[Point], width: float, colour: Colour, light: str = "flat") -> None:
        self.part(lambda pen: pen.line(points, width, 255), colour, light)
