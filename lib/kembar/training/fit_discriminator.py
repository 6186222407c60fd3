"""From labelled catalogues to a discriminator: both stages fitted to the candidate pairs of every pattern."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from kembar.model.curves import PATTERNS, Curves, usable_distances
from kembar.model.discriminator import Discriminator, gap
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.training.curve_fit import WEAK, PairExamples, PatternCurves, fit_curves
from kembar.training.views import Candidates, ModalityView
from kembar.types import Present, Reals

USUAL_SHARE = 0.14
"""The share of matches to which labelled pairs are weighted that are fitted together with other catalogues."""
_FEWEST = 20
"""Matches of a pattern below which its curves stay as they were."""


def without_gap(first: Curves) -> Discriminator:
    """A discriminator whose second stage equals its first."""
    slopes = np.zeros((PATTERNS, len(EVIDENCE), first.slopes.shape[2]), np.float32)
    slopes[:, : len(DISTANCES)] = first.slopes
    return Discriminator(first, Curves(slopes, first.bias))


@dataclass(frozen=True)
class DiscriminatorFit:
    """How a discriminator is fitted.

    start: where it comes from: its curves stand for patterns with too few examples and,
    where `faithful`, draw the others to them with `strength`. gapless: whether the second stage equals the first.
    """

    start: Discriminator
    per_listing: int
    faithful: bool = False
    strength: float = WEAK
    gapless: bool = False

    def fit(
        self, views: list[ModalityView], without: Collection[int] = (), begin: Discriminator | None = None
    ) -> Discriminator:
        """Fitted to the pairs of which no side is in one of the folds `without`; the search starts from `begin`.

        1. The first stage: every proposed pair, by its distances alone.
        2. The candidates that this stage keeps, and each listing's best among them.
        3. The second stage: those candidates, by distances and gap.
        """
        proposed = [self._proposed(view, without) for view in views]
        first = self._curves(self.start.first, views, proposed, begin.first if begin else None)
        if self.gapless:
            return without_gap(first)
        sketch = Discriminator(first, self.start.second)
        looks = [view.look(sketch, self.per_listing) for view in views]
        examples = [self._candidates(w, look, without) for w, look in zip(views, looks, strict=True)]
        return Discriminator(first, self._curves(self.start.second, views, examples, begin.second if begin else None))

    def _proposed(self, view: ModalityView, without: Collection[int]) -> PairExamples:
        distances, present = view.compared
        chosen = view.outside(without) & _of_pattern(present, view.kept)
        return _examples(view, distances, chosen, without)

    def _candidates(self, view: ModalityView, look: Candidates, without: Collection[int]) -> PairExamples:
        _, present = view.compared
        kept = look.kept if view.catalogue.known is None else look.kept | view.catalogue.known
        chosen = kept & view.outside(without) & _of_pattern(present, view.kept)
        return _examples(view, with_gap(view, look), chosen, without)

    def _curves(
        self, start: Curves, views: list[ModalityView], examples: list[PairExamples], begin: Curves | None
    ) -> Curves:
        slopes, bias = start.slopes.copy(), start.bias.copy()
        usable = usable_distances(slopes.shape[1]).astype(bool)
        for pattern in range(1, PATTERNS):
            found = [each for each in zip(views, examples, strict=True) if each[0].pattern == pattern]
            parts = [_at_usual_share(view, part, len(found)) for view, part in found if part.same.any()]
            if sum(int(part.same.sum()) for part in parts) < _FEWEST:
                continue
            prior = PatternCurves(start.slopes[pattern], float(start.bias[pattern])) if self.faithful else None
            near = PatternCurves(begin.slopes[pattern], float(begin.bias[pattern])) if begin else None
            fitted = fit_curves(PairExamples.join(parts), usable[pattern], prior, self.strength, near)
            slopes[pattern], bias[pattern] = fitted.slopes, fitted.bias
        return Curves(slopes, bias)


def _at_usual_share(view: ModalityView, part: PairExamples, views: int) -> PairExamples:
    """Pairs that somebody chose to label, weighted to the usual share of matches if other catalogues are fitted too.

    Which pairs were chosen says nothing of the next catalogue, and would move the threshold there.
    """
    return part if view.catalogue.complete or views == 1 else part.with_share(USUAL_SHARE)


def with_gap(view: ModalityView, look: Candidates) -> Reals:
    """Distances and gap of a view's proposed pairs, `[pairs, 6]`."""
    pairs = view.catalogue.proposed
    apart = gap(look.first, look.best[pairs.left], look.best[pairs.right])
    return np.column_stack([view.compared[0], apart])


def _examples(view: ModalityView, evidence: Reals, chosen: Present, without: Collection[int]) -> PairExamples:
    return PairExamples(evidence[chosen], view.same[chosen], view.weight(without)[chosen])


def _of_pattern(present: Present, kept: Present) -> Present:
    return (present == kept).all(axis=1)
