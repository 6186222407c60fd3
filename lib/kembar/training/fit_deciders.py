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
from kembar.model.curves import PATTERNS, Curves, modalities_of, pattern_of
from kembar.model.discriminator import Discriminator
from kembar.schemas import MODALITIES
from kembar.training.calibration import left_out_pairs
from kembar.training.crossfit import CrossFit
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.nested import FixedFit, NestedFit, best_way
from kembar.training.views import FOLDS, LabelledCatalogue
from kembar.types import Reals

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2)
"""How strongly few labels are drawn to the base bundle; the one with the least loss on left-out products is taken."""
_UNSEEN_STRENGTH = 5e-4
"""How strongly a variant's curves are kept small, so that they hold on catalogues of other goods."""
_DRAWS = 500


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
    if not catalogues:
        return start, []
    fitted: dict[str, Any] = {}
    figures: list[Figure] = []
    for name in ("titled", "untitled", "variant"):
        if mine := [catalogue for catalogue in catalogues if _decided_by(catalogue) == name]:
            for catalogue in mine:
                _check_products(catalogue)
            base = getattr(start, name) if from_base else None
            nested, before = _ways(mine, base, fitted.get("titled", start.titled), settings)
            fitted[name] = best_way(nested.tried).decider(nested.near)
            figures += [_figure(nested, each, before) for each in dict.fromkeys(each.name for each in mine)]
    if variant := fitted.get("variant"):
        fitted["variant"] = replace(variant, discriminator=_stricter(variant, fitted.get("titled", start.titled)))
    if from_base:  # what was not fitted is good as it is
        return replace(start, **fitted), figures
    start = replace(start, blends="untitled" in fitted)
    first = next(fitted[name] for name in ("titled", "variant", "untitled") if name in fitted)
    whole: dict[str, Any] = {"titled": first, "untitled": fitted.get("titled", first)} | fitted
    return replace(start, **whole), figures


def _decided_by(catalogue: LabelledCatalogue) -> str:
    """Which of a bundle's deciders a catalogue teaches."""
    if not catalogue.titled:
        return "untitled"
    return "titled" if catalogue.level == "product" else "variant"


def _ways(
    catalogues: list[LabelledCatalogue], base: Decider | None, start: Decider, settings: Settings
) -> tuple[NestedFit, FixedFit | None]:
    """The ways to fit a decider, and the `base` to compare with, if there is one.

    Without a base, variants are decided by the pair alone, and with few weights: what one kind of goods says of another
    is then worth most. Curves that were fitted to photos of other shops' products, with a gap, err on a new catalogue.
    """
    per_listing, max_group = settings.blocking.candidates_per_listing, settings.grouping.max_group
    if base is not None:
        cross = CrossFit(catalogues, DiscriminatorFit(base.discriminator, per_listing, faithful=True), max_group)
        tried = [cross.with_strength(strength) for strength in STRENGTHS]
        return NestedFit(tried, base.thresholds), FixedFit(cross, base)
    how = DiscriminatorFit(start.discriminator, per_listing)
    if catalogues[0].titled and catalogues[0].level == "variant":
        how = replace(how, strength=_UNSEEN_STRENGTH, gapless=True)
    return NestedFit([CrossFit(catalogues, how, max_group)]), None


def _stricter(variant: Decider, product: Decider) -> Discriminator:
    """A variant's discriminator that decides on patterns of which no variants were known, such as those with photos.

    There a pair is as likely as for the product, and what speaks against one title's being the other's variant counts
    at least as much as where titles are all that is known.
    """

    def stage(mine: Curves, theirs: Curves) -> Curves:
        slopes, bias = mine.slopes.copy(), mine.bias.copy()
        titles = int(pattern_of(np.array([[name == "title" for name in MODALITIES]]))[0])
        for pattern in range(PATTERNS):
            known = not np.array_equal(slopes[pattern], theirs.slopes[pattern])
            if known or not modalities_of(pattern)[MODALITIES.index("title")]:
                continue
            slopes[pattern] = np.maximum(theirs.slopes[pattern], mine.slopes[titles])
        return Curves(slopes, bias)

    mine, theirs = variant.discriminator, product.discriminator
    return Discriminator(stage(mine.first, theirs.first), stage(mine.second, theirs.second))


def labelled_enough(catalogue: LabelledCatalogue) -> bool:
    """Whether a catalogue has labelled pairs to fit to, or the labelled products that thresholds can be chosen on."""
    if not catalogue.complete:
        return True
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
    if not any(catalogue.complete for catalogue in catalogues if catalogue.name == name):
        return _pair_figure(nested, name, base)
    views = [number for number, catalogue in enumerate(catalogues) if catalogue.name == name and catalogue.complete]
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


def _pair_figure(nested: NestedFit, name: str, base: FixedFit | None) -> Figure:
    """The figure of a catalogue of labelled pairs: the F1 at one half, each judged by curves fitted without it."""
    way = best_way(nested.tried)
    view = next(catalogue.natural for catalogue in way.catalogues if catalogue.name == name)
    pairs = left_out_pairs(way, view)
    drawn = np.random.default_rng(0).integers(0, len(pairs.same), (_DRAWS, len(pairs.same)))
    f1, many = _pair_f1(pairs.probability, pairs.same), _pair_f1(pairs.probability[drawn], pairs.same[drawn])
    figure = Figure(name, len(view.catalogue.index), int(pairs.same.sum()), float(f1), _interval(many))
    if base is None:
        return figure
    before = left_out_pairs(way, view, fixed=base.decider.discriminator).probability
    was = float(_pair_f1(before, pairs.same))
    return replace(figure, base=Gain(was, was, _interval(many - _pair_f1(before[drawn], pairs.same[drawn]))))


def _pair_f1(probability: Reals, same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of the pairs `[..., pairs]` at one half, `[...]`."""
    said = probability >= 0.5
    return np.asarray(2 * (said & same).sum(axis=-1) / np.maximum(said.sum(axis=-1) + same.sum(axis=-1), 1))


def _interval(drawn: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


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
