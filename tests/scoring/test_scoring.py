"""A match carries what made it: distances, gap, and evidence that adds up to its probability."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kembar.blocking import CandidateLists, Proposals
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import MIN_LOGIT, Discriminator, sigmoid
from kembar.model.distances import pair_distances
from kembar.schemas import DISTANCES, EVIDENCE, MODALITIES
from kembar.scoring.score import THRESHOLD_MARGIN, BorderlineRescoring, score_batches, score_rows, top_candidates
from tests.builders import first_logits, index_of, random_discriminator, random_titles

N = 60


@dataclass(frozen=True)
class Scored:
    """SCORED of all pairs of a catalogue, and what it was made of."""

    table: pa.Table
    index: CatalogueIndex
    model: Discriminator

    def column(self, name: str) -> np.ndarray:
        return np.asarray(self.table[name].combine_chunks().fill_null(0.0), dtype=np.float64)

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        return self.column("row_l").astype(int), self.column("row_r").astype(int)

    @property
    def log_odds(self) -> np.ndarray:
        return self.column("prior") + sum(self.column(f"{name}_evidence") for name in EVIDENCE)


def everybody(rows: np.ndarray) -> Proposals:
    """To each of `rows` all others."""
    other = np.concatenate([np.delete(rows, row) for row in rows]) if len(rows) else rows
    start = np.arange(len(rows) + 1) * max(len(rows) - 1, 0)
    return Proposals(start, other, np.ones(len(other), np.float32), np.where(other % 2, 1, 2).astype(np.int32))


def lists_of(index: CatalogueIndex, model: Discriminator, per_listing: int) -> pa.RecordBatch:
    rows = np.arange(len(index))
    return top_candidates(index, model, per_listing, rows, everybody(rows))


def score(index: CatalogueIndex, model: Discriminator, per_listing: int = N) -> Scored:
    looked = lists_of(index, model, per_listing)
    lists = CandidateLists.of(len(index), pa.Table.from_batches([looked]).take(np.arange(len(index))[::-1]))
    halves = (looked.slice(0, 20), looked.slice(20))
    return Scored(
        pa.Table.from_batches(score_batches(lists, model, iter(halves))), index.with_best_logits(lists.best), model
    )


@pytest.fixture(scope="module")
def scored() -> Scored:
    """Sixty listings, each modality missing from three in ten, so that some pairs have nothing to compare."""
    return score(index_of(random_titles(N), missing=0.3), random_discriminator(2))


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_prior_and_evidence_add_up_to_the_log_odds(seed: int, missing: float):
    model = random_discriminator(seed)
    flat = replace(model, second=replace(model.second, slopes=0.1 * model.second.slopes))
    made = score(index_of(random_titles(N, seed), seed, missing=missing), flat)
    p = made.column("probability")
    assert np.allclose(sigmoid(made.log_odds), p, atol=1e-6)
    sure = (p > 0.002) & (p < 0.998)  # beyond, a float32 probability does not hold four digits of the odds
    assert sure.sum() > 300
    assert np.allclose(np.log(p[sure] / (1 - p[sure])), made.log_odds[sure], atol=1e-4)


def test_a_pair_that_nothing_can_be_compared_of_says_so_in_its_prior(scored: Scored):
    nothing = np.all([~np.asarray(scored.table[f"{m}_distance"].is_valid()) for m in MODALITIES], axis=0)
    assert nothing.any()
    assert (scored.column("prior")[nothing] == MIN_LOGIT).all()
    assert (scored.column("probability")[nothing] < 1e-6).all()


def test_no_evidence_speaks_for_a_match(scored: Scored):
    assert all((scored.column(f"{name}_evidence") <= 0).all() for name in EVIDENCE)


def test_a_distance_that_could_not_be_taken_is_null_and_has_no_evidence(scored: Scored):
    left, right = scored.rows
    for modality, has in (("image", scored.index.has_image), ("title", scored.index.has_title)):
        missing = ~(has[left] & has[right])
        assert missing.any()
        assert np.array_equal(np.asarray(scored.table[f"{modality}_distance"].is_null()), missing)
        assert (scored.column(f"{modality}_evidence")[missing] == 0).all()


def test_the_table_says_what_the_arrays_say(scored: Scored):
    left, right = scored.rows
    assert np.allclose(scored.column("probability"), score_rows(scored.index, scored.model, left, right), atol=1e-6)
    distances, _ = pair_distances(scored.index, left, right)
    for k, name in enumerate(DISTANCES):
        assert np.allclose(scored.column(f"{name}_distance"), distances[:, k])


def test_the_gap_is_that_of_a_double_loop_over_candidates(scored: Scored):
    left, right = scored.rows
    first = first_logits(scored.index, scored.model, left, right)
    look = {frozenset(pair): odds for *pair, odds in zip(left.tolist(), right.tolist(), first.tolist(), strict=True)}
    best = {row: max(odds for pair, odds in look.items() if row in pair) for row in range(N)}
    naive = [max((best[a] + best[b]) / 2 - look[frozenset((a, b))], 0) for a, b in zip(left, right, strict=True)]
    assert np.allclose(scored.column("gap"), naive, atol=1e-5)
    best_of_both = [look[frozenset((a, b))] == best[a] == best[b] for a, b in zip(left, right, strict=True)]
    assert (scored.column("gap")[best_of_both] == 0).all()
    assert any(best_of_both)


def test_a_pair_is_scored_once_whichever_side_keeps_it(scored: Scored):
    """With two candidates a listing some pairs stand in both lists, some in one; the double loop knows which."""
    few = score(scored.index, scored.model, per_listing=2)
    left, right = np.triu_indices(N, 1)
    looks = first_logits(scored.index, scored.model, left, right)
    look = {frozenset(p): odds for *p, odds in zip(left.tolist(), right.tolist(), looks.tolist(), strict=True)}
    chosen = {
        row: sorted((other for other in range(N) if other != row), key=lambda o: (-look[frozenset((row, o))], o))[:2]
        for row in range(N)
    }
    pairs = list(zip(*(side.tolist() for side in few.rows), strict=True))
    assert sorted(pairs) == sorted({(min(r, o), max(r, o)) for r, others in chosen.items() for o in others})
    assert len(pairs) == len(set(pairs))
    assert any(left in chosen[right] and right in chosen[left] for left, right in pairs)
    assert any(left not in chosen[right] for left, right in pairs)
    assert any(right not in chosen[left] for left, right in pairs)
    for (left_row, right_row), blocks in zip(pairs, few.column("blocks").astype(int), strict=True):
        speakers = [o for r, o in ((left_row, right_row), (right_row, left_row)) if o in chosen[r]]
        assert blocks == np.bitwise_or.reduce([1 if o % 2 else 2 for o in speakers]), "both sides' blocks are told"
    best = [
        max(look[frozenset((row, o))] for o in range(N) if o in chosen[row] or row in chosen[o]) for row in range(N)
    ]
    assert np.allclose(few.index.best_logit, best)


def test_candidate_lists_come_back_from_disk(scored: Scored, tmp_path: Path):
    looked = lists_of(scored.index, scored.model, 3)
    lists = CandidateLists.of(N + 2, pa.Table.from_batches([looked]))
    lists.save(tmp_path / "lists")
    loaded = CandidateLists.load(tmp_path / "lists")
    assert all(
        np.array_equal(getattr(loaded, name), getattr(lists, name)) for name in ("start", "other", "blocks", "best")
    )
    assert loaded.best[N:].tolist() == [MIN_LOGIT, MIN_LOGIT]
    row, other = (x.ravel() for x in np.indices((N + 2, N + 2)))
    inside = {(r, int(o)) for r in range(N) for o in loaded.other[loaded.start[r] : loaded.start[r + 1]]}
    found = loaded.find(row, other)
    assert {(int(r), int(o)) for r, o in zip(row[found >= 0], other[found >= 0], strict=True)} == inside
    assert (loaded.other[found[found >= 0]] == other[found >= 0]).all()


@pytest.mark.parametrize("listings", [0, 1])
def test_no_pairs_give_no_rows(listings: int):
    made = score(index_of([["word"]] * listings), random_discriminator())
    assert made.table.num_rows == 0


def test_pairs_of_an_earlier_run_are_compared_again_where_they_are_close_to_a_threshold(scored: Scored):
    """Yesterday's catalogue had other word weights: its distances stand but where a hair decides."""
    index, model = scored.index, scored.model
    yesterday = replace(index, words=index.words * 0.97)
    looked = lists_of(yesterday, model, N)
    lists = CandidateLists.of(N, pa.Table.from_batches([looked]))
    threshold = float(np.median(scored.column("probability")))
    kept, again = (
        Scored(pa.Table.from_batches(score_batches(lists, model, iter([looked]), recheck)), index, model)
        for recheck in (None, BorderlineRescoring(index, (threshold,)))
    )
    left, right = again.rows
    close = np.abs(kept.column("probability") - threshold) < THRESHOLD_MARGIN
    today, before = (pair_distances(of, left, right)[0][:, DISTANCES.index("word")] for of in (index, yesterday))
    assert close.any()
    assert (~close).any()
    assert np.allclose(again.column("word_distance"), np.where(close, today, before))
    assert not np.allclose(today[close], before[close])
    assert np.allclose(sigmoid(again.log_odds), again.column("probability"), atol=1e-6)
