"""Pairs are asked about whose answers teach most, and answers make decisions better on pairs that nobody answered."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kembar.errors import TrainingError
from kembar.listings.decisions import DECISIONS, read_decisions
from kembar.model.bundle import Bundle
from kembar.model.bundle_files import load_bundle
from kembar.model.curves import pattern_of
from kembar.model.discriminator import sigmoid
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.training.review import (
    DecidedPairs,
    Undecided,
    choose_pairs,
    choose_questions,
    decided_in,
    fit_answers,
    read_pairs,
)
from kembar.training.review.answers import EVIDENCE_COLUMNS
from kembar.training.review.ask import _PRIOR, _reach
from kembar.training.review.questions import write_questions
from kembar.training.views import CandidateRows, LabelledCatalogue
from tests.builders import near_copies, random_discriminator, steady_discriminator


def drawn_pairs(count: int, seed: int = 0, listings: int = 10_000) -> DecidedPairs:
    """Pairs of all modalities whose answer follows from the title alone: the same below 0.3, different above."""
    rng = np.random.default_rng(seed)
    evidence = rng.random((count, len(EVIDENCE))).astype(np.float32)
    evidence[:, -1] = 0
    names = rng.integers(0, listings, (2, count)).astype(str).astype(object)
    return DecidedPairs(evidence, np.ones((count, 3), bool), evidence[:, 1] < 0.3, *names)


def loss(bundle: Bundle, pairs: DecidedPairs) -> float:
    chance = sigmoid(bundle.titled.discriminator.second_logit(pairs.evidence, pairs.present))
    return float(-np.log(np.clip(np.where(pairs.same, chance, 1 - chance), 1e-6, 1)).mean())


def starting_bundle() -> Bundle:
    base = load_bundle(None)
    return replace(base, titled=replace(base.titled, discriminator=random_discriminator(3)))


def test_answers_teach_what_they_have_in_common():
    base, unseen = starting_bundle(), drawn_pairs(2000, seed=1)
    fitted, gain = fit_answers(base, drawn_pairs(300), None)
    assert loss(fitted, unseen) < 0.35 < loss(base, unseen)
    assert gain.after < gain.before
    assert "300 answers: log-loss on left-out answers" in str(gain)
    low, high = gain.interval
    assert 0 < low <= gain.before - gain.after <= high
    assert f"(better: {-high:+.3f} to {-low:+.3f})" in str(gain)


def test_answers_from_which_there_is_nothing_to_learn_make_no_bundle_better():
    """They are drawn with the base's own probabilities: of eight sets chance may call one better, and not two."""
    base = starting_bundle()
    said = []
    for seed in range(8):
        pairs = drawn_pairs(200, seed=seed)
        chance = sigmoid(base.titled.discriminator.second_logit(pairs.evidence, pairs.present))
        drawn = replace(pairs, same=np.random.default_rng(seed).random(200) < chance)
        if drawn.same.any() and not drawn.same.all():
            said.append(str(fit_answers(base, drawn, None)[1]))
    assert len(said) >= 4
    assert sum("(better" in line for line in said) <= 1, said


def test_the_codes_the_first_look_and_the_other_decider_stay():
    base = starting_bundle()
    fitted, _ = fit_answers(base, drawn_pairs(100), None)
    assert fitted.encoder_fingerprint == base.encoder_fingerprint
    assert np.array_equal(fitted.titled.discriminator.first.slopes, base.titled.discriminator.first.slopes)
    assert fitted.untitled is base.untitled
    assert fitted.titled.thresholds == base.titled.thresholds
    photos = replace(drawn_pairs(100), present=np.tile([True, False, True], (100, 1)))
    assert fit_answers(base, photos, None)[0].titled is base.titled


def test_answers_about_doubtful_pairs_are_heard_and_leave_the_others_as_they_were():
    """Of the pairs nearest to even odds nine in ten are said to be the same; of the others nobody was asked."""
    base, every = load_bundle(None), drawn_pairs(4000, seed=2)
    every.evidence[:, -1] = np.random.default_rng(1).random(4000) * 6
    chance = sigmoid(base.titled.discriminator.second_logit(every.evidence, every.present))
    doubtful = np.argsort(np.abs(chance - 0.5))[:100]
    answered = replace(every.take(doubtful), same=np.arange(100) > 9)
    others = np.setdiff1d(np.arange(4000), doubtful)

    def after(undecided: Undecided | None) -> np.ndarray:
        model = fit_answers(base, answered, undecided)[0].titled.discriminator
        return sigmoid(model.second_logit(every.evidence, every.present))

    held, alone = after(Undecided.of(every.evidence, every.present)), after(None)
    assert held[doubtful].mean() > chance[doubtful].mean() + 0.1
    assert np.abs(held - chance)[others].mean() < np.abs(alone - chance)[others].mean() / 2


def test_very_many_pairs_are_sampled_evenly():
    pairs = drawn_pairs(100)
    some = Undecided.of(np.tile(pairs.evidence, (500, 1)), np.tile(pairs.present, (500, 1)))
    assert 10_000 < len(some.evidence) <= 20_000


@pytest.mark.parametrize("pairs", [drawn_pairs(10), replace(drawn_pairs(50), same=np.ones(50, bool))])
def test_too_few_answers_or_all_alike_are_refused(pairs: DecidedPairs):
    with pytest.raises(TrainingError, match=r"jobs/review.py chooses pairs"):
        fit_answers(starting_bundle(), pairs, None)


def test_pairs_that_share_listings_are_left_out_together():
    pairs = drawn_pairs(200, listings=150)
    fold = pairs.folds()
    of = {}
    for name, number in zip([*pairs.left, *pairs.right], [*fold, *fold], strict=True):
        assert of.setdefault(name, number) == number


