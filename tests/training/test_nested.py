"""A verdict on a bundle comes from products that had no say in what they are judged by."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.clustering.singletons import attach_singletons
from kembar.config import Settings
from kembar.model.bundle import Decider, Thresholds
from kembar.schemas import MODALITIES
from kembar.training.crossfit import CrossFit
from kembar.training.fit_deciders import fit_deciders
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.nested import FixedFit, NestedFit, best_way
from kembar.training.thresholds import GroupingChoice, curve, lone_curve, nearest_plateau, row_f1
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue
from tests.builders import near_copies, steady_discriminator
from tests.training.test_crossfit import base_bundle

pytestmark = pytest.mark.slow

PRODUCTS = 25
N = 3 * PRODUCTS
PRODUCT = np.arange(N) // 3
FOLD = PRODUCT % FOLDS
STRENGTHS = (1e-4, 1e-1)
BASE = Decider(steady_discriminator(), Thresholds(0.5, 0.5))


def toy(product: np.ndarray = PRODUCT, noise: float = 0.6) -> LabelledCatalogue:
    """25 products of three listings whose titles resemble each other moderately, without photos or hashes, so that
    there is one pattern to fit; `product`: what they are said to be."""
    bare = {f"has_{name}": np.full(N, name == "title") for name in MODALITIES}
    index = replace(near_copies(PRODUCTS, noise=noise), **bare)
    return LabelledCatalogue("toy", index, CandidateRows(*np.triu_indices(N, 1)), product, FOLD)


def nested(catalogue: LabelledCatalogue) -> NestedFit:
    cross = CrossFit([catalogue], DiscriminatorFit(BASE.discriminator, 10, faithful=True), max_group=50)
    return NestedFit([cross.with_strength(strength) for strength in STRENGTHS], BASE.thresholds)


@pytest.fixture(scope="module")
def honest() -> NestedFit:
    return nested(toy())


def relabelled(fold: int, seed: int = 0) -> np.ndarray:
    """The labels of a fold's products shuffled among its listings."""
    product, rows = PRODUCT.copy(), np.flatnonzero(fold == FOLD)
    product[rows] = np.random.default_rng(seed).permutation(product[rows])
    return product


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_folds_labels_change_nothing_that_it_is_judged_by(honest: NestedFit, fold: int):
    """Neither strength nor curves nor thresholds, nor those that a base is compared at."""
    other = nested(toy(relabelled(fold)))
    assert other.ways[fold].how.strength == honest.ways[fold].how.strength
    assert other.thresholds[fold] == honest.thresholds[fold]
    ours, theirs = (each.ways[fold].model(fold).second for each in (honest, other))
    assert np.array_equal(ours.slopes, theirs.slopes)
    assert np.array_equal(ours.bias, theirs.bias)
    bases = [FixedFit(each.tried[0], BASE) for each in (honest, other)]
    assert bases[0].thresholds[fold] == bases[1].thresholds[fold]
    assert not np.allclose(other.row_f1(0)[fold == FOLD], honest.row_f1(0)[fold == FOLD]), "the labels do count"


def test_a_folds_labels_do_change_what_the_others_are_judged_by(honest: NestedFit):
    other = nested(toy(relabelled(0)))
    ours, theirs = (each.tried[0].model(1).second.slopes for each in (honest, other))
    assert not np.array_equal(ours, theirs)


def test_nested_f1_is_that_of_plain_loops_over_folds(honest: NestedFit):
    """Fitted anew for every fold left out, without what NestedFit keeps and shares."""
    catalogue, found = toy(), np.zeros(N)
    for fold in range(FOLDS):
        how = honest.ways[fold].how
        inner = [
            GroupingChoice.of(catalogue.natural, how.fit(catalogue.views(), (fold, other)), 10, other == FOLD)
            for other in range(FOLDS)
            if other != fold
        ]
        match = nearest_plateau(curve(inner), BASE.thresholds.match)
        lone = nearest_plateau(lone_curve(inner, match, 50), BASE.thresholds.lone)
        choice = GroupingChoice.of(catalogue.natural, how.fit(catalogue.views(), (fold,)), 10, fold == FOLD)
        labels = attach_singletons(choice.group(match), choice.neighbours(), lone, 50)
        found[fold == FOLD] = row_f1(labels, PRODUCT)[fold == FOLD]
        assert honest.thresholds[fold] == Thresholds(match, lone)
    assert np.allclose(honest.row_f1(0), found)


def test_a_base_is_judged_by_its_own_curves_and_either_thresholds(honest: NestedFit):
    fixed = FixedFit(honest.tried[0], BASE)
    choice = GroupingChoice.of(toy().natural, BASE.discriminator, 10, np.ones(N, bool))
    for thresholds, rows, f1 in (
        *((each, fold == FOLD, fixed.row_f1(0)) for fold, each in enumerate(fixed.thresholds)),
        (BASE.thresholds, np.ones(N, bool), fixed.row_f1_as_it_is(0)),
    ):
        labels = attach_singletons(choice.group(thresholds.match), choice.neighbours(), thresholds.lone, 50)
        assert np.allclose(f1[rows], row_f1(labels, PRODUCT)[rows])


def test_a_base_with_bad_thresholds_gets_no_blame_that_is_theirs(settings: Settings):
    """A gain that thresholds alone bring is no gain of new curves: the base is compared at thresholds chosen alike."""
    poor = replace(base_bundle(), titled=Decider(steady_discriminator(), Thresholds(0.98, 1.0)))
    _, (figure,) = fit_deciders([toy(noise=0.3)], poor, settings, from_base=True)
    assert figure.base is not None
    assert figure.base.f1 > figure.base.shipped + 0.1


def test_the_same_strength_is_chosen_when_there_is_one(honest: NestedFit):
    assert best_way(honest.tried[:1]) is honest.tried[0]
