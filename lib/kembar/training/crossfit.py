"""A decider and an honest word about it: every product is judged by curves that were fitted without it.

Curves are cheap to fit, so each fold's products are left out in turn and grouped, among all
other listings, by what the rest says. Thresholds are chosen on these groups, all products
together; then the curves are fitted once more to everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.bundle import Decider, Thresholds
from kembar.discriminator import Discriminator
from kembar.grouping.labels import join_lone_listings
from kembar.training.decide import DiscriminatorFit
from kembar.training.thresholds import LONE_HOME, GroupingChoice, curve, lone_curve, nearest_plateau, plateau
from kembar.training.worlds import FOLDS, LabelledCatalogue, World, natural_worlds


@dataclass(frozen=True)
class CrossFit:
    """Labelled catalogues of one sort, and how their discriminator is fitted."""

    catalogues: list[LabelledCatalogue]
    how: DiscriminatorFit
    max_group: int

    @cached_property
    def worlds(self) -> list[World]:
        return natural_worlds(self.catalogues)

    @cached_property
    def folds(self) -> list[Discriminator]:
        """The discriminator that each fold is judged by."""
        return [self.how.fit(self.worlds, without=fold) for fold in range(FOLDS)]

    def choices(self, world: World, models: Iterable[Discriminator] | None = None) -> list[GroupingChoice]:
        """A world grouped by each fold's discriminator (or by other `models`), the fold's rows scored."""
        fold = world.catalogue.fold
        return [
            GroupingChoice.of(world, model, self.how.per_listing, fold == number)
            for number, model in enumerate(models or self.folds)
        ]

    @cached_property
    def natural_choices(self) -> list[list[GroupingChoice]]:
        """Each catalogue as it is, grouped; kept, since clustering it is what takes time."""
        return [self.choices(catalogue.natural) for catalogue in self.catalogues]

    def thresholds(self, near: Thresholds | None = None) -> Thresholds:
        """The thresholds with the best F1 over the catalogues as they are, each counting the same.

        near: thresholds to stay at where they are nearly as good, as they are with few labels.
        """
        choices = self.natural_choices
        match = _mean([curve(each) for each in choices])
        chosen = nearest_plateau(match, near.match) if near else plateau(match)
        lone = _mean([lone_curve(each, chosen, self.max_group) for each in choices])
        return Thresholds(
            chosen, nearest_plateau(lone, near.lone) if near else nearest_plateau(lone, LONE_HOME, tolerance=0.001)
        )

    def row_f1(self, choices: list[GroupingChoice], thresholds: Thresholds) -> NDArray[np.float64]:
        """F1 of each listing of a catalogue `[n]` whose `choices` these are, lone listings joined."""
        scores = np.zeros(len(choices[0].index))
        for choice in choices:
            groups = choice.group(thresholds.match)
            scores[choice.scored] = choice.f1(
                join_lone_listings(groups, choice.neighbours(), thresholds.lone, self.max_group)
            )
        return scores

    def decider(self, near: Thresholds | None = None) -> Decider:
        """Fitted to all products, with the thresholds that were best on products left out."""
        return Decider(self.how.fit(self.worlds), self.thresholds(near))


def _mean(curves: list[dict[float, float]]) -> dict[float, float]:
    """The mean of several curves over the thresholds that all have."""
    shared = set.intersection(*(set(each) for each in curves))
    return {t: float(np.mean([each[t] for each in curves])) for t in sorted(shared)}
