"""A view is a catalogue as one without some of its modalities would be, and as match would look at it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kembar.blocking import Blocking, CandidateLists
from kembar.config import load_settings
from kembar.model.distances import pair_distances
from kembar.schemas import MODALITY_OF
from kembar.scoring.score import top_candidates
from kembar.stages.mine_pairs import collect_rows, mine_pairs
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue, best_per_listing
from tests.builders import index_of, random_discriminator, random_titles

N = 24
PAIRS = CandidateRows(*np.triu_indices(N, 1))


@pytest.fixture(scope="module")
def catalogue() -> LabelledCatalogue:
    """Eight products of three listings, a fifth of each modality missing, the last product not judged."""
    product = np.arange(N) // 3
    fold = np.where(product == 7, -1, product % FOLDS)
    return LabelledCatalogue("toy", index_of(random_titles(N), missing=0.2), PAIRS, product, fold)


def naive_best(pairs: CandidateRows, first: np.ndarray, per_listing: int) -> set[int]:
    """For each listing its pairs in order of their look, then of the other side, and the first so many of them."""
    kept: set[int] = set()
    ends = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    for row in {row for end in ends for row in end}:
        mine = [i for i, end in enumerate(ends) if row in end]
        mine.sort(key=lambda i: (-first[i], sum(ends[i]) - row))
        kept |= set(mine[:per_listing])
    return kept


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda p: p[0] < p[1])), st.data())
def test_the_best_per_listing_are_those_of_a_loop(ends: set[tuple[int, int]], data: st.DataObject):
    left, right = np.array(sorted(ends), np.int64).reshape(-1, 2).T
    looks = data.draw(st.lists(st.integers(0, 3), min_size=len(ends), max_size=len(ends)))  # ties among them
    per_listing = data.draw(st.integers(1, 4))
    first, pairs = np.array(looks, np.float32), CandidateRows(left, right)
    assert set(np.flatnonzero(best_per_listing(9, pairs, first, per_listing))) == naive_best(pairs, first, per_listing)


def test_the_candidates_of_training_are_those_that_match_keeps(spark: SparkSession):
    index, model = index_of(random_titles(N, words=12), missing=0.2), random_discriminator()
    told = load_settings(overrides=["blocking.proposals_per_listing=6", "blocking.candidates_per_listing=3"]).blocking
    mined, rows = collect_rows(mine_pairs(spark, index, told)), np.arange(N)
    look = LabelledCatalogue("toy", index, mined, rows, rows % FOLDS).natural.look(model, per_listing=3)
    looked = top_candidates(index, model, 3, rows, Blocking.build(index, told).propose(rows))
    lists = CandidateLists.of(N, pa.Table.from_batches([looked]))
    kept = {(min(r, o), max(r, o)) for r in range(N) for o in lists.other[lists.start[r] : lists.start[r + 1]].tolist()}
    assert set(zip(mined.left[look.kept].tolist(), mined.right[look.kept].tolist(), strict=True)) == kept
    assert np.allclose(look.best, lists.best)
    assert look.kept.sum() < len(mined.left)


def test_a_hidden_modality_is_as_missing_as_one_that_was_never_there(catalogue: LabelledCatalogue):
    for view in catalogue.views():
        distances, present = view.compared
        assert not present[:, ~view.kept].any()
        whole, there = pair_distances(catalogue.index, PAIRS.left, PAIRS.right)
        assert np.array_equal(present, there & view.kept)
        assert np.array_equal(distances, np.where(view.kept[MODALITY_OF], whole, 0))


def test_a_modality_that_hardly_any_listing_has_makes_no_world(catalogue: LabelledCatalogue):
    rare = replace(catalogue, index=replace(catalogue.index, has_image=np.arange(N) < 4))
    assert {view.pattern for view in rare.views()} == {0b010, 0b100, 0b110}
    assert rare.usual_pattern == 0b110


def test_a_look_knows_each_listings_best_of_the_candidates(catalogue: LabelledCatalogue):
    look = catalogue.natural.look(random_discriminator(), per_listing=2)
    for row in range(N):
        mine = ((PAIRS.left == row) | (PAIRS.right == row)) & look.kept
        assert look.best[row] == look.first[mine].max()
        assert mine.sum() >= 2


def test_which_pairs_a_fold_is_fitted_to_and_judged_by_is_that_of_a_loop(catalogue: LabelledCatalogue):
    view, fold = catalogue.natural, catalogue.fold
    sides = [(fold[a], fold[b]) for a, b in zip(PAIRS.left, PAIRS.right, strict=True)]
    for left_out in range(FOLDS):
        fitted = [left_out not in pair and max(pair) >= 0 for pair in sides]
        assert np.array_equal(view.outside((left_out,)), fitted)
        assert np.array_equal(view.inside(left_out), [pair.count(left_out) for pair in sides])
    assert np.array_equal(view.outside(), [max(pair) >= 0 for pair in sides])


def test_weights_are_those_of_a_loop(catalogue: LabelledCatalogue):
    """A match counts once. A non-match between judged listings also stands for those that left with the fold, and
    one with a listing that is not judged is seen from one side."""
    view, product, fold = catalogue.natural, catalogue.product, catalogue.fold
    for left_out in ((), (0,), (1,), (0, 2)):
        share = np.mean([f not in left_out for f in fold if f >= 0])
        naive = [
            1.0 if product[a] == product[b] else 1 / share if min(fold[a], fold[b]) >= 0 else 0.5
            for a, b in zip(PAIRS.left, PAIRS.right, strict=True)
        ]
        assert np.allclose(view.weight(left_out), naive)
