"""The rows of the overview's tables as text."""

from typing import Any

from kembar.report.overview import BINS

Row = list[str]
_SCORES = {"row_wise": "row-wise mean", "pairwise": "pairwise", "b_cubed": "B-cubed"}


def describe_rows(overview: dict[str, Any]) -> dict[str, list[Row]]:
    """Rows of each table, by the name in the template."""
    way, histogram = overview["blocking"], overview["probabilities"]
    bars = zip(histogram["within"], histogram["across"], strict=True)
    rows = {
        "sure_rows": [[f"{i / BINS:.2f} – {(i + 1) / BINS:.2f}", f"{w:,}", f"{a:,}"] for i, (w, a) in enumerate(bars)],
        "size_rows": [[part["size"], f"{part['groups']:,}", f"{part['listings']:,}"] for part in overview["sizes"]],
        "way_rows": [[part["step"], f"{part['pairs']:,}", _share(part["pairs"], way[0]["pairs"])] for part in way],
    }
    return rows | (_quality(overview["metrics"]) if overview["metrics"] else {})


def _quality(metrics: dict[str, Any]) -> dict[str, list[Row]]:
    parts = ("precision", "recall", "f1")
    sizes = metrics["by_group_size"].items()
    return {
        "quality_rows": [[name, *(f"{metrics[key][part]:.3f}" for part in parts)] for key, name in _SCORES.items()],
        "true_size_rows": [[size, f"{part['listings']:,}", f"{part['f1']:.3f}"] for size, part in sizes],
    }


def _share(count: int, whole: int) -> str:
    """A share in per cent, with as many digits as a very small one needs.

    >>> _share(5, 20), _share(1, 3_000_000), _share(0, 0)
    ('25 %', '3.3e-05 %', '–')
    """
    return f"{100 * count / whole:.2g} %" if whole else "–"
