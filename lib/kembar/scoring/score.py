"""Scoring: proposals to candidate lists to matches with their evidence, vectorised over whole batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.blocking.lists import CandidateLists
from kembar.blocking.proposals import Blocking, Proposals
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.curves import pattern_of
from kembar.model.discriminator import MIN_LOGIT, Discriminator, gap, sigmoid
from kembar.model.distances import distances_from, distances_within, pair_distances
from kembar.schemas import DISTANCES, EVIDENCE, MODALITY_OF
from kembar.types import Present, Reals, Rows

LISTS = pa.schema(
    [("row", pa.int64())]
    + [(name, pa.list_(pa.int32())) for name in ("others", "blocks")]
    + [(name, pa.list_(pa.float32())) for name in ("first_look", *(f"{name}_distance" for name in DISTANCES))]
)
"""Each listing's candidate pairs, with their distances and first-stage logits."""
THRESHOLD_MARGIN = 0.02
"""The most that a probability may change when word weights and the catalogue's mean change with its listings."""
PAIRS = "row_l bigint, row_r bigint, probability float, blocks int"
"""Scored pairs without their evidence; SCORED has the evidence too."""
_ROWS_AT_ONCE = 256
"""Listings whose proposals are compared at once, so few that their codes stay in the processor's cache."""


def score_rows(index: CatalogueIndex, discriminator: Discriminator, left: Rows, right: Rows) -> Reals:
    """Probabilities `[pairs]` that the rows `left[i]` and `right[i]` sell the same product."""
    best = index.best_logit
    return discriminator.probability(*pair_distances(index, left, right), best[left], best[right])


def score_within(index: CatalogueIndex, discriminator: Discriminator, rows: Rows) -> Reals:
    """`score_rows` of all pairs within `rows` `[m]`, `[m(m−1)/2]` in SciPy's order."""
    left, right = (index.best_logit[rows[side]] for side in np.triu_indices(len(rows), k=1))
    return discriminator.probability(*distances_within(index, rows), left, right)


