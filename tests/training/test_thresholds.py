"""Thresholds are chosen on the very groups that match would form."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.clustering import Clusterer
from kembar.model.discriminator import best_logits
from kembar.training.thresholds import (
    GroupingChoice,
    curve,
    lone_curve,
    nearest_plateau,
    plateau,
    row_f1,
)
from kembar.training.views import CandidateRows
from tests import oracles
from tests.builders import first_logits, near_copies, steady_discriminator

N = 90


@pytest.fixture(scope="module")
def choice() -> GroupingChoice:
    """30 products of three near listings, all pairs candidates, the last ten products scored."""
    index, model = near_copies(N // 3), steady_discriminator()
    left, right = np.triu_indices(N, 1)
    best = best_logits(N, left, right, first_logits(index, model, left, right))
    product = np.arange(N) // 3
    return GroupingChoice(index.with_best_logits(best), model, CandidateRows(left, right), product, np.arange(N) >= 60)


def test_row_f1_is_that_of_set_arithmetic():
    rng = np.random.default_rng(0)
    labels, product = rng.integers(0, 6, (2, 30))
    submission = {str(i): [str(j) for j in np.flatnonzero(labels == labels[i])] for i in range(30)}
    naive = oracles.score_rows({str(i): str(p) for i, p in enumerate(product)}, submission)
    assert np.allclose(row_f1(labels, product), [f1 for _, _, f1 in naive.values()])


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.88])
def test_each_cut_is_the_clustering_that_match_does(choice: GroupingChoice, threshold: float):
    ((_, groups, _),) = Clusterer(choice.model, threshold, N).cluster(choice.index, [np.arange(N)])
    assert np.array_equal(choice.cuts[threshold], groups)
    assert np.array_equal(replace(choice).group(threshold + 0.001), choice.group(threshold + 0.001))


def test_nothing_is_clustered_where_no_candidate_pair_connects(choice: GroupingChoice):
    none = replace(choice, pairs=CandidateRows(*np.empty((2, 0), np.int64)))
    assert all(np.array_equal(groups, np.arange(N)) for groups in none.cuts.values())


def test_a_curve_is_the_mean_over_the_rows_that_its_choices_score(choice: GroupingChoice):
    rest = replace(choice, scored=~choice.scored)
    both = curve([choice, rest])
    for threshold in (0.3, 0.7):
        assert np.isclose(both[threshold], row_f1(choice.cuts[threshold], choice.product).mean())


def test_no_lone_threshold_above_every_probability_changes_anything(choice: GroupingChoice):
    joined = lone_curve([choice], 0.7, max_group=50)
    assert np.isclose(joined[1.0], curve([choice])[0.7])


def test_a_plateau_is_taken_at_its_upper_end_or_nearest_to_home():
    quality = {0.2: 0.80, 0.3: 0.899, 0.4: 0.9, 0.5: 0.898, 0.6: 0.7}
    assert plateau(quality) == 0.5
    assert nearest_plateau(quality, home=0.31) == 0.3
    assert nearest_plateau(quality, home=0.9) == 0.5
