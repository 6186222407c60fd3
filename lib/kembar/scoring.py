"""Scoring: candidate pairs to probabilities with their evidence, vectorised over whole batches."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.curves import Present, Reals, pattern_of
from kembar.discriminator import FARTHEST, Discriminator, gap, sigmoid
from kembar.distances import DISTANCES, EVIDENCE, MODALITY_OF, pair_distances

Rows = NDArray[np.int64]

_PAIR = "row_l bigint, row_r bigint, blocks int"
_DISTANCES = ", ".join(f"{name}_distance float" for name in DISTANCES)
LOOKED = f"{_PAIR}, first_look float, {_DISTANCES}"
SCORED = f"{_PAIR}, probability float, {_DISTANCES}, gap float, prior float, " + ", ".join(
    f"{name}_evidence float" for name in EVIDENCE
)


def first_looks(index: CatalogueIndex, discriminator: Discriminator, left: Rows, right: Rows) -> Reals:
    """Log-odds `[pairs]` of the rows `left[i]` and `right[i]` by the pair alone."""
    return discriminator.first_look(*pair_distances(index, left, right))


def score_rows(index: CatalogueIndex, discriminator: Discriminator, left: Rows, right: Rows) -> Reals:
    """Probabilities `[pairs]` that the rows `left[i]` and `right[i]` sell the same product."""
    best = index.best_look
    return discriminator.probability(*pair_distances(index, left, right), best[left], best[right])


def look_batches(
    index: CatalogueIndex, discriminator: Discriminator, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """PAIRS batches to LOOKED batches; a distance that could not be taken is null."""
    for batch in batches:
        left, right = (np.asarray(batch[side]) for side in ("row_l", "row_r"))
        distances, present = pair_distances(index, left, right)
        columns = {name: batch[name] for name in ("row_l", "row_r", "blocks")}
        columns["first_look"] = pa.array(discriminator.first_look(distances, present))
        yield pa.RecordBatch.from_pydict(columns | _nullable(distances, present))


def score_batches(
    best: Reals, discriminator: Discriminator, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """LOOKED batches to SCORED batches; `best` is the highest first look of each row of the catalogue."""
    for batch in batches:
        left, right, first = (np.asarray(batch[name]) for name in ("row_l", "row_r", "first_look"))
        distances, present = _read_distances(batch)
        evidence = np.column_stack([distances, gap(first, best[left], best[right])])
        columns = {name: batch[name] for name in ("row_l", "row_r", "blocks")}
        columns["probability"] = pa.array(sigmoid(discriminator.second_look(evidence, present)))
        columns |= {name: batch[name] for name in batch.schema.names if name.endswith("_distance")}
        prior = np.where(present.any(axis=1), discriminator.second.bias[pattern_of(present)], FARTHEST)
        columns |= {"gap": pa.array(evidence[:, -1]), "prior": pa.array(prior)}
        shares = discriminator.second.evidence(evidence, present)
        columns |= {f"{name}_evidence": pa.array(shares[:, k]) for k, name in enumerate(EVIDENCE)}
        yield pa.RecordBatch.from_pydict(columns)


def _nullable(distances: Reals, present: Present) -> dict[str, pa.Array]:
    """The distances as columns, null where a side lacks the modality."""
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
