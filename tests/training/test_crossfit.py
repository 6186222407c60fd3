"""Every product is judged by curves that were fitted without it, in a catalogue that misses what a user's may miss."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.config import Settings
from kembar.model.bundle import Bundle, Decider, Thresholds
from kembar.model.heads import Head
from kembar.training.calibration import JudgedPairs, left_out_pairs
from kembar.training.crossfit import CrossFit
from kembar.training.fit_deciders import fit_deciders
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue, natural_views
from tests.builders import near_copies, steady_discriminator

pytestmark = pytest.mark.slow

PRODUCTS = 25
N = 3 * PRODUCTS
HALF = 3 * (PRODUCTS // 2)


@pytest.fixture(scope="module")
def catalogue() -> LabelledCatalogue:
    """25 products of three near listings; every pair is proposed."""
    product = np.arange(N) // 3
    return LabelledCatalogue(
        "toy", near_copies(PRODUCTS), CandidateRows(*np.triu_indices(N, 1)), product, product % FOLDS
    )


@pytest.fixture(scope="module")
def how() -> DiscriminatorFit:
    return DiscriminatorFit(steady_discriminator(), per_listing=20)


@pytest.fixture(scope="module")
def cross(catalogue: LabelledCatalogue, how: DiscriminatorFit) -> CrossFit:
    return CrossFit([catalogue], how, max_group=50)


def test_a_folds_curves_know_nothing_of_the_fold(catalogue: LabelledCatalogue, how: DiscriminatorFit):
    """Calling the fold's products something else changes none of its weights."""
    other = replace(catalogue, product=np.where(catalogue.fold == 2, 1000 + np.arange(N), catalogue.product))
    ours, theirs = (how.fit(each.views(), without=(2,)) for each in (catalogue, other))
    assert np.array_equal(ours.second.slopes, theirs.second.slopes)
    assert np.array_equal(ours.first.bias, theirs.first.bias)
    assert not np.array_equal(how.fit(other.views()).second.slopes, how.fit(catalogue.views()).second.slopes)


def test_a_world_has_only_the_modalities_that_it_keeps(catalogue: LabelledCatalogue):
    by_pattern = {view.pattern: view for view in catalogue.views()}
    assert set(by_pattern) == set(range(1, 8))
    without_photos = by_pattern[0b110]
    assert not without_photos.index.has_image.any()
    assert without_photos.compared[1].tolist()[0] == [False, True, True]
    assert catalogue.index.has_image.all(), "the catalogue itself stays as it was"


def test_a_pattern_is_learnt_from_catalogues_that_are_of_it_by_nature(catalogue: LabelledCatalogue):
    bare = replace(catalogue.index, has_image=np.zeros(N, bool))
    blind = replace(catalogue, name="blind", index=bare)
    sources = {w.pattern: set() for w in catalogue.views()}
    for view in natural_views([catalogue, blind]):
        sources[view.pattern].add(view.catalogue.name)
    assert sources[0b110] == {"blind"}
    assert sources[0b111] == {"toy"}
    assert sources[0b010] == {"toy", "blind"}


def test_what_is_left_of_the_non_matches_counts_for_those_that_went(catalogue: LabelledCatalogue):
    view = catalogue.natural
    weight, kept = view.weight((1,)), view.outside((1,))
    share = (kept & view.same).sum() / view.same.sum()
    counted = weight[kept & ~view.same].sum() / (~view.same).sum()
    assert np.isclose(share, counted, rtol=0.02), "matches and non-matches keep their proportion"


def test_listings_that_are_not_judged_are_rivals_and_nothing_else(catalogue: LabelledCatalogue):
    half = replace(catalogue, fold=np.where(np.arange(N) < HALF, -1, catalogue.fold)).natural
    both_unjudged = (half.catalogue.proposed.left < HALF) & (half.catalogue.proposed.right < HALF)
    assert not half.outside()[both_unjudged].any()
    assert half.outside()[~both_unjudged].all()


def test_it_groups_products_that_it_was_not_fitted_to(cross: CrossFit):
    thresholds = cross.thresholds()
    assert cross.row_f1(cross.natural_choices[0], thresholds).mean() > 0.9
    judged = left_out_pairs(cross, cross.catalogues[0].natural)
    assert judged.calibration_error() < 0.05
    assert judged.brier() < 0.05


def test_the_calibration_error_is_that_of_a_loop_over_bins():
    rng = np.random.default_rng(0)
    p, weight = rng.random(500), rng.integers(1, 3, 500).astype(float)
    same, error = rng.random(500) < p**2, 0.0
    for low in np.arange(10) / 10:
        inside = (p >= low) & (p < low + 0.1)
        said = np.average(p[inside], weights=weight[inside])
        seen = np.average(same[inside], weights=weight[inside])
        error += abs(said - seen) * weight[inside].sum() / weight.sum()
    assert np.isclose(JudgedPairs(p, same, weight).calibration_error(), error)


def base_bundle() -> Bundle:
    head = Head(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
    decider = Decider(steady_discriminator(), Thresholds(0.5, 0.5))
    return Bundle(head, head, decider, decider, image_tower="x", text_tower="y", trained_on={})


def test_views_judge_each_product_once_and_a_base_is_compared_with(catalogue: LabelledCatalogue, settings: Settings):
    halves = [replace(catalogue, fold=np.where(catalogue.product % 2 == k, catalogue.fold, -1)) for k in (0, 1)]
    fitted, (figure,) = fit_deciders(halves, base_bundle(), settings, from_base=False)
    assert (figure.products, figure.listings, figure.base) == (PRODUCTS, N, None)
    assert fitted.untitled is fitted.titled, "nothing was known of photos alone"
    assert not fitted.blends, "curves of plain codes decide on plain codes"
    again, (compared,) = fit_deciders([catalogue], base_bundle(), settings, from_base=True)
    assert compared.base is not None
    assert again.untitled is not again.titled
    assert not again.blends, "what is fitted to a base keeps to its codes"


def test_a_bundle_blends_once_it_learnt_from_photos_alone(catalogue: LabelledCatalogue, settings: Settings):
    alone = replace(catalogue, index=replace(catalogue.index, has_title=np.zeros(N, bool)))
    fitted, _ = fit_deciders([alone], base_bundle(), settings, from_base=False)
    assert fitted.blends
