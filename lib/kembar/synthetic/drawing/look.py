"""How one product looks: its colours, proportions and print, the same in each of its pictures."""

from dataclasses import dataclass

import numpy as np

from kembar.synthetic.drawing.canvas import Colour, ink_on, mix
from kembar.synthetic.drawing.pen import Box, Pen, around
from kembar.synthetic.products import Product
from kembar.synthetic.vocabulary import COLOURS, VARIANTS

_PAPER: Colour = (246, 243, 236)


@dataclass(frozen=True)
class Look:
    """main, accent: colours; brand, name, variant: what is printed; traits: numbers in [0, 1) for proportions."""

    main: Colour
    accent: Colour
    brand: str
    name: str
    variant: str
    traits: tuple[float, ...]

    def between(self, trait: int, low: float, high: float) -> float:
        """A proportion of this product."""
        return low + (high - low) * self.traits[trait]

    def choice(self, trait: int, count: int) -> int:
        """One of `count` ways that this product may be made."""
        return int(self.traits[trait] * count)


def look_of(product: Product) -> Look:
    """The look that follows from a product; siblings differ in what sets them apart alone."""
    rng = np.random.default_rng(product.shape)
    tint = rng.integers(-26, 27, 3)
    main = tuple(int(c) for c in np.clip(np.array(COLOURS[product.colour]) + tint, 12, 250))
    accent = tuple(int(c) for c in np.clip(np.array(COLOURS[product.accent]) + tint[::-1], 12, 250))
    unit = VARIANTS[product.variant_kind].units[0].strip() if product.variant_kind in VARIANTS else ""
    variant = "" if product.variant_kind == "colour" else f"{product.variant}{unit}"
    return Look(main, accent, product.brand, product.name, variant, tuple(rng.random(24).tolist()))  # type: ignore[arg-type]


def _motif(pen: Pen, look: Look, box: Box, colour: Colour) -> None:
    """The picture on a label: a disc, leaves, drops, stripes, waves or a star."""
    left, top, right, bottom = box
    x, y, r = (left + right) / 2, (top + bottom) / 2, min(right - left, bottom - top) / 2
    kind = look.choice(10, 7)
    if kind == 0:
        pen.ellipse(around(x, y, r), colour)
        pen.ellipse((x - r / 2, y - r / 2, x + r / 2, y + r / 2), mix(colour, _PAPER, 0.6))
    elif kind == 1:
        for lean in (-1, 0, 1):
            tip, at = (x + lean * r, y - r * (1 - 0.3 * abs(lean))), x + lean * r * 0.8
            pen.polygon([(x, y + r), (at - r * 0.25, y), tip, (at + r * 0.25, y)], colour)
    elif kind == 2:
        pen.polygon([(x, y - r), (x + r * 0.6, y + r * 0.3), (x - r * 0.6, y + r * 0.3)], colour)
        pen.ellipse((x - r * 0.62, y - r * 0.2, x + r * 0.62, y + r), colour)
    elif kind == 3:
        for step in range(4):
            at = y - r + step * r * 0.5
            pen.rect((left, at, right, at + r * 0.25), mix(colour, _PAPER, step * 0.2))
    elif kind == 4:
        for step in range(3):
            at = y - r * 0.6 + step * r * 0.55
            wave = [(left + (right - left) * t / 12, at + r * 0.2 * np.sin(t * 1.3 + step)) for t in range(13)]
            pen.line(wave, r * 0.16, colour)
    elif kind == 5:
        turns = np.arange(10) * np.pi / 5 - np.pi / 2
        radii = np.where(np.arange(10) % 2, r * 0.45, r)
        pen.polygon(list(zip(x + radii * np.cos(turns), y + radii * np.sin(turns), strict=True)), colour)
    else:
        for turn in range(6):
            a, b = x + r * 0.55 * np.cos(turn * 1.047), y + r * 0.55 * np.sin(turn * 1.047)
            pen.ellipse((a - r * 0.38, b - r * 0.38, a + r * 0.38, b + r * 0.38), mix(colour, _PAPER, 0.25))
        pen.ellipse((x - r * 0.3, y - r * 0.3, x + r * 0.3, y + r * 0.3), look.main)


def print_label(pen: Pen, look: Look, box: Box, paper: Colour | None = None) -> None:
    """A product's label: brand, name, motif and what sets its variant apart, in one of several layouts."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    ground = paper or (_PAPER, mix(look.accent, _PAPER, 0.75), look.accent)[look.choice(11, 3)]
    ink, room = ink_on(ground), width * 0.86
    differs = sum(abs(a - b) for a, b in zip(look.main, ground, strict=True)) > 120
    band = look.main if differs else mix(ground, ink, 0.55)
    pen.rect(box, ground)
    if look.choice(12, 2):
        pen.rect((left, top, right, top + height * 0.2), band)
        pen.rect((left, bottom - height * 0.1, right, bottom), band)
        brand_ink = ink_on(band)
    else:
        pen.rect((left + width * 0.06, top + height * 0.22, right - width * 0.06, top + height * 0.235), band)
        brand_ink = ink
    x = (left + right) / 2
    pen.text((x, top + height * 0.11), look.brand.upper(), height * 0.14, brand_ink, room)
    _motif(pen, look, (left + width * 0.2, top + height * 0.28, right - width * 0.2, top + height * 0.62), band)
    pen.text((x, top + height * 0.71), look.name, height * 0.11, ink, room)
    if look.variant:
        pen.text((x, top + height * 0.83), look.variant, height * 0.10, ink, room)