def candidate_batches(
    blocking: Blocking, discriminator: Discriminator, per_listing: int, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Turn batches of rows into LISTS batches: of each row the `per_listing` highest proposals by first-stage logit."""
    for batch in batches:
        rows = np.asarray(batch["id"])
        for start in range(0, len(rows), 16 * _ROWS_AT_ONCE):
            chunk = rows[start : start + 16 * _ROWS_AT_ONCE]
            yield top_candidates(blocking.index, discriminator, per_listing, chunk, blocking.propose(chunk))


def top_candidates(
    index: CatalogueIndex, discriminator: Discriminator, per_listing: int, rows: Rows, proposals: Proposals
) -> pa.RecordBatch:
    """Compare the proposals of `rows`, and keep for each row the `per_listing` with the highest first-stage logit."""
    left = np.repeat(rows, np.diff(proposals.start))
    first = np.empty(len(left), np.float32)
    distances, present = np.empty((len(left), len(DISTANCES)), np.float32), np.empty((len(left), 3), bool)
    for i in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(proposals.start[i], proposals.start[min(i + _ROWS_AT_ONCE, len(rows))])
        start = proposals.start[i : i + _ROWS_AT_ONCE + 1] - proposals.start[i]
        compared = distances_from(index, rows[i : i + _ROWS_AT_ONCE], start, proposals.other[part])
        distances[part], present[part] = compared
        first[part] = discriminator.first_logit(distances[part], present[part])
    kept = likeliest(proposals.start, first, per_listing)
    sizes = np.bincount(np.repeat(np.arange(len(rows)), np.diff(proposals.start))[kept], minlength=len(rows))
    start = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
    lists = {"others": pa.array(proposals.other[kept].astype(np.int32)), "blocks": pa.array(proposals.blocks[kept])}
    lists["first_look"] = pa.array(first[kept])
    lists |= _nullable(distances[kept], present[kept])
    return pa.RecordBatch.from_pydict(
        {"row": pa.array(rows)} | {name: pa.ListArray.from_arrays(start, values) for name, values in lists.items()}
    )


def likeliest(start: Rows, first: Reals, per_listing: int) -> NDArray[np.bool_]:
    """Which pairs have one of the `per_listing` highest first-stage logits of their list `[m]`; of equals the first."""
    kept = np.ones(len(first), bool)
    for i in np.flatnonzero(np.diff(start) > per_listing):
        order = np.argsort(-first[start[i] : start[i + 1]], kind="stable")
        kept[start[i] + order[per_listing:]] = False
    return kept


@dataclass(frozen=True)
class _Seen:
    """The result of comparing pairs: distances `[pairs, 5]`, presence `[pairs, 3]` and first-stage logits `[pairs]`."""

    distances: Reals
    present: Present
    first: Reals

    def evidence(self, best: Reals, others: Reals) -> Reals:
        """The distances with the gap to each side's best candidate, `[pairs, 6]`."""
        return np.column_stack([self.distances, gap(self.first, best, others)])


@dataclass(frozen=True)
class BorderlineRescoring:
    """Scores pairs again whose probability is within `THRESHOLD_MARGIN` of a threshold in `borderlines`.

    A reused pair has the distances of an earlier run. They differ little from today's, which matters only near a
    threshold.
    """

    index: CatalogueIndex
    borderlines: tuple[float, ...]

    def close(self, probability: Reals) -> Rows:
        """Which of the pairs `[pairs]` are near a threshold."""
        return np.flatnonzero(np.any([np.abs(probability - p) < THRESHOLD_MARGIN for p in self.borderlines], axis=0))

    def look(self, model: Discriminator, rows: Rows, others: Rows) -> _Seen:
        """Compare the pairs `rows[i]`, `others[i]` again."""
        distances, present = pair_distances(self.index, rows, others)
        return _Seen(distances, present, model.first_logit(distances, present))


def score_batches(
    lists: CandidateLists,
    discriminator: Discriminator,
    batches: Iterator[pa.RecordBatch],
    again: BorderlineRescoring | None = None,
) -> Iterator[pa.RecordBatch]:
    """Turn LISTS batches into SCORED batches, every pair once, from its lower row's list if that has the pair.

    `again` rescores borderline pairs of an earlier run's lists.
    """
    for batch in batches:
        flat = _flatten(batch)
        row, other = np.asarray(flat["row"]), np.asarray(flat["others"]).astype(np.int64)
        theirs = lists.find(other, row)
        blocks = np.asarray(flat["blocks"]) | np.where(theirs >= 0, lists.blocks[np.maximum(theirs, 0)], 0)
        flat = flat.set_column(flat.schema.get_field_index("blocks"), "blocks", pa.array(blocks.astype(np.int32)))
        yield _score(flat.filter(pa.array((row < other) | (theirs < 0))), lists.best, discriminator, again)


def _flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """One row for each entry of the lists."""
    names = [name for name in batch.schema.names if name != "row"]
    sizes = np.asarray(batch["others"].value_lengths())
    columns = {"row": pa.array(np.repeat(np.asarray(batch["row"]), sizes))}
    return pa.RecordBatch.from_pydict(columns | {name: batch[name].flatten() for name in names})


def _score(
    flat: pa.RecordBatch, best: Reals, discriminator: Discriminator, again: BorderlineRescoring | None
) -> pa.RecordBatch:
    row, other, first = (np.asarray(flat[name]) for name in ("row", "others", "first_look"))
    seen = _Seen(*_read_distances(flat), first)
    evidence, present = seen.evidence(best[row], best[other]), seen.present
    probability = _probability(discriminator, evidence, present)
    if again is not None and len(close := again.close(probability)):
        now = again.look(discriminator, row[close], other[close].astype(np.int64))
        seen.distances[close] = now.distances
        evidence[close] = now.evidence(best[row[close]], best[other[close]])
        probability[close] = _probability(discriminator, evidence[close], present[close])
    columns = {"row_l": pa.array(np.minimum(row, other)), "row_r": pa.array(np.maximum(row, other))}
    columns |= {"blocks": flat["blocks"], "probability": pa.array(probability)}
    return pa.RecordBatch.from_pydict(columns | _explain(discriminator, evidence, present))


def explain_pairs(index: CatalogueIndex, discriminator: Discriminator, left: Rows, right: Rows) -> pa.RecordBatch:
    """`probability` of the pairs of rows `left` and `right` `[pairs]`, and what it rests on, as MATCHES has it."""
    distances, present = pair_distances(index, left, right)
    first = discriminator.first_logit(distances, present)
    evidence = _Seen(distances, present, first).evidence(index.best_logit[left], index.best_logit[right])
    probability = pa.array(_probability(discriminator, evidence, present))
    return pa.RecordBatch.from_pydict({"probability": probability} | _explain(discriminator, evidence, present))


def _explain(discriminator: Discriminator, evidence: Reals, present: Present) -> dict[str, pa.Array]:
    """The distances, the gap, and what each adds to the log-odds, which begin at the prior."""
    columns = _nullable(evidence[:, : len(DISTANCES)], present)
    prior = np.where(present.any(axis=1), discriminator.second.bias[pattern_of(present)], MIN_LOGIT)
    columns |= {"gap": pa.array(evidence[:, -1]), "prior": pa.array(prior)}
    shares = discriminator.second.evidence(evidence, present)
    return columns | {f"{name}_evidence": pa.array(shares[:, k]) for k, name in enumerate(EVIDENCE)}


def _probability(discriminator: Discriminator, evidence: Reals, present: Present) -> Reals:
    return sigmoid(discriminator.second_logit(evidence, present))


def _nullable(distances: Reals, present: Present) -> dict[str, pa.Array]:
    """The distances as columns, null if a side lacks the modality."""
    return {
        f"{name}_distance": pa.array(distances[:, k], mask=~present[:, MODALITY_OF[k]])
        for k, name in enumerate(DISTANCES)
    }


def _read_distances(batch: pa.RecordBatch) -> tuple[Reals, Present]:
    """The inverse of `_nullable`."""
    columns = [batch[f"{name}_distance"] for name in DISTANCES]
    known = np.column_stack([~np.asarray(column.is_null()) for column in columns])
    _, one_each = np.unique(MODALITY_OF, return_index=True)
    values = [np.asarray(column.fill_null(0.0), dtype=np.float32) for column in columns]
    return np.column_stack(values), known[:, one_each]