def naive_choice(scaled: np.ndarray, count: int) -> list[int]:
    """The same greedy choice by the determinant itself."""
    chosen: list[int] = []
    information = np.eye(scaled.shape[1]) * _PRIOR
    for _ in range(count):
        grown = [
            -np.inf if i in chosen else np.linalg.slogdet(information + np.outer(row, row))[1]
            for i, row in enumerate(scaled)
        ]
        chosen.append(int(np.argmax(grown)))
        information += np.outer(scaled[chosen[-1]], scaled[chosen[-1]])
    return chosen


def test_the_choice_is_the_one_that_makes_the_determinant_largest():
    pairs, model = drawn_pairs(60, seed=4), random_discriminator(2)
    chance = sigmoid(model.second_logit(pairs.evidence, pairs.present)).astype(np.float64)
    order = np.argsort(-chance * (1 - chance), kind="stable")
    scaled = _reach(pairs.evidence[order]) * np.sqrt(chance * (1 - chance))[order, None]
    alone = np.arange(120).reshape(2, 60)
    assert (
        choose_pairs(model, pairs.evidence, pairs.present, alone, 12).tolist()
        == order[naive_choice(scaled, 12)].tolist()
    )


def test_no_listing_is_asked_about_more_than_three_times_and_no_pair_twice():
    pairs = drawn_pairs(300, seed=5)
    sides = np.stack([np.zeros(300, np.int64), np.arange(1, 301)])
    chosen = choose_pairs(random_discriminator(2), pairs.evidence, pairs.present, sides, 50)
    assert len(chosen) == 3
    every = choose_pairs(random_discriminator(2), pairs.evidence, pairs.present, np.arange(600).reshape(2, 300), 400)
    assert sorted(every) == list(range(300))
    assert len(choose_pairs(random_discriminator(2), pairs.evidence[:0], pairs.present[:0], sides[:, :0], 5)) == 0


def matches_of(pairs: DecidedPairs, hidden: int | None = None) -> pa.Table:
    """MATCHES with the given evidence; column `hidden` of DISTANCES is missing in every other pair."""
    columns = {name: pa.array(pairs.evidence[:, k]) for k, name in enumerate(EVIDENCE_COLUMNS)}
    if hidden is not None:
        name = EVIDENCE_COLUMNS[hidden]
        columns[name] = pa.array(pairs.evidence[:, hidden], mask=np.arange(len(pairs)) % 2 == 0)
    ids = {
        "posting_id_l": pa.array([f"a{n}" for n in range(len(pairs))]),
        "posting_id_r": pa.array([f"b{n}" for n in range(len(pairs))]),
    }
    return pa.table(
        ids | columns | {"probability": pa.array(np.full(len(pairs), 0.5, np.float32)), "blocks": [["x"]] * len(pairs)}
    )


def test_questions_are_a_file_that_answered_is_a_file_of_decisions(tmp_path: Path):
    pairs = drawn_pairs(100)
    decided = pa.Table.from_pylist([{"posting_id_l": "a0", "posting_id_r": "b0", "decision": "same"}], DECISIONS)
    questions = choose_questions(load_bundle(None), matches_of(pairs), 100, decided)
    assert len(questions) == 99
    write_questions(questions, str(tmp_path / "questions.csv"))
    table = pd.read_csv(tmp_path / "questions.csv", dtype=str)
    assert table["decision"].isna().all()
    answers = ["same" if pairs.same[int(name[1:])] else "different" for name in table["posting_id_l"]]
    table.assign(decision=answers).to_csv(tmp_path / "decisions.csv", index=False)
    back = read_pairs(read_decisions(str(tmp_path / "decisions.csv")), matches_of(pairs))
    assert len(back) == 99
    place = [int(name[1:]) for name in back.left]
    assert np.array_equal(back.same, pairs.same[place])
    assert np.allclose(back.evidence, pairs.evidence[place])


def test_a_modality_that_a_side_lacks_is_not_there_in_what_is_read():
    decisions = [{"posting_id_l": f"a{n}", "posting_id_r": f"b{n}", "decision": "same"} for n in range(4)]
    hash_distance = DISTANCES.index("hash")
    back = read_pairs(pa.Table.from_pylist(decisions, DECISIONS), matches_of(drawn_pairs(4), hidden=hash_distance))
    assert pattern_of(back.present).tolist() == [3, 7, 3, 7]


def test_decisions_about_a_catalogue_have_the_gaps_that_a_match_would_give_them():
    index, model = near_copies(20), steady_discriminator()
    left, right = np.triu_indices(len(index), 1)
    ids = [f"{n:03}" for n in range(len(index))]
    catalogue = LabelledCatalogue("x", index, CandidateRows(left, right), np.arange(60) // 3, np.zeros(60, np.int64))
    rows = [("000", "001", "same"), ("000", "004", "different"), ("007", "000", "different")]
    table = pa.Table.from_pylist([dict(zip(DECISIONS.names, row, strict=False)) for row in rows], DECISIONS)
    pairs = decided_in(catalogue, ids, table, model, 59)
    first = np.full((60, 60), -np.inf, np.float32)
    first[left, right] = first[right, left] = model.first_logit(*catalogue.natural.compared)
    best = first.max(axis=1)
    for one, other, evidence in zip(pairs.left, pairs.right, pairs.evidence, strict=True):
        i, j = int(one), int(other)
        assert evidence[-1] == pytest.approx(max((best[i] + best[j]) / 2 - first[i, j], 0), abs=1e-4)
    assert pairs.same.tolist() == [True, False, False]
    assert list(zip(pairs.left, pairs.right, strict=True)) == [("000", "001"), ("000", "004"), ("000", "007")]
