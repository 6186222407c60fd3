"""From labelled catalogues to a discriminator: both looks fitted to the candidate pairs of every pattern."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from kembar.model.curves import PATTERNS, Curves, usable_distances
from kembar.model.discriminator import Discriminator, gap
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.training.curve_fit import WEAK, PairExamples, PatternCurves, fit_curves
from kembar.training.views import Look, World
from kembar.types import Present, Reals

_FEWEST = 20
"""Matches of a pattern below which its curves stay as they were."""


def without_gap(first: Curves) -> Discriminator:
    """A discriminator whose second look is its first."""
    slopes = np.zeros((PATTERNS, len(EVIDENCE), first.slopes.shape[2]), np.float32)
    slopes[:, : len(DISTANCES)] = first.slopes
    return Discriminator(first, Curves(slopes, first.bias))


@dataclass(frozen=True)
class DiscriminatorFit:
    """How a discriminator is fitted.

    start: where it comes from: its curves stand for patterns with too few examples and,
    where `faithful`, draw the others to them with `strength`.
    """

    start: Discriminator
    per_listing: int
    faithful: bool = False
    strength: float = WEAK

    def fit(self, worlds: list[World], without: Collection[int] = ()) -> Discriminator:
        """Fitted to the pairs of which no side is in one of the folds `without`.

        1. The first look: every proposed pair, by its distances alone.
        2. The candidates that this look keeps, and each listing's best among them.
        3. The second look: those candidates, by distances and gap.
        """
        first = self._curves(self.start.first, worlds, [self._proposed(world, without) for world in worlds])
        sketch = Discriminator(first, self.start.second)
        looks = [world.look(sketch, self.per_listing) for world in worlds]
        examples = [self._candidates(w, look, without) for w, look in zip(worlds, looks, strict=True)]
        return Discriminator(first, self._curves(self.start.second, worlds, examples))

    def _proposed(self, world: World, without: Collection[int]) -> PairExamples:
        distances, present = world.compared
        chosen = world.outside(without) & _of_pattern(present, world.kept)
        return _examples(world, distances, chosen, without)

    def _candidates(self, world: World, look: Look, without: Collection[int]) -> PairExamples:
        _, present = world.compared
        chosen = look.kept & world.outside(without) & _of_pattern(present, world.kept)
        return _examples(world, with_gap(world, look), chosen, without)

    def _curves(self, start: Curves, worlds: list[World], examples: list[PairExamples]) -> Curves:
        slopes, bias = start.slopes.copy(), start.bias.copy()
        usable = usable_distances(slopes.shape[1]).astype(bool)
        for pattern in range(1, PATTERNS):
            parts = [e for w, e in zip(worlds, examples, strict=True) if w.pattern == pattern and e.same.any()]
            if sum(int(part.same.sum()) for part in parts) < _FEWEST:
                continue
            prior = PatternCurves(start.slopes[pattern], float(start.bias[pattern])) if self.faithful else None
            fitted = fit_curves(PairExamples.join(parts), usable[pattern], prior, self.strength)
            slopes[pattern], bias[pattern] = fitted.slopes, fitted.bias
        return Curves(slopes, bias)


def with_gap(world: World, look: Look) -> Reals:
    """Distances and gap of a world's proposed pairs, `[pairs, 6]`."""
    pairs = world.catalogue.proposed
    apart = gap(look.first, look.best[pairs.left], look.best[pairs.right])
    return np.column_stack([world.compared[0], apart])


def _examples(world: World, evidence: Reals, chosen: Present, without: Collection[int]) -> PairExamples:
    return PairExamples(evidence[chosen], world.same[chosen], world.weight(without)[chosen])


def _of_pattern(present: Present, kept: Present) -> Present:
    return (present == kept).all(axis=1)
