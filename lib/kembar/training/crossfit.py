"""A decider, and what its figures are made of: every product is judged by curves that were fitted without it.

Curves are cheap to fit, so each fold's products are left out in turn and grouped, among all
other listings, by what the rest says. Thresholds are chosen on these groups, all products
together; then the curves are fitted once more to everything. How good the result is, on products
that had no say in the thresholds either, is measured by `kembar.training.nested`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.clustering.singletons import attach_singletons
from kembar.model.bundle import Decider, Thresholds
from kembar.model.discriminator import Discriminator
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.thresholds import LONE_HOME, GroupingChoice, curve, lone_curve, nearest_plateau, plateau
from kembar.training.views import FOLDS, LabelledCatalogue, ModalityView, natural_views

LeftOut = frozenset[int]


@dataclass(frozen=True)
class CrossFit:
    """Labelled catalogues of one sort, and how their discriminator is fitted."""

    catalogues: list[LabelledCatalogue]
    how: DiscriminatorFit
    max_group: int
    _models: dict[LeftOut, Discriminator] = field(default_factory=dict, init=False, repr=False, compare=False)
    _grouped: dict[tuple[int, LeftOut], GroupingChoice] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def views(self) -> list[ModalityView]:
        return natural_views(self.catalogues)

    def with_strength(self, strength: float) -> "CrossFit":
        """The same catalogues, whose distances are not computed again, fitted with another strength."""
        other = replace(self, how=replace(self.how, strength=strength))
        other.__dict__["views"] = self.views  # where cached_property keeps it
        return other

    def model(self, *without: int) -> Discriminator:
        """The discriminator fitted without some folds; kept."""
        left_out = frozenset(without)
        if left_out not in self._models:
            begin = self.model(without[0]) if len(left_out) > 1 else None  # curves that are nearly the same
            self._models[left_out] = self.how.fit(self.views, left_out, begin)
        return self._models[left_out]

    @cached_property
    def folds(self) -> list[Discriminator]:
        """The discriminator that each fold is judged by."""
        return [self.model(fold) for fold in range(FOLDS)]

    def choices(self, view: ModalityView, models: Iterable[Discriminator] | None = None) -> list[GroupingChoice]:
        """A view grouped by each fold's discriminator (or by other `models`), the fold's rows scored."""
        fold = view.catalogue.fold
        return [
            GroupingChoice.of(view, model, self.how.per_listing, fold == number)
            for number, model in enumerate(models or self.folds)
        ]

    def grouped(self, number: int, fold: int, *without: int) -> GroupingChoice:
        """A catalogue by its number, grouped by curves fitted without `fold` and others, the rows of `fold` scored.

        Kept, since clustering is what takes time: what is grouped without two folds serves both.
        """
        catalogue, key = self.catalogues[number], (number, frozenset([fold, *without]))
        if key not in self._grouped:
            model = self.model(*key[1])
            self._grouped[key] = GroupingChoice.of(
                catalogue.natural, model, self.how.per_listing, catalogue.fold == fold
            )
        return self._grouped[key].scoring(catalogue.fold == fold)

    @property
    def complete(self) -> list[int]:
        """The numbers of the catalogues of which all groups are known."""
        return [number for number, catalogue in enumerate(self.catalogues) if catalogue.complete]

    @cached_property
    def natural_choices(self) -> list[list[GroupingChoice]]:
        """Each catalogue as it is, grouped, if all of its groups are known."""
        return [[self.grouped(number, fold) for fold in range(FOLDS)] for number in self.complete]

    def thresholds(self, near: Thresholds | None = None) -> Thresholds:
        """The thresholds with the best F1 over the catalogues as they are; see `best_thresholds`.

        Labelled pairs alone say nothing of groups: they leave the thresholds where they are, or at one half.
        """
        if not self.complete:
            return near or Thresholds(0.5, 0.5)
        return best_thresholds(self.natural_choices, self.max_group, near)

    def row_f1(self, choices: list[GroupingChoice], thresholds: Thresholds) -> NDArray[np.float64]:
        """F1 of each listing of a catalogue `[n]` with these `choices`, after singletons joined."""
        scores = np.zeros(len(choices[0].index))
        for choice in choices:
            scores[choice.scored] = scored_f1(choice, thresholds, self.max_group)
        return scores

    def decider(self, near: Thresholds | None = None) -> Decider:
        """Fitted to all products, with the thresholds that were best on products left out."""
        return Decider(self.how.fit(self.views), self.thresholds(near))


def best_thresholds(choices: list[list[GroupingChoice]], max_group: int, near: Thresholds | None = None) -> Thresholds:
    """The thresholds with the best F1 over some catalogues, each counting the same.

    Args:
        choices: for each catalogue, its groupings; they score disjoint rows.
        max_group: the largest group that a singleton may join.
        near: thresholds to keep if they are nearly as good, which is so with few labels.

    Returns:
        Match and lone threshold.
    """
    match = _mean([curve(each) for each in choices])
    chosen = nearest_plateau(match, near.match) if near else plateau(match)
    lone = _mean([lone_curve(each, chosen, max_group) for each in choices])
    return Thresholds(
        chosen, nearest_plateau(lone, near.lone) if near else nearest_plateau(lone, LONE_HOME, tolerance=0.001)
    )


def scored_f1(choice: GroupingChoice, thresholds: Thresholds, max_group: int) -> NDArray[np.float64]:
    """F1 of each scored row of a grouping at some thresholds, after singletons joined."""
    groups = choice.group(thresholds.match)
    return choice.f1(attach_singletons(groups, choice.neighbours(), thresholds.lone, max_group))


def _mean(curves: list[dict[float, float]]) -> dict[float, float]:
    """The mean of several curves over the thresholds that all have."""
    shared = set.intersection(*(set(each) for each in curves))
    return {t: float(np.mean([each[t] for each in curves])) for t in sorted(shared)}
