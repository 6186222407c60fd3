"""Scores of pairs that a file names."""

import numpy as np
import pyarrow as pa
import pytest

from kembar.scoring.listed import add_differences, are_scores, score_listed, scores_csv
from kembar.scoring.score import score_rows
from tests.builders import first_logits, index_of, random_discriminator, random_titles

IDS = [f"p{i:02}" for i in range(20)]


def table_of(*pairs: tuple[str, str]) -> pa.Table:
    return pa.table({f"posting_id_{side}": [pair[k] for pair in pairs] for k, side in enumerate("lr")})


@pytest.fixture(scope="module")
def scored() -> tuple[pa.Table, np.ndarray]:
    """The scores of all pairs of a catalogue, in an order of their own, and those of `score_rows`."""
    model, index = random_discriminator(), index_of(random_titles(20), missing=0.2)
    left, right = np.triu_indices(20, 1)
    index = index.with_best_logits(np.full(20, first_logits(index, model, left, right).max(), np.float32))
    order = np.random.default_rng(0).permutation(len(left))
    pairs = table_of(*((IDS[left[i]], IDS[right[i]]) for i in order))
    return score_listed(index, IDS, model, pairs), score_rows(index, model, left[order], right[order])


def test_each_pair_has_the_probability_that_match_gives_it(scored: tuple[pa.Table, np.ndarray]):
    table, expected = scored
    assert np.allclose(np.asarray(table["probability"]), expected, atol=1e-6)


def test_the_evidence_adds_up_to_the_log_odds(scored: tuple[pa.Table, np.ndarray]):
    table = scored[0]
    odds = np.asarray(table["prior"], np.float64) + sum(
        np.asarray(table[name]) for name in table.column_names if name.endswith("_evidence")
    )
    assert np.allclose(1 / (1 + np.exp(-odds)), np.asarray(table["probability"]), atol=1e-5)


def test_a_pair_without_a_listing_keeps_its_row_and_says_why():
    model, index = random_discriminator(), index_of(random_titles(20))
    index = index.with_best_logits(np.zeros(20, np.float32))
    table = score_listed(index, IDS, model, table_of(("p00", "gone"), ("p01", "p02"), ("lost", "p03")))
    assert table["probability"].is_null().to_pylist() == [True, False, True]
    gone, fine, lost = table["reason"].to_pylist()
    assert (gone, fine) == ("posting_id_r is not in the encoded catalogue", None)
    assert lost.startswith("posting_id_l")


def test_pairs_of_no_known_listing_have_no_scores():
    model, index = random_discriminator(), index_of(random_titles(20))
    table = score_listed(index.with_best_logits(np.zeros(20, np.float32)), IDS, model, table_of(("x", "y")))
    assert table["probability"].to_pylist() == [None]


def test_the_file_begins_with_the_pair_and_is_recognised(scored: tuple[pa.Table, np.ndarray]):
    attributes = pa.table({"posting_id": IDS, "attributes": [["code:hd1173"], ["code:gc160"], *[[]] * 18]})
    data = scores_csv(add_differences(scored[0], attributes))
    assert data.startswith(b'"posting_id_l","posting_id_r","probability"')
    assert b"HD1173 against GC160" in data
    assert are_scores(data)
    assert not are_scores(b"posting_id_l,posting_id_r,probability\n")
