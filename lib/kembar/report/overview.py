"""The figures of the overview: group sizes, probabilities, steps from all pairs to matches, and unused rows."""

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
    kind = pc.list_element(
        pc.split_pattern(pc.fill_null(quarantine["reason"], "no reason was written"), ":", max_splits=1), 0
    )
    counts = pc.value_counts(kind.combine_chunks()).to_pylist()
    return [
        {
            "reason": part["values"],
            "rows": part["counts"],
            "examples": _examples(quarantine.filter(pc.equal(kind, part["values"]))),
        }
        for part in sorted(counts, key=lambda part: (-part["counts"], part["values"]))
    ]


def _examples(rows: pa.Table) -> list[dict[str, str]]:
    return [
        {name: _shorten(str(value or "")) for name, value in row.items()}
        for row in rows.slice(0, _EXAMPLES).to_pylist()
    ]


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def count_failures(encoded: pa.Table) -> list[dict[str, Any]]:
    """Count failed photos and titles of usable listings by the text before the colon, most frequent first."""
    failures = pc.drop_null(encoded["failures"].combine_chunks().flatten())
    kinds = pc.value_counts(pc.list_element(pc.split_pattern(failures, ":", max_splits=1), 0)) if len(failures) else []
    found = [{"failure": part["values"].as_py(), "listings": part["counts"].as_py()} for part in kinds]
    return sorted(found, key=lambda part: (-part["listings"], part["failure"]))
