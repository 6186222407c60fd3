"""The scores as tables that people read."""

from typing import Any

from rich.console import Console
from rich.table import Table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left")
    return table


def _scores_table(metrics: dict[str, Any]) -> Table:
    low, high = metrics["row_wise_f1_interval_95"]
    title = f"{metrics['listings']:,} labelled listings of {metrics['products']:,} products"
    table = _table(title, "", "precision", "recall", "F1", "95 % interval of F1")
    names = {"row_wise": "row-wise mean", "pairwise": "pairwise", "b_cubed": "B-cubed"}
    for key, name in names.items():
        interval = f"{low:.3f} - {high:.3f}" if key == "row_wise" else ""
        table.add_row(name, *(f"{metrics[key][part]:.3f}" for part in ("precision", "recall", "f1")), interval)
    return table


def _sizes_table(metrics: dict[str, Any]) -> Table:
    table = _table("by size of the true group", "listings in the group", "listings", "F1")
    for size, part in metrics["by_group_size"].items():
        table.add_row(size, f"{part['listings']:,}", f"{part['f1']:.3f}")
    return table


def _blocking_table(blocking: dict[str, float]) -> Table:
    least = blocking["least_probability"]
    headings = ("candidate pairs", "per listing", "pairs completeness", "pairs quality", "reduction ratio")
    table = _table(f"blocking, of pairs from probability {least:g} on" if least else "blocking", *headings)
    shares = (f"{blocking[key]:.4f}" for key in ("pairs_completeness", "pairs_quality", "reduction_ratio"))
    table.add_row(f"{int(blocking['candidate_pairs']):,}", f"{blocking['candidate_pairs_per_listing']:.1f}", *shares)
    return table


def print_metrics(metrics: dict[str, Any], console: Console | None = None) -> None:
    """Print what `evaluate` gave, and `blocking` where it was measured."""
    out = console or Console()
    out.print(_scores_table(metrics))
    out.print(_sizes_table(metrics))
    if "blocking" in metrics:
        out.print(_blocking_table(metrics["blocking"]))


def print_pair_metrics(metrics: dict[str, Any]) -> None:
    """Print the scores of labelled pairs."""
    low, high = metrics["f1_interval_95"]
    table = Table(title=f"{metrics['pairs']:,} labelled pairs, {metrics['same']:,} of them the same")
    for heading in ("threshold", "precision", "recall", "F1", "95 % interval of F1"):
        table.add_column(heading, justify="right")
    rates = (f"{metrics[name]:.3f}" for name in ("precision", "recall", "f1"))
    table.add_row(f"{metrics['threshold']:.2f}", *rates, f"{low:.3f} - {high:.3f}")
    table.add_row(f"{metrics['best_threshold']:.2f} (best)", "", "", f"{metrics['best_f1']:.3f}", "")
    console = Console()
    console.print(table)
    console.print(
        f"average precision {metrics['average_precision']:.3f}, calibration error {metrics['calibration_error']:.3f}, "
        f"{metrics['without_score']:,} pairs without a score, which count as different"
    )
