"""Cross-fitted judgement: each fold's products grouped, in the whole catalogue, by curves fitted without them.

Thresholds are cross-fitted too: a fold's are those that were best for the other folds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from accuracy.tables import PairTable, TableWorld
from kembar.clustering.linkage import least_of
from kembar.clustering.singletons import attach_singletons
from kembar.index.catalogue_index import has_titles
from kembar.model.bundle import Thresholds
from kembar.model.curves import PATTERNS, Curves
from kembar.model.discriminator import Discriminator
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.training.crossfit import CrossFit
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.thresholds import MATCH_GRID, GroupingChoice, curve, lone_curve, plateau
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue, ModalityView
from kembar.types import Reals

Rows = NDArray[np.int64]
MAX_GROUP, PER_LISTING = 50, 45
_FAR = 2.0


def blank() -> Discriminator:
    """Where a fit from scratch starts."""
    sizes = [(PATTERNS, len(names), 7) for names in (DISTANCES, EVIDENCE)]
    return Discriminator(*(Curves(np.zeros(size, np.float32), np.full(PATTERNS, -9.0, np.float32)) for size in sizes))


@dataclass(frozen=True)
class TableChoice(GroupingChoice):
    """A grouping whose probabilities come from a table of all pairs; `every`: those, condensed."""

    table: PairTable = field(kw_only=True)

    @cached_property
    def every(self) -> Reals:
        return self.table.probabilities(self.model, self.index.best_logit)

    @cached_property
    def probability(self) -> Reals:
        """Of each candidate pair."""
        return self.every[self.table.place(self.pairs.left, self.pairs.right)]

    @cached_property
    def _tree(self) -> NDArray[np.float64]:
        """The linkage of the whole catalogue; what no candidate pair of the lowest threshold connects is far apart."""
        component = self._components(MATCH_GRID[0])
        left, right = np.triu_indices(len(component), 1)
        apart = component[left] != component[right]
        return linkage(np.where(apart, _FAR, 1.0 - self.every.astype(np.float64)), "average")

    @cached_property
    def cuts(self) -> dict[float, Rows]:
        """Labels of all rows by threshold."""
        return {float(t): self.group(t) for t in MATCH_GRID}

    def group(self, threshold: float) -> Rows:
        """Labels of all rows at one threshold."""
        n, component = len(self.index), self._components(threshold)
        labels = fcluster(self._tree, 1.0 - threshold, criterion="distance").astype(np.int64)
        return least_of(np.unique(labels * (n + 1) + component, return_inverse=True)[1], np.arange(n))


@dataclass(frozen=True)
class TableFit(CrossFit):
    """`CrossFit` over tables of all pairs.

    learnt: the views that curves are fitted to; the catalogues as they are where it is empty.
    given, thresholds_given: the curves and thresholds of each fold, where another fit has them.
    """

    learnt: list[ModalityView] = field(default_factory=list)
    given: list[Discriminator] = field(default_factory=list)
    thresholds_given: list[Thresholds] = field(default_factory=list)
    tables: dict[int, PairTable] = field(default_factory=dict)

    def table(self, catalogue: LabelledCatalogue) -> PairTable:
        key = id(catalogue)
        if key not in self.tables:
            self.tables[key] = PairTable.of(catalogue.index)
        return self.tables[key]

    def view(self, catalogue: LabelledCatalogue, kept: NDArray[np.bool_] | None = None) -> TableWorld:
        """A catalogue through `kept`, or as it is."""
        return TableWorld(catalogue, np.ones(3, bool) if kept is None else kept, self.table(catalogue))

    @cached_property
    def views(self) -> list[ModalityView]:
        """What the curves are fitted to: each catalogue through the modalities that most of its listings have."""
        usual = [(1 << np.arange(3)) & c.usual_pattern > 0 for c in self.catalogues]
        return self.learnt or [self.view(c, kept) for c, kept in zip(self.catalogues, usual, strict=True)]

    @cached_property
    def folds(self) -> list[Discriminator]:
        """The discriminator that each fold is judged by."""
        return self.given or [self.how.fit(self.views, without=(fold,)) for fold in range(FOLDS)]

    def choices(self, view: ModalityView, models: Iterable[Discriminator] | None = None) -> list[GroupingChoice]:
        """As `CrossFit.choices`, by tables."""
        return [self.choice(view, model, number) for number, model in enumerate(models or self.folds)]

    @cached_property
    def natural_choices(self) -> list[list[GroupingChoice]]:
        """Each catalogue as it is, grouped."""
        return [self.choices(self.view(catalogue)) for catalogue in self.catalogues]

    def choice(self, view: ModalityView, model: Discriminator, number: int) -> TableChoice:
        catalogue = view.catalogue
        look, proposed = view.look(model, self.how.per_listing), catalogue.proposed
        pairs = CandidateRows(proposed.left[look.kept], proposed.right[look.kept])
        index, scored = view.index.with_best_logits(look.best), catalogue.fold == number
        return TableChoice(index, model, pairs, catalogue.product, scored, table=self.table(catalogue))

    @cached_property
    def of_folds(self) -> list[list[GroupingChoice]]:
        """For each fold its choices, one a catalogue."""
        return [[each[k] for each in self.natural_choices] for k in range(FOLDS)]

    @cached_property
    def thresholds_of(self) -> list[Thresholds]:
        """For each fold the thresholds that are best for the other folds."""
        return self.thresholds_given or [self._without(k) for k in range(FOLDS)]

    def _without(self, fold: int) -> Thresholds:
        match = plateau(_without(fold, [(curve(part), _scored(part)) for part in self.of_folds]))
        lone = [(self._lone(k, match), _scored(part)) for k, part in enumerate(self.of_folds)]
        return Thresholds(match, plateau(_without(fold, lone), tolerance=0.001))

    @cached_property
    def _lone_curves(self) -> dict[tuple[int, float], dict[float, float]]:
        return {}

    def _lone(self, fold: int, match: float) -> dict[float, float]:
        key = fold, match
        if key not in self._lone_curves:
            self._lone_curves[key] = lone_curve(self.of_folds[fold], match, self.max_group)
        return self._lone_curves[key]

    def labels(self, lone: bool = True) -> list[tuple[GroupingChoice, Rows]]:
        """Every choice with its groups at the thresholds of its fold."""
        return [
            (choice, self._grouped(choice, told, lone))
            for part, told in zip(self.of_folds, self.thresholds_of, strict=True)
            for choice in part
        ]

    def _grouped(self, choice: GroupingChoice, told: Thresholds, lone: bool) -> Rows:
        groups = choice.group(told.match)
        return attach_singletons(groups, choice.neighbours(), told.lone, self.max_group) if lone else groups


def _scored(choices: list[GroupingChoice]) -> int:
    return sum(int(choice.scored.sum()) for choice in choices)


def _without(fold: int, by_fold: list[tuple[dict[float, float], int]]) -> dict[float, float]:
    """The mean quality of all folds but one, from each fold's curve and how many rows it is of."""
    others = [each for k, each in enumerate(by_fold) if k != fold]
    weights = [rows for _, rows in others]
    return {t: float(np.average([quality[t] for quality, _ in others], weights=weights)) for t in others[0][0]}


def fit(catalogues: list[LabelledCatalogue], how: DiscriminatorFit | None = None) -> TableFit:
    """Curves of one sort of catalogue, from scratch."""
    assert len({has_titles(c.index) for c in catalogues}) == 1
    return TableFit(catalogues, how or DiscriminatorFit(blank(), PER_LISTING), MAX_GROUP)
