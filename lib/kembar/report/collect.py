"""Collects the data of a report from the tables of a run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from kembar.errors import NothingToDoError
from kembar.report.doubt import LACKS_FROM, TWO_BELOW, cohesion, doubt_of
from kembar.report.groups import number_groups
from kembar.report.overview import count_blocking, count_failures, count_probabilities, count_sizes, list_quarantine
from kembar.report.page_data import ReportData
from kembar.report.pairs import border_pairs, inner_pairs, place_pairs
from kembar.report.shown import show_listings


@dataclass(frozen=True)
class Run:
    """The results of match and encode.

    Attributes:
        groups: GROUPS.
        matches: MATCHES.
        encoded: ENCODED (posting_id, phash, terms, failures).
        quarantine: QUARANTINE.
        listings: The catalogue (posting_id, image, title, label_group), if given.
        summary: The content of match's `summary.json`.
        metrics: The scores of `kembar.evaluation`, if there are labels.
    """

    groups: pa.Table
    matches: pa.Table
    encoded: pa.Table
    quarantine: pa.Table
    listings: pa.Table | None
    summary: dict[str, Any]
    metrics: dict[str, Any] | None


def collect_groups(run: Run, border_pairs_kept: int) -> ReportData:
    """Collect the groups of a run with their pairs, most doubtful first (equals in order of group_id).

    Raises:
        NothingToDoError: The run has no listings.
    """
    if not len(run.groups):
        raise NothingToDoError("the match run has no listings: there is nothing to report on")
    groups = number_groups(run.groups)
    pairs = place_pairs(run.matches, groups)
    held = cohesion(groups, inner_pairs(pairs, groups))
    nearest = border_pairs(pairs, groups, 1).nearest(len(groups))
    order = np.argsort(-doubt_of(held.bond, nearest), kind="stable")
    ordered = groups.reordered(order)
    return ReportData(
        groups=ordered,
        shown=show_listings(groups.posting_ids, run.encoded, run.listings),
        inner=inner_pairs(pairs, ordered),
        border=border_pairs(pairs, ordered, border_pairs_kept),
        pairs=pairs,
        cohesion=held.reordered(groups, order),
        nearest=nearest[order],
    )


def summarise_overview(run: Run, told: ReportData) -> dict[str, Any]:
    """Compute the figures of the first page."""
    groups, held = told.groups, told.cohesion
    compared = int(run.summary.get("candidate_pairs", len(told.pairs)))
    return {
        "listings": len(groups.of),
        "groups": len(groups),
        "lone": int((groups.of < 0).sum()),
        "largest": int(groups.sizes.max(initial=0)),
        "matches": int((groups.sizes * (groups.sizes - 1) // 2).sum()),
        "overmerged": int((held.bond < TWO_BELOW).sum()),
        "lacking": int((told.nearest >= LACKS_FROM).sum()),
        "sizes": count_sizes(groups),
        "probabilities": count_probabilities(told.pairs, groups),
        "blocking": count_blocking(told.pairs, groups, compared),
        "quarantine": list_quarantine(run.quarantine),
        "quarantined": len(run.quarantine),
        "failures": count_failures(run.encoded),
        "thresholds": run.summary.get("thresholds", {}),
        "metrics": run.metrics,
    }
