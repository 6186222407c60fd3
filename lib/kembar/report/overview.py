"""The figures of the overview and the rows of its tables: sizes, probabilities, steps to matches, and unused rows."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kembar.report.groups import LONE, Groups
from kembar.report.pairs import Pairs

BINS = 20
"""Bars of the histogram of probabilities: 0.05 wide."""
_SIZES = (("2", 2, 2), ("3", 3, 3), ("4", 4, 4), ("5", 5, 5), ("6–10", 6, 10), ("11–20", 11, 20), ("21–50", 21, 50))
_EXAMPLES, _LONGEST = 3, 160
_SCORES = {"row_wise": "row-wise mean", "pairwise": "pairwise", "b_cubed": "B-cubed"}
SOURCE_NAMES = {
    "hash_band": "part of the photo hash",
    "hash_near": "similar photo hash",
    "image_near": "similar photo",
    "title_near": "similar title",
    "rare_term": "rare word",
}


def count_sizes(groups: Groups) -> list[dict[str, Any]]:
    """Count the groups of each size class and their listings; single listings come first."""
    lone = int((groups.of == LONE).sum())
    classes = [{"size": "1", "groups": lone, "listings": lone}]
    largest = int(groups.sizes.max(initial=0))
    beyond = [("51+", 51, largest)] if largest > 50 else []
    for name, low, high in [*_SIZES, *beyond]:
        sizes = groups.sizes[(groups.sizes >= low) & (groups.sizes <= high)]
        classes.append({"size": name, "groups": len(sizes), "listings": int(sizes.sum())})
    return classes


def count_probabilities(pairs: Pairs, groups: Groups) -> dict[str, list[int]]:
    """Histograms of the compared pairs' probabilities, within groups and across: counts of BINS bars from 0 to 1."""
    within = (groups.of[pairs.left] == groups.of[pairs.right]) & (groups.of[pairs.left] != LONE)
    bar = np.minimum((pairs.probability * BINS).astype(np.int64), BINS - 1)
    return {
        "within": np.bincount(bar[within], minlength=BINS).tolist(),
        "across": np.bincount(bar[~within], minlength=BINS).tolist(),
    }


def count_blocking(pairs: Pairs, groups: Groups, compared: int) -> list[dict[str, Any]]:
    """The steps from all pairs to matches, one `step` a row.

    The steps are all pairs, the pairs in MATCHES that each source proposed, the compared pairs, and the pairs within a
    group. `compared` is the run's own count, since MATCHES may leave out improbable pairs.
    """
    n = len(groups.of)
    steps = [{"step": "all pairs", "pairs": n * (n - 1) // 2, "kind": "all"}]
    by_source = [(int((pairs.blocks >> bit & 1).sum()), name) for bit, name in enumerate(pairs.sources)]
    for count, name in sorted(by_source, reverse=True):
        step = f"proposed by {SOURCE_NAMES[name]}" if name in SOURCE_NAMES else f"share {name}"
        steps.append({"step": step, "pairs": count, "kind": "source"})
    steps.append({"step": "compared", "pairs": compared, "kind": "compared"})
    matched = int((groups.sizes * (groups.sizes - 1) // 2).sum())
    return [*steps, {"step": "same group", "pairs": matched, "kind": "matched"}]


def list_quarantine(quarantine: pa.Table) -> list[dict[str, Any]]:
    """Each reason of a QUARANTINE table with its count and a few rows (posting_id, row, reason), most frequent first.

    The text after a reason's colon is about one row, so it does not make another reason.
    """
    if not len(quarantine):
        return []
    kind = _kinds(pc.fill_null(quarantine["reason"], "no reason was written"))
    counts = [(part["values"], part["counts"]) for part in pc.value_counts(kind.combine_chunks()).to_pylist()]
    return [
        {"reason": reason, "rows": count, "examples": _examples(quarantine.filter(pc.equal(kind, reason)))}
        for reason, count in sorted(counts, key=lambda part: (-part[1], part[0]))
    ]


def _kinds(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The text before the first colon of each."""
    return pc.list_element(pc.split_pattern(texts, ":", max_splits=1), 0)


def _examples(rows: pa.Table) -> list[dict[str, str]]:
    some = rows.slice(0, _EXAMPLES).to_pylist()
    return [{name: _shorten(str(value or "")) for name, value in row.items()} for row in some]


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def count_failures(encoded: pa.Table) -> list[dict[str, Any]]:
    """Count failed photos and titles of usable listings by the text before the colon, most frequent first."""
    failures = pc.drop_null(encoded["failures"].combine_chunks().flatten())
    kinds = pc.value_counts(_kinds(failures)) if len(failures) else []
    found = [{"failure": part["values"].as_py(), "listings": part["counts"].as_py()} for part in kinds]
    return sorted(found, key=lambda part: (-part["listings"], part["failure"]))


def describe_rows(overview: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Rows of each table, by the name in the template."""
    way, histogram = overview["blocking"], overview["probabilities"]
    bars = zip(histogram["within"], histogram["across"], strict=True)
    rows = {
        "sure_rows": [[f"{i / BINS:.2f} – {(i + 1) / BINS:.2f}", f"{w:,}", f"{a:,}"] for i, (w, a) in enumerate(bars)],
        "size_rows": [[part["size"], f"{part['groups']:,}", f"{part['listings']:,}"] for part in overview["sizes"]],
        "way_rows": [[part["step"], f"{part['pairs']:,}", _share(part["pairs"], way[0]["pairs"])] for part in way],
    }
    return rows | (_quality(overview["metrics"]) if overview["metrics"] else {})


def _quality(metrics: dict[str, Any]) -> dict[str, list[list[str]]]:
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
