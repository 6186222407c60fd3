"""A pen that draws in unit coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw, ImageFont

Point = tuple[float, float]
Box = tuple[float, float, float, float]


def around(x: float, y: float, r: float) -> Box:
    """The box of a disc."""
    return x - r, y - r, x + r, y + r


def upright(half: float, top: float, bottom: float, x: float = 0.5) -> Box:
    """A box of twice the width `half`, with its middle at x."""
    return x - half, top, x + half, bottom


@dataclass
class Pen:
    """Draws in unit coordinates on an image of any mode."""

    draw: ImageDraw.ImageDraw
    px: int

    def _at(self, points: Sequence[float]) -> list[float]:
        return [value * self.px for value in points]

    def polygon(self, points: Sequence[Point], fill: object) -> None:
        self.draw.polygon([(x * self.px, y * self.px) for x, y in points], fill=fill)  # type: ignore[arg-type]

    def rect(self, box: Box, fill: object, radius: float = 0.0) -> None:
        self.draw.rounded_rectangle(self._at(box), radius * self.px, fill=fill)  # type: ignore[arg-type]

    def ellipse(self, box: Box, fill: object) -> None:
        self.draw.ellipse(self._at(box), fill=fill)  # type: ignore[arg-type]

    def ring(self, box: Box, width: float, fill: object) -> None:
        self.draw.ellipse(self._at(box), outline=fill, width=max(1, round(width * self.px)))  # type: ignore[arg-type]

    def arc(self, box: Box, start: float, end: float, width: float, fill: object) -> None:
        self.draw.arc(self._at(box), start, end, fill=fill, width=max(1, round(width * self.px)))  # type: ignore[arg-type]

    def line(self, points: Sequence[Point], width: float, fill: object) -> None:
        scaled = [(x * self.px, y * self.px) for x, y in points]
        self.draw.line(scaled, fill=fill, width=max(1, round(width * self.px)), joint="curve")  # type: ignore[arg-type]

    def text(self, at: Point, text: str, size: float, fill: object, room: float = 1.0) -> None:
        """Centred text, made smaller where it would be wider than `room`."""
        font = ImageFont.load_default(max(6.0, size * self.px))
        width = self.draw.textlength(text, font=font) / self.px
        if width > room:
            font = ImageFont.load_default(max(6.0, size * self.px * room / width))
        self.draw.text(self._at(at), text, fill=fill, font=font, anchor="mm")  # type: ignore[arg-type]
