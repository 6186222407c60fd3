"""Scores equal those of naive set arithmetic, on submissions of any shape."""

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from kembar.errors import InputError
from kembar.evaluation import Truth, blocking_scores, evaluate, read_claims, read_truth
from kembar.evaluation.scores import bootstrap_mean, score_listings
from kembar.evaluation.table import print_metrics
from tests import oracles

Submission = dict[str, list[str]]


def truth_of(labels: dict[str, str | None]) -> Truth:
    return read_truth(
        pa.table({"posting_id": pa.array(list(labels)), "label_group": pa.array(list(labels.values()), pa.string())})
    )


def table_of(submission: Submission) -> pa.Table:
    return pa.table({"posting_id": list(submission), "matches": [" ".join(m) for m in submission.values()]})


def metrics_of(labels: dict[str, str | None], submission: Submission) -> dict:
    truth = truth_of(labels)
    return evaluate(truth, read_claims(table_of(submission), truth))


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, str], Submission]:
    n = draw(st.integers(1, 12))
    ids = [f"id{i}" for i in range(n)]
    labels = {name: f"g{draw(st.integers(0, 4))}" for name in ids}
    said = {name: draw(st.lists(st.sampled_from(ids), max_size=n, unique=True)) for name in draw(st.permutations(ids))}
    return labels, said


@settings(deadline=None, max_examples=150)
@given(cases())
def test_they_equal_naive_set_arithmetic(case: tuple[dict[str, str], Submission]):
    labels, submission = case
    metrics, naive = metrics_of(labels, submission), np.array(list(oracles.score_rows(labels, submission).values()))
    precision, recall, f1 = naive.mean(axis=0)
    assert list(metrics["row_wise"].values()) == pytest.approx([precision, recall, f1])
    both = precision + recall
    assert list(metrics["b_cubed"].values()) == pytest.approx(
        [precision, recall, 2 * precision * recall / both if both else 0]
    )
    pairs = oracles.pairwise(labels, submission)
    assert [metrics["pairwise"]["precision"], metrics["pairwise"]["recall"]] == pytest.approx(pairs)


def test_a_worked_example():
    """a, b, c are one product and d another. Said: {a, b}, {c, d}.

    a and b find 2 of 3: F1 = 2·2/(2+3) = 0.8. c finds itself: 2·1/(2+3) = 0.4. d: 2·1/(2+1) = 2/3.
    True pairs ab, ac, bc; said ab, cd: one right of two, one found of three.
    """
    metrics = metrics_of(dict(a="1", b="1", c="1", d="2"), dict(a=["a", "b"], b=["b", "a"], c=["c", "d"], d=["d", "c"]))
    assert metrics["row_wise"]["f1"] == pytest.approx((0.8 + 0.8 + 0.4 + 2 / 3) / 4)
    assert metrics["pairwise"] == pytest.approx(dict(precision=1 / 2, recall=1 / 3, f1=0.4))
    assert metrics["by_group_size"]["3"]["listings"] == 3
    assert (metrics["products"], metrics["true_pairs"]) == (2, 3)


def test_a_perfect_submission_scores_one_throughout():
    metrics = metrics_of(dict(a="1", b="1", c="2"), dict(a=["a", "b"], b=["b", "a"], c=["c"]))
    assert [metrics[kind]["f1"] for kind in ("row_wise", "pairwise", "b_cubed")] == [1, 1, 1]
    assert metrics["row_wise_f1_interval_95"] == (1, 1)


def test_a_listing_without_a_label_is_not_scored_but_counts_as_a_wrong_match():
    metrics = metrics_of(
        dict(a="1", b="1", x=None, y=None), dict(a=["a", "b", "x"], b=["b", "a"], x=["x", "y"], y=["y"])
    )
    assert (metrics["listings"], metrics["unlabelled_listings"]) == (2, 2)
    assert metrics["row_wise"]["precision"] == pytest.approx((2 / 3 + 1) / 2)
    assert metrics["pairwise"]["precision"] == pytest.approx(1 / 2), "a-b right, a-x wrong, x-y unknown"


def test_a_match_that_is_said_twice_counts_once():
    once, twice = (metrics_of(dict(a="1", b="1"), dict(a=a, b=["b", "a"])) for a in (["a", "b"], ["a", "b", "b", "a"]))
    assert once == twice


def test_the_interval_brackets_the_mean_and_narrows_with_more_products():
    rng, widths = np.random.default_rng(0), []
    for products in (20, 500):
        labels = {f"{g}-{i}": str(g) for g in range(products) for i in range(2)}
        said = {name: [name, f"{name[:-1]}{1 - int(name[-1])}"] if rng.random() < 0.7 else [name] for name in labels}
        truth = truth_of(labels)
        scores = score_listings(truth, read_claims(table_of(said), truth))
        low, high = bootstrap_mean(scores.f1, scores.product)
        assert low < scores.f1.mean() < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize(
    ("submission", "said"),
    [
        (dict(a=["a"]), "has no row for: b"),
        (dict(a=["a"], b=["b"], z=["z"]), "names listings that are not in the truth: z"),
        (dict(a=["a", "q"], b=["b"]), "has matches that are not in the truth: q"),
    ],
)
def test_a_submission_that_does_not_fit_is_refused_by_listing(submission: Submission, said: str):
    with pytest.raises(InputError, match=said):
        metrics_of(dict(a="1", b="1"), submission)


def test_two_rows_of_one_listing_and_a_truth_without_labels_are_refused():
    with pytest.raises(InputError, match="more than one row for: a"):
        read_claims(pa.table({"posting_id": ["a", "a"], "matches": ["a", "a"]}), truth_of(dict(a="1")))
    with pytest.raises(InputError, match="no label_group"):
        truth_of(dict(a=None, b=None))


def test_blocking_is_scored_against_all_pairs():
    """Four listings have 6 pairs, 2 of them true. 3 candidates with 1 true: completeness 1/2, reduction 1/2."""
    scores = blocking_scores(truth_of(dict(a="1", b="1", c="2", d="2")), candidates=3, true_candidates=1)
    assert scores["pairs_completeness"] == scores["reduction_ratio"] == 0.5
    assert scores["candidate_pairs_per_listing"] == 0.75


def test_the_table_shows_every_score():
    metrics = metrics_of(dict(a="1", b="1"), dict(a=["a", "b"], b=["b"]))
    metrics["blocking"] = blocking_scores(truth_of(dict(a="1", b="1")), 1, 1)
    console = Console(width=120, file=io.StringIO())
    print_metrics(metrics, console)
    text = console.file.getvalue()
    for part in ("row-wise", "pairwise", "B-cubed", "pairs completeness", "0.833"):
        assert part in text
    assert "from probability" not in text


def test_the_table_says_from_which_probability_on_pairs_were_kept():
    metrics = metrics_of(dict(a="1", b="1"), dict(a=["a", "b"], b=["b"]))
    metrics["blocking"] = blocking_scores(truth_of(dict(a="1", b="1")), 1, 1, least=0.25)
    print_metrics(metrics, console := Console(width=120, file=io.StringIO()))
    assert "blocking, of pairs from probability 0.25 on" in console.file.getvalue()
