"""A match carries what made it: distances, gap, and evidence that adds up to its probability."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest

from kembar.catalogue import CatalogueIndex
from kembar.discriminator import FARTHEST, Discriminator, best_looks, sigmoid
from kembar.distances import DISTANCES, EVIDENCE, MODALITIES, pair_distances
from kembar.scoring import first_looks, look_batches, score_batches, score_rows
from tests.builders import index_of, random_discriminator, random_titles

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


def score(index: CatalogueIndex, model: Discriminator) -> Scored:
    left, right = np.triu_indices(len(index), 1)
    blocks = pa.array(np.ones(len(left)), pa.int32())
    pairs = pa.RecordBatch.from_pydict({"row_l": left, "row_r": right, "blocks": blocks})
    best = best_looks(len(index), left, right, first_looks(index, model, left, right))
    halves = (pairs.slice(0, 700), pairs.slice(700))
    looked = look_batches(index, model, iter(halves))
    return Scored(pa.Table.from_batches(score_batches(best, model, looked)), index.with_looks(best), model)


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
    assert (scored.column("prior")[nothing] == FARTHEST).all()
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
    first = first_looks(scored.index, scored.model, left, right)
    look = {frozenset(pair): odds for *pair, odds in zip(left.tolist(), right.tolist(), first.tolist(), strict=True)}
    best = {row: max(odds for pair, odds in look.items() if row in pair) for row in range(N)}
    naive = [max((best[a] + best[b]) / 2 - look[frozenset((a, b))], 0) for a, b in zip(left, right, strict=True)]
    assert np.allclose(scored.column("gap"), naive, atol=1e-5)
    best_of_both = [look[frozenset((a, b))] == best[a] == best[b] for a, b in zip(left, right, strict=True)]
    assert (scored.column("gap")[best_of_both] == 0).all()
    assert any(best_of_both)


def test_no_pairs_give_no_rows():
    model = random_discriminator()
    empty = pa.RecordBatch.from_pydict(
        {"row_l": pa.array([], pa.int64()), "row_r": pa.array([], pa.int64()), "blocks": pa.array([], pa.int32())}
    )
    looked = look_batches(index_of(random_titles(3)), model, iter([empty]))
    (table,) = score_batches(np.zeros(3, np.float32), model, looked)
    assert table.num_rows == 0
