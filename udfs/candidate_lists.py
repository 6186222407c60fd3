"""Candidate lists on executors. Tasks read and write their own parts, since the JVM would copy them three times."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import SparkFiles, TaskContext

from kembar.blocking import CandidateLists
from kembar.incremental.reusable_pairs import reuse_lists
from kembar.index.mapped_arrays import map_array
from kembar.model.discriminator import MIN_LOGIT, Discriminator
from kembar.scoring.matches import write_matches
from kembar.scoring.score import LISTS, BorderlineRescoring, candidate_batches, score_batches
from kembar.storage.parts import PartFolder
from kembar.storage.tables import read_batches
from udfs.executor_files import Shipped, open_blocking, open_index, open_names


def task_number() -> int:
    task = TaskContext.get()
    assert task is not None, "runs on executors only"
    return int(task.partitionId())


@dataclass(frozen=True)
class ShippedLists:
    """Candidate lists that every executor has under `name`; best: `[n]`, the highest first-stage logit of a listing."""

    name: str
    best: NDArray[np.float32]


@lru_cache(maxsize=1)
def open_lists(name: str) -> CandidateLists:
    return CandidateLists.load(Path(SparkFiles.get(name)))


def list_candidates_of(
    shipped: Shipped, model: Discriminator, folder: PartFolder, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    with folder.open(task_number()) as part:
        for lists in candidate_batches(open_blocking(shipped), model, shipped.settings.candidates_per_listing, batches):
            part.write(lists)
    yield pa.RecordBatch.from_pydict({"lists": pa.array([part.rows])})


@dataclass(frozen=True)
class PairScorer:
    """Scores parts of LISTS in a task: the parts of this run, then bundles of the last run's parts.

    `catalogue`, `lists` and `reusable` are names of shipped files. All part numbers of `into` from `free` on are free;
    tasks that made lists may have left gaps below it.
    """

    catalogue: str
    lists: str
    reusable: str
    made: list[str]
    bundles: list[list[str]]
    free: int
    into: PartFolder
    matches: PartFolder
    model: Discriminator
    least: float
    borderlines: tuple[float, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:  # a task has one row; the task number says which parts it scores
            reused = task_number() >= len(self.made)
            again = BorderlineRescoring(open_index(self.catalogue), self.borderlines) if reused else None
            scored = score_batches(open_lists(self.lists), self.model, self._lists(task_number()), again)
            yield from write_matches(self.matches, task_number(), open_names(self.catalogue), scored, self.least)

    def _lists(self, task: int) -> Iterator[pa.RecordBatch]:
        if task < len(self.made):
            yield from read_batches(self.made[task], LISTS.names)
            return
        place, anew = (map_array(Path(SparkFiles.get(self.reusable)), name) for name in ("place", "anew"))
        bundle = task - len(self.made)
        with self.into.open(self.free + bundle) as part:
            for uri in self.bundles[bundle]:
                for batch in reuse_lists(place, anew, read_batches(uri, LISTS.names)):
                    part.write(batch)
                    yield batch


def best_logits_of(
    shipped: Shipped, model: Discriminator, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """`row, best`: the highest first-stage logit that this task found for a listing, on either side of a pair."""
    best = np.full(shipped.listings, MIN_LOGIT, np.float32)
    for lists in candidate_batches(open_blocking(shipped), model, shipped.settings.candidates_per_listing, batches):
        sizes, first = np.asarray(lists["others"].value_lengths()), np.asarray(lists["first_look"].flatten())
        np.maximum.at(best, np.repeat(np.asarray(lists["row"]), sizes), first)
        np.maximum.at(best, np.asarray(lists["others"].flatten()), first)
    rows = np.flatnonzero(best > MIN_LOGIT)
    yield pa.RecordBatch.from_pydict({"row": pa.array(rows), "best": pa.array(best[rows])})
