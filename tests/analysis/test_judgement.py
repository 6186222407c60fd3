"""A run beside the truth: what notebooks say of thresholds, blocks and labels agrees with the jobs and naive counts."""

import io
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyspark.sql import SparkSession
from sklearn.metrics import precision_recall_curve

from kembar.analysis import (
    BlockStudy,
    Judgement,
    Learnt,
    Result,
    judge_matches,
    learn_from_labels,
    read_matches,
    study_blocks,
)
from kembar.blocking import SOURCES
from kembar.model.bundle_files import load_bundle
from tests.submit import FAULTS

Pairs = set[tuple[str, str]]


@pytest.fixture(scope="module")
def result(spark: SparkSession, matched: Path) -> Result:
    return read_matches(spark, str(matched))


@pytest.fixture(scope="module")
def labelled(folder: Path) -> str:
    return str(folder / "catalogue" / "train.csv")


@pytest.fixture(scope="module")
def judgement(result: Result, encoded: Path, bundle: Path, labelled: str) -> Judgement:
    return judge_matches(result, str(encoded), labelled, str(bundle))


@pytest.fixture(scope="module")
def study(result: Result, encoded: Path, bundle: Path, labelled: str) -> BlockStudy:
    return study_blocks(result, str(encoded), labelled, str(bundle))


@pytest.fixture(scope="module")
def learnt(spark: SparkSession, encoded: Path, bundle: Path, labelled: str) -> Learnt:
    return learn_from_labels(spark, str(encoded), labelled, str(bundle))


@pytest.fixture(scope="module")
def truth(folder: Path) -> pd.Series:
    """Product of each labelled listing."""
    table = pd.read_csv(folder / "catalogue" / "train.csv", dtype=str, keep_default_na=False)
    return table[table["label_group"] != ""].drop_duplicates("posting_id").set_index("posting_id")["label_group"]


@pytest.fixture(scope="module")
def true_pairs(truth: pd.Series) -> Pairs:
    groups = truth.groupby(truth).groups.values()
    return {tuple(sorted(pair)) for names in groups for pair in combinations(names, 2)}


def as_pairs(table: pd.DataFrame) -> Pairs:
    return set(zip(table["posting_id_l"], table["posting_id_r"], strict=True))


def test_probabilities_are_those_of_the_run(judgement: Judgement, result: Result, study: BlockStudy):
    said = {(r.posting_id_l, r.posting_id_r): r.probability for r in result.pairs().collect()}
    names, pairs = study.codes.posting_ids, judgement.choice.pairs
    mine = [said[names[a], names[b]] for a, b in zip(pairs.left, pairs.right, strict=True)]
    assert len(said) == len(mine)
    assert np.allclose(mine, judgement.choice.probability, atol=1e-4)


def test_f1_at_the_runs_threshold_is_that_of_its_submission(judgement: Judgement, matched: Path, truth: pd.Series):
    """A naive score of submission.csv, listing by listing."""
    rows = pd.read_csv(matched / "submission.csv", dtype=str).set_index("posting_id")["matches"]
    products = truth.groupby(truth).groups
    scores = []
    for name, product in truth.items():
        mine, right = set(rows[name].split()), set(products[product])
        scores.append(2 * len(mine & right) / (len(mine) + len(right)))
    assert judgement.scores_at(judgement.threshold).f1.mean() == pytest.approx(np.mean(scores), abs=0.01)


def test_f1_by_threshold_has_its_best_where_it_says(judgement: Judgement):
    table = judgement.f1_by_threshold().set_index("threshold")["f1"]
    assert table[judgement.best_threshold()] == table.max()
    whole = judgement.f1_by_size()
    assert set(whole.index) == set(table.index)
    assert ((whole >= 0) & (whole <= 1)).all().all()


def test_precision_and_recall_are_scikit_learns(judgement: Judgement, true_pairs: Pairs):
    same, chance = judgement.same[judgement.judged], judgement.choice.probability[judgement.judged]
    precision, recall, thresholds = precision_recall_curve(same, chance)
    table = judgement.precision_recall().sort_values("probability").reset_index(drop=True)
    assert np.allclose(table["probability"], thresholds)
    assert np.allclose(table["precision"], precision[:-1])
    assert np.allclose(table["recall"], recall[:-1] * same.sum() / len(true_pairs)), "of all true pairs"


