"""Scores of labelled pairs, against scikit-learn and by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from kembar.errors import InputError
from kembar.evaluation.pair_scores import are_pair_metrics, evaluate_pairs, label_scores
from kembar.listings.decisions import read_decisions


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_scikit_learns(seed: int):
    rng = np.random.default_rng(seed)
    same = rng.random(400) < 0.2
    chance = np.clip(np.round(rng.normal(0.3 + 0.4 * same, 0.2), 2), 0, 1)
    found = evaluate_pairs(chance, same)
    for name, theirs in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        assert found[name] == pytest.approx(theirs(same, chance >= 0.5))
    assert found["average_precision"] == pytest.approx(average_precision_score(same, chance))
    best = max((f1_score(same, chance >= t), t) for t in np.unique(chance))
    assert found["best_f1"] == pytest.approx(best[0])
    assert f1_score(same, chance >= found["best_threshold"]) == pytest.approx(best[0])
    assert found["f1_interval_95"][0] < found["f1"] < found["f1_interval_95"][1]


def test_the_calibration_error_is_the_mean_gap_between_said_and_seen():
    chance, same = np.array([0.1, 0.1, 0.9, 0.9]), np.array([False, True, True, True])
    assert evaluate_pairs(chance, same)["calibration_error"] == pytest.approx((abs(0.2 - 1) + abs(1.8 - 2)) / 4)


def test_a_pair_without_a_score_counts_as_different(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("l,r,label\na,b,1\nc,d,1\ne,f,0\n")
    (tmp_path / "scores.csv").write_text("posting_id_l,posting_id_r,probability\nb,a,0.9\nc,d,\n")
    found = evaluate_pairs(*label_scores(read_decisions(str(tmp_path / "labels.csv")), str(tmp_path / "scores.csv")))
    assert (found["pairs"], found["same"], found["without_score"]) == (3, 2, 2)
    assert (found["precision"], found["recall"]) == (1.0, 0.5)
    assert are_pair_metrics(json.dumps(found).encode())
    assert not are_pair_metrics(b"{}")


@pytest.mark.parametrize("said", ["likely", "1.2", "-0.1", "inf"])
def test_a_probability_that_is_none_is_refused_by_its_row(tmp_path: Path, said: str):
    (tmp_path / "labels.csv").write_text("l,r,label\na,b,1\n")
    (tmp_path / "scores.csv").write_text(f"l,r,probability\na,b,0.9\nc,d,{said}\n")
    with pytest.raises(InputError, match=f"scores.csv: row 3: expected a probability from 0 to 1, received .*{said}"):
        label_scores(read_decisions(str(tmp_path / "labels.csv")), str(tmp_path / "scores.csv"))


def test_no_pairs_have_scores_of_zero():
    found = evaluate_pairs(np.zeros(0), np.zeros(0, bool))
    assert (found["pairs"], found["f1"], found["best_f1"]) == (0, 0.0, 0.0)
