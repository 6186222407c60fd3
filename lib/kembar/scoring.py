"""Scoring: candidate pairs to probabilities, vectorised over whole batches."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.discriminator import Discriminator
from kembar.distances import DISTANCES, MODALITY_OF, pair_distances

SCORED = (
    "row_l bigint, row_r bigint, blocks int, probability float, image_distance float, title_distance float, "
    "word_distance float, character_distance float, hash_distance float"
)


def score_rows(
    index: CatalogueIndex, discriminator: Discriminator, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Probabilities `[pairs]` that the rows `left[i]` and `right[i]` sell the same product."""
    return discriminator.probability(*pair_distances(index, left, right))


def score_batches(
    index: CatalogueIndex, discriminator: Discriminator, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """PAIRS batches to SCORED batches; a distance that could not be taken is null."""
    for batch in batches:
        left, right = (np.asarray(batch[side]) for side in ("row_l", "row_r"))
        distances, present = pair_distances(index, left, right)
        columns = {name: batch[name] for name in ("row_l", "row_r", "blocks")}
        columns["probability"] = pa.array(discriminator.probability(distances, present))
        for k, name in enumerate(DISTANCES):
            columns[f"{name}_distance"] = pa.array(distances[:, k], mask=~present[:, MODALITY_OF[k]])
        yield pa.RecordBatch.from_pydict(columns)
