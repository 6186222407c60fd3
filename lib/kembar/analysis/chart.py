"""A picture of numbers, drawn when a notebook asks for it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kembar.errors import InputError

INK, ACCENT, SOFT, MUTED, WARM = "#22333b", "#2b6777", "#c8d8e4", "#8aa9b5", "#c8553d"
"""Text, the main series, what stands behind it or beside it, and what should catch the eye."""
_DOTS_PER_INCH = 110


@dataclass(frozen=True)
class Chart:
    """draw: puts the picture on matplotlib axes; alt: says in words what it shows; inches: width and height."""

    draw: Callable[[Any], None]
    alt: str
    inches: tuple[float, float] = (7.0, 2.8)

    def png(self) -> bytes:
        """The picture as a PNG file.

        Raises:
            InputError: matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise InputError("charts need matplotlib, which kembar's jobs do not: pip install matplotlib") from error
        figure = Figure(figsize=self.inches, dpi=_DOTS_PER_INCH, layout="constrained", facecolor="white")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=9)
        self.draw(axes)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Description": self.alt, "Software": None})
        return buffer.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the picture as a PNG file."""
        Path(path).write_bytes(self.png())

    def _repr_png_(self) -> bytes:
        return self.png()

    def __repr__(self) -> str:
        return f"Chart: {self.alt}"
