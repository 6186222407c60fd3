"""Groupings of the same probabilities, each with thresholds of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accuracy.figures import Judged, row_scores
from accuracy.judge import MAX_GROUP, TableFit
from accuracy.modality import whole
from accuracy.prepare import Workshop
from accuracy.rivals import WAYS, Way
from kembar.training.thresholds import MATCH_GRID, plateau
from kembar.training.views import FOLDS

GRID = np.round(np.concatenate([[0.02, 0.05, 0.08, 0.11], MATCH_GRID, [0.92, 0.95, 0.98]]), 2)
LONE = np.round(np.arange(0.02, 0.9, 0.04), 2)
NOBODY = 2.0
SIZES = {"2": (2, 2), "3": (3, 3), "4–6": (4, 6), "7–50": (7, 50)}

Scores = NDArray[np.float64]


def _best(by_fold: list[dict[float, Scores]], without: int, tolerance: float) -> float:
    others = [each for k, each in enumerate(by_fold) if k != without]
    mean = {t: float(np.concatenate([each[t][2] for each in others]).mean()) for t in by_fold[0]}
    return plateau(mean, tolerance)


class Trial:
    """One way over all folds of a fit, its thresholds cross-fitted."""

    def __init__(self, cross: TableFit, way: type[Way]) -> None:
        self.cross = cross
        self.ways = [[way(choice, MAX_GROUP) for choice in part] for part in cross.of_folds]

    def _scores(self, fold: int, threshold: float, lone: float) -> Scores:
        """Of the fold's rows in all catalogues, `[3, rows]`."""
        return np.concatenate(
            [row_scores(way.claims(threshold, lone), way.choice.product, way.choice.scored) for way in self.ways[fold]],
            axis=1,
        )

    def _table(self, at: Callable[[int, float], Scores], grid: NDArray[np.float64]) -> list[dict[float, Scores]]:
        return [{float(x): at(fold, float(x)) for x in grid} for fold in range(FOLDS)]

    def judge(self, lone: bool) -> tuple[Judged, list[float]]:
        """Scores of all rows, and the match threshold of each fold."""
        by_fold = self._table(lambda fold, t: self._scores(fold, t, NOBODY), GRID)
        match = [_best(by_fold, k, 0.003) for k in range(FOLDS)]
        joined = [NOBODY] * FOLDS
        if lone:
            for k in range(FOLDS):
                grid = self._table(lambda fold, t, at=match[k]: self._scores(fold, at, t), np.append(LONE, NOBODY))
                joined[k] = _best(grid, k, 0.001)
        return self._spread(match, joined), match

    def _spread(self, match: list[float], lone: list[float]) -> Judged:
        product = self.ways[0][0].choice.product
        scores = np.full((3, len(product)), np.nan)
        for fold, part in enumerate(self.ways):
            for way in part:
                claims = way.claims(match[fold], lone[fold])
                scores[:, way.choice.scored] = row_scores(claims, product, way.choice.scored)
        return Judged(*scores, product)


def by_size(judged: Judged) -> dict[str, str]:
    """F1 of groups of a few, and of many."""
    _, place, count = np.unique(judged.product, return_inverse=True, return_counts=True)
    size = count[place]
    return {
        f"F1 of {name}": f"{np.nanmean(judged.f1[(size >= low) & (size <= high)]):.3f}"
        for name, (low, high) in SIZES.items()
    }


def by_grouping(shop: Workshop) -> dict[str, Any]:
    """Both sets, every way, with lone listings joined; the first without too."""
    rows = []
    for name in ("shopee-dev", "mall-dev"):
        cross, ours = whole(shop, name), None
        for title, way in WAYS.items():
            trial = Trial(cross, way)
            for lone in (True, False) if title == next(iter(WAYS)) else (True,):
                judged, match = trial.judge(lone)
                shown = judged.over(ours) if ours else ""
                ours = ours or judged
                thresholds = f"{min(match):.2f}–{max(match):.2f}"
                named = title if lone else f"{title}, lone listings left alone"
                rows.append(
                    {"set": name, "grouped by": named, **judged.row(), **by_size(judged)}
                    | {"F1 against the product": shown, "thresholds": thresholds}
                )
                print(rows[-1], flush=True)
    return {"rows": rows}
