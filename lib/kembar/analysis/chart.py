"""Pictures of numbers, drawn when a notebook asks for them, and those of a result without labels."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kembar.errors import InputError

INK, ACCENT, SOFT, MUTED, WARM = "#22333b", "#2b6777", "#c8d8e4", "#8aa9b5", "#c8553d"
"""Text, the main series, what stands behind it or beside it, and what should catch the eye."""
_DOTS_PER_INCH = 110
_MOST_BARS = 14


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


def draw_sizes(sizes: pd.DataFrame) -> Chart:
    """How many groups there are of each size. sizes: `group_size, groups`; the sizes of large groups share a bar."""
    large = sizes["group_size"] > _MOST_BARS
    table = sizes[~large].set_index("group_size")["groups"].rename(index=str)
    if large.any():
        table = pd.concat([table, pd.Series({f"over {_MOST_BARS}": sizes.loc[large, "groups"].sum()})])

    def draw(axes: Any) -> None:
        bars = axes.bar(table.index, table.to_numpy(), color=ACCENT)
        axes.bar_label(bars, fontsize=8, color=INK)
        axes.set(xlabel="listings in the group; 1: alone", ylabel="groups")

    return Chart(draw, "number of groups by their size")


def draw_probabilities(counts: pd.DataFrame, threshold: float) -> Chart:
    """How sure the decisions are. counts: `probability, pairs` by lower end of equal parts."""
    width = 1 / max(len(counts), 1) if len(counts) < 2 else float(counts["probability"].diff().min())

    def draw(axes: Any) -> None:
        axes.bar(counts["probability"], counts["pairs"], width=width * 0.9, align="edge", color=ACCENT)
        axes.axvline(threshold, color=INK, linestyle=":", linewidth=1)
        axes.set(xlabel="probability; dotted: where groups form", ylabel="pairs", yscale="log", xlim=(0, 1))

    return Chart(draw, "number of compared pairs by probability")


def draw_sources(sources: pd.DataFrame) -> Chart:
    """Who proposed the pairs. sources: `pairs` and `likely` by source."""

    def draw(axes: Any) -> None:
        axes.barh(sources.index, sources["pairs"], color=SOFT, label="pairs")
        axes.barh(sources.index, sources["likely"], color=ACCENT, label="of them likely")
        axes.invert_yaxis()
        axes.set(xlabel="pairs, on a logarithmic scale", xscale="log")
        axes.legend(frameon=False, fontsize=8)

    return Chart(draw, "number of pairs, and of likely ones, by block source")
