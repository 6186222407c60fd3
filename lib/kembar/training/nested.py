"""How good a way of fitting deciders is, on products that had no say in anything they are judged by.

Cross-fitting is nested (Varma & Simon 2006, doi:10.1186/1471-2105-7-91): for each fold, how strongly the curves
are drawn to a base and the thresholds are chosen on the other folds, whose products are grouped by curves fitted
without them and without the fold; only then are the fold's own products grouped and scored. A base bundle's
thresholds are chosen anew in the same way, so that a gain over it is not that of thresholds alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.model.bundle import Decider, Thresholds
from kembar.training.calibration import left_out_pairs
from kembar.training.crossfit import CrossFit, best_thresholds, scored_f1
from kembar.training.thresholds import GroupingChoice
from kembar.training.views import FOLDS

F1 = NDArray[np.float64]


@dataclass(frozen=True)
class NestedFit:
    """Ways to fit the same catalogues, of which the best is taken anew for each fold.

    tried: the ways, which differ in strength; near: thresholds to stay at where they are nearly as good.
    """

    tried: list[CrossFit]
    near: Thresholds | None = None

    @cached_property
    def ways(self) -> list[CrossFit]:
        """For each fold, the way with the least log-loss on the left-out pairs of the other folds."""
        return [best_way(self.tried, fold) for fold in range(FOLDS)]

    @cached_property
    def thresholds(self) -> list[Thresholds]:
        """For each fold, the thresholds with the best F1 on the other folds."""
        return [self._thresholds(fold, way) for fold, way in enumerate(self.ways)]

    def _thresholds(self, fold: int, way: CrossFit) -> Thresholds:
        others = [other for other in range(FOLDS) if other != fold]
        choices = [[way.grouped(number, other, fold) for other in others] for number in way.complete]
        return best_thresholds(choices, way.max_group, self.near)

    def row_f1(self, number: int) -> F1:
        """F1 of each listing of a catalogue by its number, `[n]`; 0 for those that are not judged."""
        scores = np.zeros(len(self.tried[0].catalogues[number].fold))
        for fold, (way, thresholds) in enumerate(zip(self.ways, self.thresholds, strict=True)):
            choice = way.grouped(number, fold)
            scores[choice.scored] = scored_f1(choice, thresholds, way.max_group)
        return scores


@dataclass(frozen=True)
class FixedFit:
    """A decider that was fitted elsewhere, over the catalogues of `cross`: its curves are fixed, so that each catalogue
    is grouped once."""

    cross: CrossFit
    decider: Decider

    @cached_property
    def choices(self) -> list[list[GroupingChoice]]:
        """Each catalogue as it is, a choice for each fold."""
        model, per_listing = self.decider.discriminator, self.cross.how.per_listing
        whole = [GroupingChoice.of(c.natural, model, per_listing, c.fold >= 0) for c in self.cross.catalogues]
        return [
            [choice.scoring(catalogue.fold == fold) for fold in range(FOLDS)]
            for choice, catalogue in zip(whole, self.cross.catalogues, strict=True)
        ]

    @cached_property
    def thresholds(self) -> list[Thresholds]:
        """For each fold, the thresholds with the best F1 on the other folds, near the decider's own."""
        return [
            best_thresholds(
                [[choice for k, choice in enumerate(each) if k != fold] for each in self.choices],
                self.cross.max_group,
                self.decider.thresholds,
            )
            for fold in range(FOLDS)
        ]

    def row_f1(self, number: int) -> F1:
        """F1 of each listing of a catalogue by its number, at thresholds chosen for each fold on the others."""
        return self._row_f1(number, self.thresholds)

    def row_f1_as_it_is(self, number: int) -> F1:
        """F1 of each listing of a catalogue by its number, at the decider's own thresholds."""
        return self._row_f1(number, [self.decider.thresholds] * FOLDS)

    def _row_f1(self, number: int, thresholds: list[Thresholds]) -> F1:
        scores = np.zeros(len(self.cross.catalogues[number].fold))
        for choice, each in zip(self.choices[number], thresholds, strict=True):
            scores[choice.scored] = scored_f1(choice, each, self.cross.max_group)
        return scores


def best_way(tried: list[CrossFit], outer: int | None = None) -> CrossFit:
    """The way with the least log-loss on left-out pairs, those of fold `outer` neither fitted to nor judged."""
    if len(tried) == 1:
        return tried[0]
    losses = [
        sum(left_out_pairs(cross, catalogue.natural, outer).log_loss() for catalogue in cross.catalogues)
        for cross in tried
    ]
    return tried[int(np.argmin(losses))]
