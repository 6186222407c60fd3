"""Candidate lists on executors, in parts that tasks read and write themselves: through the JVM they would pass three
times."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import SparkFiles, TaskContext
from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import CandidateLists
from kembar.incremental.reusable_pairs import Carried, carry_lists
from kembar.index.mapped_arrays import map_array, save_array
from kembar.model.discriminator import Discriminator
from kembar.schemas import MATCHES
from kembar.scoring.matches import MATCHES_ARROW, write_matches
from kembar.scoring.score import LISTS, PAIRS, Recheck, look_batches, score_batches
from kembar.storage.output_folder import OutputFolder, reconcile
from kembar.storage.parts import PartFolder
from kembar.storage.tables import part_rows, read_batches, read_parts, rewrite_table
from udfs.shipped import Shipped, new_prefix, open_blocking, open_index, open_names, partitions, ship_files

_WRITTEN = "lists bigint"


def _task() -> int:
    task = TaskContext.get()
    assert task is not None, "runs on executors only"
    return int(task.partitionId())


@dataclass(frozen=True)
class ListParts:
    """LISTS of a run in `folder`: `made` by the listings that looked for pairs, and those of the last run that are
    `carried` over as they are scored."""

    folder: PartFolder
    made: list[str]
    carried: Carried | None

    def bundles(self, count: int) -> list[list[str]]:
        """The last run's parts dealt to `count` tasks, so that there are not more of them from run to run."""
        parts = self.carried.lists if self.carried else []
        return [parts[first::count] for first in range(min(count, len(parts)))]


def _look_of(
    shipped: Shipped, model: Discriminator, folder: PartFolder, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    with folder.open(_task()) as part:
        for lists in look_batches(open_blocking(shipped), model, shipped.settings.candidates_per_listing, batches):
            part.write(lists)
    yield pa.RecordBatch.from_pydict({"lists": pa.array([part.rows])})


def list_candidates(
    spark: SparkSession, shipped: Shipped, model: Discriminator, carried: Carried | None, folder: OutputFolder
) -> ListParts:
    """Each listing's blocks joined, the proposals compared, the likeliest by the first look kept and written.

    carried: of a run before, whose lists those keep who need not look anew.

    Raises:
        RunError: not every listing that looked has its list.
    """
    lists = PartFolder(folder.staged("lists"), folder.run, LISTS)
    rows = shipped.rows(spark)
    if carried is not None and len(carried.anew) == shipped.listings:
        carried = None
    if carried is not None:
        rows = spark.createDataFrame(pa.table({"id": carried.anew})).repartition(partitions(spark))
    written = rows.mapInArrow(partial(_look_of, shipped, model, lists), _WRITTEN).collect()
    reconcile("score", len(carried.anew) if carried else shipped.listings, lists=sum(row["lists"] for row in written))
    return ListParts(lists, lists.parts(), carried)


@dataclass(frozen=True)
class ShippedLists:
    """Candidate lists that every executor has under `name`; best: `[n]`, the highest first look of each listing."""

    name: str
    best: NDArray[np.float32]


@lru_cache(maxsize=1)
def open_lists(name: str) -> CandidateLists:
    return CandidateLists.load(Path(SparkFiles.get(name)))


def ship_lists(spark: SparkSession, parts: ListParts, listings: int) -> ShippedLists:
    """Send who is in each listing's list to every executor."""
    columns = ["row", "others", "blocks", "first_look"]
    batches = [batch for part in parts.made for batch in read_batches(part, columns)]
    if carried := parts.carried:
        for part in carried.lists:
            batches += carry_lists(carried.place, _who(carried, listings), read_batches(part, columns))
    whole = pa.schema([LISTS.field(name) for name in columns])
    found = CandidateLists.of(listings, pa.Table.from_batches([batch.cast(whole) for batch in batches], whole))
    found.save(prefix := new_prefix("lists"))
    return ShippedLists(ship_files(spark, prefix), found.best)


def _who(carried: Carried, listings: int) -> NDArray[np.bool_]:
    anew = np.zeros(listings, bool)
    anew[carried.anew] = True
    return anew


def _ship_carried(spark: SparkSession, carried: Carried, listings: int) -> str:
    prefix = new_prefix("carried")
    save_array(prefix, "place", carried.place)
    save_array(prefix, "anew", _who(carried, listings))
    return ship_files(spark, prefix)


@dataclass(frozen=True)
class _Scoring:
    """What a task needs to score parts of LISTS: those that this run made, then bundles of the last run's.

    catalogue, lists, carried: names of shipped files; free: the number from which on no part of `into` is taken, since
    tasks that made lists may have left gaps in theirs.
    """

    catalogue: str
    lists: str
    carried: str
    made: list[str]
    bundles: list[list[str]]
    free: int
    into: PartFolder
    matches: PartFolder
    model: Discriminator
    least: float
    deciding: tuple[float, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:  # a task has one row, and it is the task that says which parts are its own
            again = Recheck(open_index(self.catalogue), self.deciding) if _task() >= len(self.made) else None
            scored = score_batches(open_lists(self.lists), self.model, self._lists(_task()), again)
            yield from write_matches(self.matches, _task(), open_names(self.catalogue), scored, self.least)

    def _lists(self, task: int) -> Iterator[pa.RecordBatch]:
        if task < len(self.made):
            yield from read_batches(self.made[task], LISTS.names)
            return
        place, anew = (map_array(Path(SparkFiles.get(self.carried)), name) for name in ("place", "anew"))
        bundle = task - len(self.made)
        with self.into.open(self.free + bundle) as part:
            for uri in self.bundles[bundle]:
                for batch in carry_lists(place, anew, read_batches(uri, LISTS.names)):
                    part.write(batch)
                    yield batch


def score_pairs(
    spark: SparkSession,
    parts: ListParts,
    others: ShippedLists,
    model: Discriminator,
    shipped: Shipped,
    folder: OutputFolder,
    least: float,
    deciding: tuple[float, ...],
) -> tuple[DataFrame, DataFrame]:
    """PAIRS, every candidate pair once with its probability, and MATCHES from the probability `least` on; both written.

    deciding: probabilities close to which a pair of the last run is compared again.

    The evidence, three quarters of a row, is written once by the task that has it, and is not sent through Spark.

    Raises:
        RunError: not every listing has one list, for the next run to carry over.
    """
    matches = PartFolder(folder.staged("matches"), folder.run, MATCHES_ARROW, words=("posting_id_l",))
    bundles = parts.bundles(partitions(spark))
    carried = _ship_carried(spark, parts.carried, shipped.listings) if parts.carried else ""
    files = (shipped.name, others.name, carried, parts.made, bundles, partitions(spark), parts.folder, matches)
    scoring = _Scoring(*files, model, least, deciding)
    tasks = len(parts.made) + len(bundles)
    scored = rewrite_table(
        spark.range(tasks, numPartitions=max(tasks, 1)).mapInArrow(scoring, PAIRS), folder.staged("scored")
    )
    reconcile("score", shipped.listings, lists=sum(map(part_rows, parts.folder.finish())))
    return scored, read_parts(spark, matches.finish(), MATCHES)
