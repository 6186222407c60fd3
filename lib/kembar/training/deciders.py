"""The deciders of a bundle, fitted to labelled catalogues, and what is known of how good they are."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.bundle import Bundle, Decider, Thresholds
from kembar.config import Settings
from kembar.discriminator import sigmoid
from kembar.errors import TrainingError
from kembar.evaluation.scores import bootstrap_mean
from kembar.training.crossfit import CrossFit
from kembar.training.decide import DiscriminatorFit, with_gap
from kembar.training.thresholds import GroupingChoice
from kembar.training.worlds import FOLDS, LabelledCatalogue, World

STRENGTHS = (1e-4, 1e-3, 1e-2)
"""How strongly few labels are drawn to the base bundle; the one with the least loss on left-out products is taken."""


@dataclass(frozen=True)
class Figure:
    """Row-wise mean F1 of one catalogue's products, each grouped by curves fitted without it."""

    catalogue: str
    listings: int
    products: int
    f1: float
    interval: tuple[float, float]
    base: "Gain | None" = None


@dataclass(frozen=True)
class Gain:
    """The base bundle's F1 on the same listings, and the 95 % interval of what was gained over it."""

    f1: float
    interval: tuple[float, float]


def fit_deciders(
    catalogues: list[LabelledCatalogue], start: Bundle, settings: Settings, from_base: bool
) -> tuple[Bundle, list[Figure]]:
    """`start` with deciders fitted to the catalogues, and their cross-fitted figures.

    from_base: whether `start` is a bundle that decides well already, to which few labels are drawn.

    Raises:
        TrainingError: a catalogue has too few labelled products.
    """
    fitted: dict[str, Decider] = {}
    figures: list[Figure] = []
    for name, sort in (("titled", True), ("untitled", False)):
        mine = [catalogue for catalogue in catalogues if catalogue.titled == sort]
        for catalogue in mine:
            _check_products(catalogue)
        if mine:
            base = start.decider_for(sort)
            how = DiscriminatorFit(base.discriminator, settings.blocking.candidates_per_listing, from_base)
            cross = CrossFit(mine, _best_strength(mine, how) if from_base else how, settings.grouping.max_group)
            fitted[name] = cross.decider(base.thresholds if from_base else None)
            names = dict.fromkeys(catalogue.name for catalogue in mine)
            figures += [_figure(cross, each, fitted[name], base if from_base else None) for each in names]
    titled, untitled = fitted.get("titled"), fitted.get("untitled")
    if from_base:  # what was not fitted is good as it is
        return replace(start, titled=titled or start.titled, untitled=untitled or start.untitled), figures
    start = replace(start, blends=untitled is not None)
    return replace(start, titled=titled or fitted["untitled"], untitled=untitled or fitted["titled"]), figures


def labelled_enough(catalogue: LabelledCatalogue) -> bool:
    """Whether a catalogue has the labelled products that thresholds can be chosen on."""
    return _products(catalogue) >= 2 * FOLDS and len(np.unique(catalogue.fold[catalogue.fold >= 0])) == FOLDS


def _products(catalogue: LabelledCatalogue) -> int:
    return len(np.unique(catalogue.product[catalogue.fold >= 0]))


def _check_products(catalogue: LabelledCatalogue) -> None:
    if not labelled_enough(catalogue):
        raise TrainingError(
            f"{catalogue.name} has {_products(catalogue)} labelled groups to choose thresholds on; "
            f"label {4 * FOLDS} or more"
        )


def _best_strength(catalogues: list[LabelledCatalogue], how: DiscriminatorFit) -> DiscriminatorFit:
    tried = [replace(how, strength=strength) for strength in STRENGTHS]
    losses = [
        sum(left_out_pairs(cross, catalogue.natural).log_loss() for catalogue in catalogues)
        for cross in (CrossFit(catalogues, each, max_group=2) for each in tried)
    ]
    return tried[int(np.argmin(losses))]


def _figure(cross: CrossFit, name: str, decider: Decider, base: Decider | None) -> Figure:
    """The figure of a catalogue over all its views: between them, each product is judged once."""
    views = [number for number, catalogue in enumerate(cross.catalogues) if catalogue.name == name]
    judged = [cross.catalogues[view].fold >= 0 for view in views]
    product = np.concatenate([cross.catalogues[v].product[rows] for v, rows in zip(views, judged, strict=True)])

    def f1_by(grouped: list[list[GroupingChoice]], thresholds: Thresholds) -> NDArray[np.float64]:
        scores = [cross.row_f1(choices, thresholds) for choices in grouped]
        return np.concatenate([s[rows] for s, rows in zip(scores, judged, strict=True)])

    f1, gain = f1_by([cross.natural_choices[view] for view in views], decider.thresholds), None
    if base:
        models = [base.discriminator] * FOLDS
        before = f1_by([cross.choices(cross.catalogues[view].natural, models) for view in views], base.thresholds)
        gain = Gain(float(before.mean()), bootstrap_mean(f1 - before, product))
    interval = bootstrap_mean(f1, product)
    return Figure(name, len(f1), len(np.unique(product)), float(f1.mean()), interval, gain)


@dataclass(frozen=True)
class JudgedPairs:
    """Probability and truth of candidate pairs, and how many judged listings each is a candidate of; `[pairs]`."""

    probability: NDArray[np.float32]
    same: NDArray[np.bool_]
    weight: NDArray[np.float64]

    def calibration_error(self, bins: int = 10) -> float:
        """Expected calibration error (Guo et al. 2017, arXiv:1706.04599): mean |said − seen| over equal bins."""
        place = np.minimum((self.probability * bins).astype(int), bins - 1)
        said = np.bincount(place, self.probability * self.weight, bins)
        seen = np.bincount(place, self.same * self.weight, bins)
        return float(np.abs(said - seen).sum() / max(self.weight.sum(), 1e-9))

    def brier(self) -> float:
        """Brier score: the mean squared error of the probability."""
        return float(np.average((self.probability - self.same) ** 2, weights=self.weight))

    def log_loss(self) -> float:
        sure = np.clip(np.where(self.same, self.probability, 1 - self.probability), 1e-7, 1)
        return float(np.average(-np.log(sure), weights=self.weight))


def left_out_pairs(cross: CrossFit, world: World) -> JudgedPairs:
    """The candidate pairs of a world, each by curves that were fitted without the judged product."""
    parts = []
    for fold, model in enumerate(cross.folds):
        look = world.look(model, cross.how.per_listing)
        judged = look.kept & (world.inside(fold) > 0)
        odds = model.second_look(with_gap(world, look)[judged], world.compared[1][judged])
        parts.append((sigmoid(odds), world.same[judged], world.inside(fold)[judged].astype(np.float64)))
    return JudgedPairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def describe(figures: list[Figure]) -> dict[str, Any]:
    """The figures as a manifest holds them."""
    return {
        each.catalogue: {
            "listings": each.listings,
            "products": each.products,
            "f1": round(each.f1, 4),
            "f1_interval_95": [round(x, 4) for x in each.interval],
            **(_describe_gain(each.base) if each.base else {}),
        }
        for each in figures
    }


def _describe_gain(gain: Gain) -> dict[str, Any]:
    return {"base_f1": round(gain.f1, 4), "gain_interval_95": [round(x, 4) for x in gain.interval]}
