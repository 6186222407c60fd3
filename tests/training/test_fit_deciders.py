"""The deciders of a bundle and the figures that are told of them: every number is that of a plain loop."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from kembar.clustering.singletons import attach_singletons
from kembar.config import Settings
from kembar.errors import TrainingError
from kembar.model.bundle import Thresholds
from kembar.training.calibration import JudgedPairs, left_out_pairs
from kembar.training.crossfit import CrossFit
from kembar.training.fit_deciders import fit_deciders
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue
from tests import oracles
from tests.builders import near_copies, steady_discriminator
from tests.training.test_crossfit import base_bundle

pytestmark = pytest.mark.slow

PRODUCTS = 25
N = 3 * PRODUCTS
PRODUCT = np.arange(N) // 3


@pytest.fixture(scope="module")
def catalogue() -> LabelledCatalogue:
    pairs = CandidateRows(*np.triu_indices(N, 1))
    return LabelledCatalogue("toy", near_copies(PRODUCTS, noise=0.3), pairs, PRODUCT, PRODUCT % FOLDS)


@pytest.fixture(scope="module")
def cross(catalogue: LabelledCatalogue) -> CrossFit:
    return CrossFit([catalogue], DiscriminatorFit(steady_discriminator(), per_listing=10), max_group=50)


def untitled(catalogue: LabelledCatalogue) -> LabelledCatalogue:
    return replace(catalogue, name="photos", index=replace(catalogue.index, has_title=np.zeros(N, bool)))


@pytest.mark.parametrize("thresholds", [Thresholds(0.5, 0.3), Thresholds(0.2, 0.9), Thresholds(0.8, 1.0)])
def test_the_f1_of_a_listing_is_that_of_its_group_by_curves_fitted_without_it(cross: CrossFit, thresholds: Thresholds):
    truth, naive = {str(row): str(product) for row, product in enumerate(PRODUCT)}, {}
    for fold, choice in enumerate(cross.natural_choices[0]):
        assert choice.model is cross.folds[fold]
        labels = attach_singletons(choice.group(thresholds.match), choice.neighbours(), thresholds.lone, 50)
        said = {str(row): [str(other) for other in np.flatnonzero(labels == labels[row])] for row in range(N)}
        scores = oracles.score_rows(truth, said)
        naive |= {row: f1 for row, (_, _, f1) in scores.items() if PRODUCT[int(row)] % FOLDS == fold}
    f1 = cross.row_f1(cross.natural_choices[0], thresholds)
    assert np.allclose(f1, [naive[str(row)] for row in range(N)])


def test_each_left_out_pair_counts_once_for_each_judged_side(cross: CrossFit, catalogue: LabelledCatalogue):
    """A pair of one fold comes once and counts twice; one of two folds comes twice and counts once each time."""
    judged = left_out_pairs(cross, catalogue.natural)
    expected = 0
    for fold, model in enumerate(cross.folds):
        look = catalogue.natural.look(model, 10)
        pairs = zip(catalogue.proposed.left[look.kept], catalogue.proposed.right[look.kept], strict=True)
        expected += sum((PRODUCT[a] % FOLDS == fold) + int(PRODUCT[b] % FOLDS == fold) for a, b in pairs)
    assert judged.weight.sum() == expected
    assert set(judged.weight) == {1.0, 2.0}


def test_brier_and_log_loss_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    p, weight = rng.random(300), rng.integers(1, 3, 300).astype(float)
    same = rng.random(300) < p
    judged = JudgedPairs(p, same, weight)
    assert judged.brier() == pytest.approx(brier_score_loss(same, p, sample_weight=weight))
    assert judged.log_loss() == pytest.approx(log_loss(same, p, sample_weight=weight))


def test_a_probability_of_one_is_in_the_last_bin_and_no_pairs_have_no_error():
    sure = JudgedPairs(np.array([1.0, 0.0]), np.array([True, False]), np.ones(2))
    assert sure.calibration_error() == 0.0
    wrong = JudgedPairs(np.array([1.0, 0.0]), np.array([False, True]), np.ones(2))
    assert wrong.calibration_error() == 1.0
    assert JudgedPairs(*np.empty((3, 0))).calibration_error() == 0.0


def test_thresholds_stay_at_home_where_that_is_nearly_as_good(cross: CrossFit):
    free = cross.thresholds()
    near = cross.thresholds(near=Thresholds(0.3, 0.4))
    assert abs(near.match - 0.3) <= abs(free.match - 0.3)
    f1 = [cross.row_f1(cross.natural_choices[0], each).mean() for each in (free, near)]
    assert f1[1] > f1[0] - 0.02


def test_each_sort_of_catalogue_fits_its_own_decider(catalogue: LabelledCatalogue, settings: Settings):
    base = base_bundle()
    photos, (figure,) = fit_deciders([untitled(catalogue)], base, settings, from_base=True)
    assert photos.titled is base.titled, "nothing was learnt of titles"
    assert photos.untitled is not base.untitled
    assert figure.catalogue == "photos"
    both, figures = fit_deciders([catalogue, untitled(catalogue)], base, settings, from_base=False)
    assert [each.catalogue for each in figures] == ["toy", "photos"]
    assert both.titled is not both.untitled
    assert all(each.interval[0] <= each.f1 <= each.interval[1] for each in figures)


def test_from_the_base_the_gain_is_over_its_own_groups(catalogue: LabelledCatalogue, settings: Settings):
    _, (figure,) = fit_deciders([catalogue], base_bundle(), settings, from_base=True)
    assert figure.base is not None
    low, high = figure.base.interval
    assert figure.base.f1 >= figure.base.shipped - 0.05, "thresholds chosen on other products are not far worse"
    assert low - 1e-9 <= figure.f1 - figure.base.f1 <= high + 1e-9


@pytest.mark.parametrize("judged", [0, 1, 9])
def test_too_few_labelled_groups_are_refused(catalogue: LabelledCatalogue, settings: Settings, judged: int):
    few = replace(catalogue, fold=np.where(judged > PRODUCT, catalogue.fold, -1))
    with pytest.raises(TrainingError, match=rf"toy has only {judged} labelled groups .* label 20 or more"):
        fit_deciders([few], base_bundle(), settings, from_base=True)


def test_a_fold_without_a_group_is_refused_too(catalogue: LabelledCatalogue, settings: Settings):
    with pytest.raises(TrainingError, match="toy has only 25 labelled groups"):
        fit_deciders([replace(catalogue, fold=PRODUCT % 4)], base_bundle(), settings, from_base=True)
