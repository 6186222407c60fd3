"""The pictures of a result by itself, without truth."""

from typing import Any

import pandas as pd

from kembar.analysis.chart import ACCENT, INK, SOFT, Chart

_MOST_BARS = 14


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
