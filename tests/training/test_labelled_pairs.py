"""Labels in pairs alone: a catalogue whose truth is that of the pairs, beside those that match would propose."""

import numpy as np
import pyarrow as pa
import pytest

from kembar.listings.decisions import DECISIONS, DIFFERENT, SAME
from kembar.training.labelled_pairs import MANY, with_labelled_pairs
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue
from tests.builders import near_copies

PRODUCTS = 200
N = 3 * PRODUCTS
IDS = [f"p{i:04}" for i in range(N)]


def catalogue() -> LabelledCatalogue:
    """Products of three listings; match would propose each listing's neighbours by row."""
    left = np.arange(N - 1)
    pairs = CandidateRows(left, left + 1, np.stack([np.ones(N - 1, bool), np.zeros(N - 1, bool)]))
    return LabelledCatalogue("shop", near_copies(PRODUCTS), pairs, np.arange(N), np.full(N, -1), "variant")


def labels_of(count: int, seed: int = 0, share: float = 0.3) -> tuple[pa.Table, dict[tuple[int, int], bool]]:
    """Decisions about pairs of rows, and the truth by pair."""
    rng, truth = np.random.default_rng(seed), {}
    while len(truth) < count:
        left = int(rng.integers(N - 2))
        right = left + 1 if rng.random() < share else int(rng.integers(N))
        if left != right:
            truth[min(left, right), max(left, right)] = left // 3 == right // 3
    rows = [
        {"posting_id_l": IDS[i], "posting_id_r": IDS[j], "decision": SAME if same else DIFFERENT}
        for (i, j), same in truth.items()
    ]
    return pa.Table.from_pylist(rows, DECISIONS), truth


@pytest.fixture(scope="module")
def paired() -> tuple[LabelledCatalogue, dict[tuple[int, int], bool]]:
    decisions, truth = labels_of(600)
    found = with_labelled_pairs(catalogue(), IDS, decisions)
    assert found is not None
    return found, truth


def test_the_truth_is_known_of_the_labelled_pairs_alone(paired):
    found, truth = paired
    pairs = list(zip(found.proposed.left.tolist(), found.proposed.right.tolist(), strict=True))
    assert {pair for pair, known in zip(pairs, found.known, strict=True) if known} == set(truth)
    assert {pair: bool(same) for pair, same, k in zip(pairs, found.truth, found.known, strict=True) if k} == truth
    assert not found.complete


def test_what_match_would_propose_stays_and_labelled_pairs_are_proposed_by_nobody(paired):
    found, truth = paired
    rows = zip(found.proposed.left.tolist(), found.proposed.right.tolist(), strict=True)
    sides = dict(zip(rows, map(tuple, found.proposed.sides.T), strict=True))
    assert all(sides[i, i + 1] == (True, False) for i in range(N - 1))
    assert all(sides[pair] == (False, False) for pair in truth if pair[1] - pair[0] > 1)
    assert len(sides) == len(set(truth) | {(i, i + 1) for i in range(N - 1)})


def test_listings_of_a_chain_of_matches_are_in_one_fold(paired):
    found, truth = paired
    named = {row for pair in truth for row in pair}
    assert all((found.fold[row] >= 0) == (row in named) for row in range(N))
    assert all(found.fold[i] == found.fold[j] for (i, j), same in truth.items() if same)
    assert set(found.fold[found.fold >= 0]) == set(range(FOLDS))


def test_pairs_are_fitted_to_once_and_never_with_a_fold_left_out(paired):
    view = paired[0].natural
    assert np.array_equal(view.outside(), view.catalogue.known)
    for fold in range(FOLDS):
        left = view.outside([fold])
        assert not (view.sides[:, left] == fold).any()
        assert (view.inside(fold)[~view.catalogue.known] == 0).all()


def test_few_pairs_or_of_one_kind_are_no_catalogue_to_fit_to():
    assert with_labelled_pairs(catalogue(), IDS, labels_of(MANY - 1)[0]) is None
    assert with_labelled_pairs(catalogue(), IDS, labels_of(400, share=0.0)[0]) is None
    elsewhere = labels_of(600)[0].set_column(0, "posting_id_l", pa.array(["other"] * 600))
    assert with_labelled_pairs(catalogue(), IDS, elsewhere) is None
