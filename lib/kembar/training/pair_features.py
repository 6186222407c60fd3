"""What the network sees of a catalogue: tower embeddings or pixels by row, and the distances that need no training."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.errors import TrainingError
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.distances import pair_distances
from kembar.storage.tables import read_arrow
from kembar.types import Present, Reals

CODED = 2
"""The first columns of DISTANCES, which the network computes from its heads; the others come ready from the index."""

Batch = dict[str, NDArray]  # type: ignore[type-arg]


@dataclass(frozen=True)
class TrainingFeatures:
    """Labelled catalogues by row.

    towers: the catalogue with its towers' own embeddings for codes; pixels: uint8 `[n, px, px, 3]`, zero where there is
    no photo, if the image tower is trained along.
    """

    towers: CatalogueIndex
    pixels: NDArray[np.uint8] | None = None

    @cached_property
    def _ready(self) -> CatalogueIndex:
        """The catalogue without its embeddings, whose distances nobody reads: a thousand numbers a side."""
        none = np.zeros((len(self.towers), 0), np.float16)
        return replace(self.towers, image=none, title=none)

    def ready(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> tuple[Reals, Present]:
        """The distances of pairs that need no code, `[pairs, ready]`, and which of MODALITIES they have."""
        distances, present = pair_distances(self._ready, left, right)
        return distances[:, CODED:], present


@dataclass(frozen=True)
class TripletRows:
    """Triplets as rows `[t, 3]` of (anchor, match, non-match), by split."""

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]

    def trained_on(self, part: str) -> "TripletRows":
        """With the named split to train on and the other to measure with; "whole" trains on both."""
        if part == "whole":
            return TripletRows(np.concatenate([self.train, self.held_out]), self.held_out)
        return self if part == "train" else TripletRows(self.held_out, self.train)


def read_triplets(folder: str) -> pa.Table:
    """The ids and split of a TRIPLETS folder, sorted so that the order does not depend on how Spark wrote it."""
    ids = [f"{side}_posting_id" for side in ("anchor", "match", "non_match")]
    return read_arrow(folder, [*ids, "split"]).sort_by([(name, "ascending") for name in ids])


def triplet_rows(triplets: pa.Table, posting_ids: list[str]) -> TripletRows:
    """The TRIPLETS table by position.

    Raises:
        TrainingError: a split has no triplet, or names a listing that the catalogue lacks.
    """
    known = pa.array(posting_ids)
    sides = [pc.index_in(triplets[f"{s}_posting_id"], known) for s in ("anchor", "match", "non_match")]
    if any(side.null_count for side in sides):
        raise TrainingError("the triplets name listings that are not in the catalogue; build them again")
    rows = np.stack([np.asarray(side, dtype=np.int64) for side in sides], axis=1)
    train = np.asarray(pc.equal(triplets["split"], "train"))
    for name, chosen in (("train", train), ("held_out", ~train)):
        if not chosen.any():
            raise TrainingError(
                f"no triplet in the {name} split: label more groups (10 or more), or change triplets.held_out_share"
            )
    return TripletRows(rows[train], rows[~train])


def triplet_batch(features: TrainingFeatures, rows: NDArray[np.int64]) -> Batch:
    """What the network takes for triplets `[b, 3]`.

    rows; ready `[b, 2, ready]`: the distances that need no code of (anchor, match) and of
    (anchor, non-match); present `[b, 2, 3]`: which of MODALITIES each pair has.
    """
    left, right = np.repeat(rows[:, 0], 2), rows[:, 1:].ravel()
    ready, present = features.ready(left, right)
    return {"rows": rows} | {"ready": ready.reshape(len(rows), 2, -1), "present": present.reshape(len(rows), 2, -1)}


def epoch_batches(
    features: TrainingFeatures, rows: NDArray[np.int64], batch_size: int, seed: int, epoch: int, start: int = 0
) -> Iterator[Batch]:
    """One epoch in an order that is a function of seed and epoch alone, from step `start` on.

    That is what lets a training that was killed go on to the very same result.
    """
    order = np.random.default_rng([seed, epoch]).permutation(len(rows))
    for first in range(start * batch_size, len(rows), batch_size):
        yield triplet_batch(features, rows[order[first : first + batch_size]])
