"""The deciders of a bundle, fitted to labelled catalogues, and how good they are on products left out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.config import Settings
from kembar.errors import TrainingError
from kembar.evaluation.scores import bootstrap_mean
from kembar.model.bundle import Bundle, Decider
from kembar.training.crossfit import CrossFit
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.nested import FixedFit, NestedFit, best_way
from kembar.training.views import FOLDS, LabelledCatalogue

STRENGTHS = (1e-4, 1e-3, 1e-2)
"""How strongly few labels are drawn to the base bundle; the one with the least loss on left-out products is taken."""


@dataclass(frozen=True)
class Figure:
    """Row-wise mean F1 of one catalogue's products, each grouped by curves fitted and thresholds chosen without it."""

    catalogue: str
    listings: int
    products: int
    f1: float
    interval: tuple[float, float]
    base: "Gain | None" = None


@dataclass(frozen=True)
class Gain:
    """The base bundle's F1 on the same listings, and the 95 % interval of what was gained over it.

    f1: with thresholds chosen anew, for each product on others, as the new bundle's are; shipped: with its own
    thresholds; interval: of the new bundle's F1 less `f1`, products drawn with replacement.
    """

    f1: float
    shipped: float
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
            cross = CrossFit(mine, how, settings.grouping.max_group)
            tried = [cross.with_strength(strength) for strength in STRENGTHS] if from_base else [cross]
            nested = NestedFit(tried, base.thresholds if from_base else None)
            fitted[name] = best_way(tried).decider(nested.near)
            before = FixedFit(cross, base) if from_base else None
            names = dict.fromkeys(catalogue.name for catalogue in mine)
            figures += [_figure(nested, each, before) for each in names]
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
            f"{catalogue.name} has only {_products(catalogue)} labelled groups to choose thresholds on; "
            f"label {4 * FOLDS} or more"
        )


def _figure(nested: NestedFit, name: str, base: FixedFit | None) -> Figure:
    """The figure of a catalogue over all its views: between them, each product is judged once."""
    catalogues = nested.tried[0].catalogues
    views = [number for number, catalogue in enumerate(catalogues) if catalogue.name == name]
    judged = [catalogues[view].fold >= 0 for view in views]
    product = np.concatenate([catalogues[v].product[rows] for v, rows in zip(views, judged, strict=True)])

    def over_views(row_f1: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        return np.concatenate([row_f1(view)[rows] for view, rows in zip(views, judged, strict=True)])

    f1, gain = over_views(nested.row_f1), None
    if base:
        before, shipped = over_views(base.row_f1), over_views(base.row_f1_as_it_is)
        gain = Gain(float(before.mean()), float(shipped.mean()), bootstrap_mean(f1 - before, product))
    interval = bootstrap_mean(f1, product)
    return Figure(name, len(f1), len(np.unique(product)), float(f1.mean()), interval, gain)


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
    return {
        "base_f1": round(gain.f1, 4),
        "base_f1_own_thresholds": round(gain.shipped, 4),
        "gain_interval_95": [round(x, 4) for x in gain.interval],
    }
