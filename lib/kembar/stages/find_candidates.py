"""Finds candidates and scores them; tasks read and write their own parts."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import CandidateLists
from kembar.incremental.reusable_pairs import ReusablePairs, reuse_lists
from kembar.index.mapped_arrays import save_array
from kembar.model.discriminator import Discriminator
from kembar.schemas import MATCHES
from kembar.scoring.matches import MATCHES_ARROW
from kembar.scoring.score import LISTS, PAIRS
from kembar.stages.ship_catalogue import new_prefix, partitions, rows_of, ship_files
from kembar.storage.output_folder import OutputFolder
from kembar.storage.parts import PartFolder
from kembar.storage.table_parts import check_row_counts
from kembar.storage.tables import part_rows, read_batches, read_parts, rewrite_table
from udfs.candidate_lists import PairScorer, ShippedLists, list_candidates_of
from udfs.executor_files import Shipped

_WRITTEN = "lists bigint"


@dataclass(frozen=True)
class ListParts:
    """LISTS of a run.

    Attributes:
        folder: The folder of the parts.
        made: The parts with the lists of listings that were searched in this run.
        reusable: What is reused from the last run; its lists are copied while they are scored.
    """

    folder: PartFolder
    made: list[str]
    reusable: ReusablePairs | None

    def bundles(self, count: int) -> list[list[str]]:
        """Distribute the last run's parts over at most `count` tasks, so that their number does not grow every run."""
        parts = self.reusable.lists if self.reusable else []
        return [parts[first::count] for first in range(min(count, len(parts)))]


def list_candidates(
    spark: SparkSession, shipped: Shipped, model: Discriminator, reusable: ReusablePairs | None, folder: OutputFolder
) -> ListParts:
    """Propose pairs for each listing, compare them, and write those with the highest first-stage logits.

    With `reusable`, only the listings in `reusable.anew` are searched. The others keep their lists.

    Raises:
        RunError: A listing that was searched has no list.
    """
    lists = PartFolder(folder.staged("lists"), folder.run, LISTS)
    rows = rows_of(spark, shipped)
    if reusable is not None and len(reusable.anew) == shipped.listings:
        reusable = None
    if reusable is not None:
        rows = spark.createDataFrame(pa.table({"id": reusable.anew})).repartition(partitions(spark))
    written = rows.mapInArrow(partial(list_candidates_of, shipped, model, lists), _WRITTEN).collect()
    check_row_counts(
        "score", len(reusable.anew) if reusable else shipped.listings, lists=sum(row["lists"] for row in written)
    )
    return ListParts(lists, lists.parts(), reusable)


def ship_lists(spark: SparkSession, parts: ListParts, listings: int) -> ShippedLists:
    """Send the members of all candidate lists to every executor."""
    columns = ["row", "others", "blocks", "first_look"]
    batches = [batch for part in parts.made for batch in read_batches(part, columns)]
    if reusable := parts.reusable:
        for part in reusable.lists:
            batches += reuse_lists(reusable.place, _who(reusable, listings), read_batches(part, columns))
    whole = pa.schema([LISTS.field(name) for name in columns])
    found = CandidateLists.of(listings, pa.Table.from_batches([batch.cast(whole) for batch in batches], whole))
    found.save(prefix := new_prefix("lists"))
    return ShippedLists(ship_files(spark, prefix), found.best)


def _who(reusable: ReusablePairs, listings: int) -> NDArray[np.bool_]:
    anew = np.zeros(listings, bool)
    anew[reusable.anew] = True
    return anew


def _ship_reusable(spark: SparkSession, reusable: ReusablePairs, listings: int) -> str:
    prefix = new_prefix("reusable")
    save_array(prefix, "place", reusable.place)
    save_array(prefix, "anew", _who(reusable, listings))
    return ship_files(spark, prefix)


def score_pairs(
    spark: SparkSession,
    parts: ListParts,
    others: ShippedLists,
    model: Discriminator,
    shipped: Shipped,
    folder: OutputFolder,
    least: float,
    borderlines: tuple[float, ...],
) -> tuple[DataFrame, DataFrame]:
    """Score every candidate pair once, and write PAIRS, and MATCHES from the probability `least` on.

    Pairs of the last run near one of the thresholds `borderlines` are compared again. The evidence is three quarters of
    a row, so the task that has it writes it, and it does not pass through Spark.

    Raises:
        RunError: A listing has no list, or more than one, for the next run.
    """
    matches = PartFolder(folder.staged("matches"), folder.run, MATCHES_ARROW, words=("posting_id_l",))
    bundles = parts.bundles(partitions(spark))
    reusable = _ship_reusable(spark, parts.reusable, shipped.listings) if parts.reusable else ""
    files = (shipped.name, others.name, reusable, parts.made, bundles, partitions(spark), parts.folder, matches)
    scoring = PairScorer(*files, model, least, borderlines)
    tasks = len(parts.made) + len(bundles)
    scored = rewrite_table(
        spark.range(tasks, numPartitions=max(tasks, 1)).mapInArrow(scoring, PAIRS), folder.staged("scored")
    )
    check_row_counts("score", shipped.listings, lists=sum(map(part_rows, parts.folder.finish())))
    return scored, read_parts(spark, matches.finish(), MATCHES)
