"""A discriminator fitted to catalogues: each pattern from the pairs that are of it, the rest as it was."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.model.curves import PATTERNS, Curves
from kembar.model.discriminator import Discriminator, gap
from kembar.schemas import DISTANCES, MODALITIES
from kembar.training.fit_discriminator import DiscriminatorFit, with_gap, without_gap
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue
from tests.builders import near_copies, random_curves, steady_discriminator
from tests.model.test_curves import random_pairs

pytestmark = pytest.mark.slow

PRODUCTS = 30
N = 3 * PRODUCTS
PRODUCT = np.arange(N) // 3
START = steady_discriminator()


@pytest.fixture(scope="module")
def catalogue() -> LabelledCatalogue:
    return LabelledCatalogue(
        "toy", near_copies(PRODUCTS), CandidateRows(*np.triu_indices(N, 1)), PRODUCT, PRODUCT % FOLDS
    )


def without_titles(catalogue: LabelledCatalogue) -> LabelledCatalogue:
    return replace(catalogue, index=replace(catalogue.index, has_title=np.zeros(N, bool)))


def changed(one: Curves, other: Curves) -> set[int]:
    """The patterns whose curves differ."""
    return {
        p
        for p in range(PATTERNS)
        if not (np.array_equal(one.slopes[p], other.slopes[p]) and one.bias[p] == other.bias[p])
    }


def test_a_second_look_without_the_gap_is_the_first():
    model, (distances, present) = without_gap(random_curves(len(DISTANCES))), random_pairs(100)
    evidence = np.column_stack([distances, np.random.default_rng(0).random(100).astype(np.float32) * 9])
    assert np.allclose(model.second_logit(evidence, present), model.first_logit(distances, present), atol=1e-5)


def test_only_patterns_that_the_catalogues_have_are_fitted(catalogue: LabelledCatalogue):
    fitted = DiscriminatorFit(START, per_listing=20).fit(without_titles(catalogue).views())
    with_image_or_hash_alone = {0b001, 0b100, 0b101}
    assert changed(fitted.first, START.first) == with_image_or_hash_alone
    assert changed(fitted.second, START.second) == with_image_or_hash_alone


def test_without_enough_matches_everything_stays_as_it_was(catalogue: LabelledCatalogue):
    """Six products of three have 18 matches, two fewer than curves are fitted to."""
    few = replace(catalogue, product=np.where(PRODUCT < 6, PRODUCT, 1000 + np.arange(N)))
    fitted = DiscriminatorFit(START, per_listing=20).fit(few.views())
    assert changed(fitted.first, START.first) | changed(fitted.second, START.second) == set()
    none = DiscriminatorFit(START, per_listing=20).fit([])
    assert changed(none.second, START.second) == set()


def test_a_faithful_fit_is_the_nearer_to_its_start_the_stronger_it_is_drawn(catalogue: LabelledCatalogue):
    def departure(strength: float) -> float:
        fitted = DiscriminatorFit(START, 20, faithful=True, strength=strength).fit(catalogue.views())
        return float(np.abs(fitted.second.slopes - START.second.slopes).mean())

    weak, strong, chained = (departure(strength) for strength in (1e-4, 1e-1, 1e4))
    assert weak > strong > chained
    assert chained < 1e-3


def test_fitted_curves_never_reward_distance_nor_a_larger_gap(catalogue: LabelledCatalogue):
    fitted = DiscriminatorFit(START, per_listing=20).fit(catalogue.views())
    assert fitted.fault() is None
    assert (fitted.first.slopes >= 0).all()
    assert (fitted.second.slopes >= 0).all()


def test_the_same_catalogues_always_give_the_same_discriminator(catalogue: LabelledCatalogue):
    one, other = (DiscriminatorFit(START, per_listing=20).fit(catalogue.views()) for _ in range(2))
    assert np.array_equal(one.second.slopes, other.second.slopes)
    assert np.array_equal(one.first.bias, other.first.bias)


def test_a_worlds_evidence_is_its_distances_and_the_gap_to_its_candidates(catalogue: LabelledCatalogue):
    view, model = catalogue.natural, Discriminator(START.first, START.second)
    look = view.look(model, per_listing=3)
    evidence, pairs = with_gap(view, look), catalogue.proposed
    assert np.array_equal(evidence[:, :-1], view.compared[0])
    assert np.array_equal(evidence[:, -1], gap(look.first, look.best[pairs.left], look.best[pairs.right]))
    assert view.kept.tolist() == [True] * len(MODALITIES)
