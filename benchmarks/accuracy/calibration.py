"""Whether a probability means what it says, and whether a chosen threshold is near the best one."""

from dataclasses import replace
from typing import Any

import numpy as np

from accuracy.judge import TableFit, fit
from accuracy.modality import product, seen_through, whole
from accuracy.prepare import Workshop
from kembar.model.bundle import Thresholds
from kembar.training.calibration import JudgedPairs, left_out_pairs
from kembar.training.thresholds import curve

BINS = 10


def pairs_of(cross: TableFit) -> JudgedPairs:
    """The candidate pairs of all catalogues of a fit, by curves that were fitted without the judged product."""
    parts = [left_out_pairs(cross, cross.view(catalogue)) for catalogue in cross.catalogues]
    return JudgedPairs(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("probability", "same", "weight"))
    )


def reliability(pairs: JudgedPairs) -> list[str]:
    """For each tenth of probability what was said and what was seen."""
    place = np.minimum((pairs.probability * BINS).astype(int), BINS - 1)
    count = np.bincount(place, pairs.weight, BINS)
    said = np.bincount(place, pairs.probability * pairs.weight, BINS) / np.maximum(count, 1)
    seen = np.bincount(place, pairs.same * pairs.weight, BINS) / np.maximum(count, 1)
    return [f"{a:.2f} → {b:.2f} ({int(c):,})" for a, b, c in zip(said, seen, count, strict=True)]


def _threshold_row(cross: TableFit, chosen: list[Thresholds]) -> dict[str, str]:
    """F1 at the thresholds chosen for each fold, and at the one that is best for all of its products."""
    quality = curve([choice for part in cross.of_folds for choice in part])
    best = max(quality, key=lambda t: quality[t])
    parts = [
        [choice.f1(choice.group(told.match)) for choice in part]
        for part, told in zip(cross.of_folds, chosen, strict=True)
    ]
    f1 = float(np.concatenate([x for part in parts for x in part]).mean())
    match = [told.match for told in chosen]
    return {
        "chosen": f"{min(match):.2f}–{max(match):.2f}",
        "F1 there": f"{f1:.3f}",
        "best": f"{best:.2f}",
        "F1 at the best": f"{quality[best]:.3f}",
    }


def by_calibration(shop: Workshop) -> dict[str, Any]:
    """Four views with curves and thresholds of their own, and the two sets with a bundle's, which serve both."""
    titles = [seen_through(shop, view, k, "title") for k, view in enumerate(shop.catalogues("shopee-dev"))]
    known = product(shop)
    views = {
        "mall-dev": whole(shop, "mall-dev"),
        "shopee-dev": whole(shop, "shopee-dev"),
        "shopee-dev, titles alone": fit(titles),
        "grocery-dev": whole(shop, "grocery-dev"),
    }
    for name in ("mall-dev", "shopee-dev"):
        own = fit(shop.catalogues(name))
        views[f"{name}, thresholds for both sets"] = replace(
            own, given=known.folds, thresholds_given=known.thresholds_of
        )
    rows, table = [], {}
    for name, cross in views.items():
        pairs = pairs_of(cross)
        rows.append(
            {
                "view": name,
                "pairs": f"{int(pairs.weight.sum()):,}",
                "ECE": f"{pairs.calibration_error(BINS):.4f}",
                "Brier": f"{pairs.brier():.4f}",
                **_threshold_row(cross, cross.thresholds_of),
            }
        )
        if not cross.given:  # a bundle's curves of a set's own pattern are fitted to that set alone too
            table[name] = reliability(pairs)
        print(rows[-1], flush=True)
    columns = [{"said": f"{k / BINS:.1f}–{(k + 1) / BINS:.1f}"} for k in range(BINS)]
    for name, cells in table.items():
        for row, cell in zip(columns, cells, strict=True):
            row[name] = cell
    return {"rows": rows, "reliability": columns}