def test_calibration_counts_every_judged_pair_once(judgement: Judgement):
    table = judgement.calibration()
    assert table["pairs"].sum() == judgement.judged.sum()
    assert (table["seen"] * table["pairs"]).sum() == pytest.approx(judgement.same.sum())
    assert table["said"].between(0, 1).all()
    assert (table["said"].diff().dropna() > 0).all()


def test_listings_without_a_label_are_not_judged(judgement: Judgement):
    assert (judgement.truth.product < 0).sum() == len(FAULTS) - 2, "two of the faulty ones are in the quarantine"


def test_candidate_pairs_of_the_study_are_those_of_the_run(study: BlockStudy, result: Result):
    kept = study.proposed.kept(len(study.codes.index), study.per_listing)
    names, pairs = study.codes.posting_ids, study.proposed.pairs
    mine = {(names[a], names[b]) for a, b in zip(pairs.left[kept], pairs.right[kept], strict=True)}
    theirs = as_pairs(result.matches.select("posting_id_l", "posting_id_r").toPandas())
    assert len(mine ^ theirs) <= 0.005 * len(theirs), "but for ties in the first look"


def test_sources_find_what_a_loop_over_all_pairs_counts(study: BlockStudy, true_pairs: Pairs):
    names, pairs = study.codes.posting_ids, study.proposed.pairs
    found, alone, hits = dict.fromkeys(SOURCES, 0), dict.fromkeys(SOURCES, 0), 0
    for left, right, bits in zip(pairs.left, pairs.right, study.proposed.blocks, strict=True):
        if (names[left], names[right]) in true_pairs:
            hits += 1
            mine = [name for bit, name in enumerate(SOURCES) if bits >> bit & 1]
            for name in mine:
                found[name] += 1
            if len(mine) == 1:
                alone[mine[0]] += 1
    table = study.sources()
    for name in SOURCES:
        assert table.loc[name, "true pairs found"] == pytest.approx(found[name] / len(true_pairs))
        assert table.loc[name, "found by it alone"] == pytest.approx(alone[name] / len(true_pairs))
    assert table.loc["all together", "true pairs found"] == pytest.approx(hits / len(true_pairs))
    missed = as_pairs(study.missed(10**6))
    assert missed <= true_pairs
    assert len(missed) == len(true_pairs) - hits


def test_recall_rises_with_what_it_costs(study: BlockStudy):
    table = study.recall_by_cost()
    assert (table["recall"].diff().dropna() >= 0).all()
    assert (table["pairs_per_listing"].diff().dropna() >= 0).all()
    assert table["recall"].iloc[-1] == pytest.approx(study.sources().loc["all together", "true pairs found"])


def test_dropped_pairs_are_true_and_not_in_the_run(study: BlockStudy, true_pairs: Pairs, result: Result):
    dropped = as_pairs(study.dropped(10**6))
    assert dropped <= true_pairs
    assert dropped & as_pairs(result.matches.select("posting_id_l", "posting_id_r").toPandas()) == set()


def test_labels_give_a_bundle_whose_codes_are_the_bases(learnt: Learnt, bundle: Path, tmp_path: Path):
    learnt.save(str(tmp_path / "mine"))
    saved, base = load_bundle(str(tmp_path / "mine")), load_bundle(str(bundle))
    assert saved.encoder_fingerprint == base.encoder_fingerprint
    assert not np.array_equal(saved.titled.discriminator.second.slopes, base.titled.discriminator.second.slopes)
    assert f"{learnt.figures[0].f1:.3f} on left-out products" in learnt.gains()
    assert "with the base bundle" in learnt.gains()
    assert (tmp_path / "mine" / "README.md").read_text() == learnt.card


def test_curves_never_reward_distance(learnt: Learnt):
    for _, curve in learnt.curves().groupby("distance"):
        assert (curve[["base", "fitted"]].diff().dropna() <= 1e-6).all().all()
        assert (curve[["base", "fitted"]].iloc[0] == 0).all()
    assert set(learnt.thresholds().columns) == {"match", "lone"}


def test_every_chart_is_a_picture(judgement: Judgement, study: BlockStudy, learnt: Learnt):
    charts = [
        *(getattr(judgement, f"chart_{name}")() for name in ("f1", "sizes", "precision_recall", "calibration")),
        *(getattr(study, f"chart_{name}")() for name in ("sources", "costs")),
        learnt.chart_curves("gap"),
    ]
    for chart in charts:
        assert Image.open(io.BytesIO(chart.png())).width > 400
