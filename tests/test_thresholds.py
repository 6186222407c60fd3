"""Thresholds are chosen on the very groups that match would form, and one serves every pattern of modalities."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from kembar.grouping.clusters import cluster_rows
from kembar.training.calibration import align_patterns, mask_modalities, usual_pattern
from kembar.training.labels import RowLabels
from kembar.training.thresholds import (
    CandidateRows,
    GroupingChoice,
    choose_match_threshold,
    choose_thresholds,
    row_f1,
)
from tests import oracles
from tests.builders import index_of, random_discriminator, random_titles

N = 90


@pytest.fixture(scope="module")
def choice() -> GroupingChoice:
    """30 products of three near listings, all pairs candidates, the last ten products held out."""
    titles = [[*title, f"own{i}"] for title in random_titles(N // 3, seed=2, words=60) for i in range(3)]
    index, rng = index_of(titles, seed=2, dim=16), np.random.default_rng(2)
    for codes in (index.image, index.title):
        codes[:] = codes[np.arange(N) // 3 * 3]
        codes += rng.normal(0, 0.08, (N, 16)).astype(np.float16)
    left, right = np.array(list(combinations(range(N), 2))).T
    labels = RowLabels(np.arange(N) // 3, np.arange(N) >= 60)
    model = random_discriminator(1)
    steady = replace(model, slopes=np.minimum(model.slopes, 3), bias=np.full(8, 4.0, np.float32))
    return GroupingChoice(index, steady, CandidateRows(left, right), labels)


def test_row_f1_is_that_of_set_arithmetic():
    rng = np.random.default_rng(0)
    labels, product = rng.integers(0, 6, (2, 30))
    submission = {str(i): [str(j) for j in np.flatnonzero(labels == labels[i])] for i in range(30)}
    naive = oracles.score_rows({str(i): str(p) for i, p in enumerate(product)}, submission)
    assert np.allclose(row_f1(labels, product), [f1 for _, _, f1 in naive.values()])


def test_each_cut_is_the_clustering_that_match_does(choice: GroupingChoice):
    cuts = choice.cuts()
    for threshold in (0.3, 0.5, 0.7, 0.9):
        groups = cluster_rows(choice.index, choice.model, np.arange(N), threshold, max_group=N)
        assert np.array_equal(cuts[threshold], groups)


def test_nothing_is_clustered_where_no_candidate_pair_connects(choice: GroupingChoice):
    none = replace(choice, pairs=CandidateRows(*np.empty((2, 0), np.int64)))
    assert all(np.array_equal(groups, np.arange(N)) for groups in none.cuts().values())


def test_the_chosen_thresholds_are_nearly_the_best_of_the_grid(choice: GroupingChoice):
    thresholds, f1 = choose_thresholds(choice, max_group=50)
    cuts = choice.cuts()
    assert choice.f1(cuts[thresholds.match]) >= max(map(choice.f1, cuts.values())) - 0.002
    assert f1 >= choice.f1(cuts[thresholds.match]) - 0.002


def test_a_poorer_pattern_is_brought_to_the_threshold_of_the_usual_one(choice: GroupingChoice):
    kept = np.array([False, True, True])  # no photos: pattern 6

    def distance(which: GroupingChoice) -> float:
        target, own = (
            choose_match_threshold(c) for c in (choice, replace(which, index=mask_modalities(choice.index, kept)))
        )
        return abs(np.log(own / (1 - own)) - np.log(target / (1 - target)))

    skewed = replace(choice, model=replace(choice.model, bias=np.where(np.arange(8) == 6, 6.0, 4.0).astype(np.float32)))
    aligned = replace(skewed, model=align_patterns(skewed))
    assert usual_pattern(choice.index).all()
    assert aligned.model.bias[7] == skewed.model.bias[7], "the usual pattern stays"
    assert aligned.model.bias[4] == skewed.model.bias[4], "a hash alone is in quarantine"
    assert distance(aligned) < distance(skewed)
