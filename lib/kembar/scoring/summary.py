"""The counts of a match run, `summary.json`."""

from typing import Any

import numpy as np

from kembar.storage.files import MANIFEST, SUMMARY, exists, read_json, require
from kembar.storage.paths import join_uri
from kembar.types import Rows


def summarise(
    labels: Rows, pairs: int, by_source: dict[str, int], blocks: dict[str, Any], quarantined: int
) -> dict[str, Any]:
    """The counts of `summary.json`.

    `matches` are the unordered pairs within groups; `reduction_ratio` is 1 − candidate pairs / all pairs.
    """
    n = len(labels)
    sizes = np.unique(labels, return_counts=True)[1]
    every = n * (n - 1) // 2
    return {
        "listings": n,
        "quarantined": quarantined,
        "blocks": blocks,
        "candidate_pairs": pairs,
        "candidate_pairs_by_source": by_source,
        "candidate_pairs_per_listing": round(pairs / max(n, 1), 2),
        "reduction_ratio": round(1 - pairs / every, 6) if every else 0.0,
        "matches": int((sizes * (sizes - 1) // 2).sum()),
        "groups": int((sizes > 1).sum()),
        "lone_listings": int((sizes == 1).sum()),
        "largest_group": int(sizes.max(initial=0)),
    }


def read_summary(matched: str) -> dict[str, Any]:
    """Read the counts of a match run; raises InputError if it did not finish."""
    require(uri := join_uri(matched, SUMMARY), "the summary of a finished match run")
    return read_json(uri)


def least_kept(matched: str) -> float:
    """The `scoring.keep_probability` of a match run, below which it dropped pairs; 0 without a manifest."""
    manifest = join_uri(matched, MANIFEST)
    return float(read_json(manifest)["settings"]["scoring"]["keep_probability"]) if exists(manifest) else 0.0
