"""MATCHES and the run's summary: what the rows of the index mean to a reader."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.blocking import SOURCES
from kembar.schemas import MATCHES


def name_matches(scored: DataFrame, posting_ids: list[str], keep_probability: float) -> DataFrame:
    """MATCHES of the scored pairs from `keep_probability` on: posting_ids for rows, names for block bits."""
    table = pa.table({"row": np.arange(len(posting_ids)), "posting_id": pa.array(posting_ids, pa.string())})
    names = scored.sparkSession.createDataFrame(table)
    sides = [names.select(F.col("row").alias(f"row_{s}"), F.col("posting_id").alias(f"posting_id_{s}")) for s in "lr"]
    bits = [F.when(F.col("blocks").bitwiseAND(1 << bit) != 0, source) for bit, source in enumerate(SOURCES)]
    kept = scored.where(F.col("probability") >= keep_probability)
    named = kept.join(sides[0], "row_l").join(sides[1], "row_r")
    return named.withColumn("blocks", F.array_compact(F.array(*bits))).select(*MATCHES.names)


def summarise(
    labels: NDArray[np.int64], pairs: int, by_source: dict[str, int], blocks: int, quarantined: int
) -> dict[str, Any]:
    """The counts of `summary.json`.

    `matches` are the unordered pairs within groups; `reduction_ratio` is 1 − candidate pairs / all pairs.
    """
    n = len(labels)
    sizes = np.unique(labels, return_counts=True)[1]
    every = n * (n - 1) // 2
    return {
        "listings": n,
        "quarantined": quarantined,
        "blocks": blocks,
        "candidate_pairs": pairs,
        "candidate_pairs_by_source": by_source,
        "candidate_pairs_per_listing": round(pairs / max(n, 1), 2),
        "reduction_ratio": round(1 - pairs / every, 6) if every else 0.0,
        "matches": int((sizes * (sizes - 1) // 2).sum()),
        "groups": int((sizes > 1).sum()),
        "lone_listings": int((sizes == 1).sum()),
        "largest_group": int(sizes.max(initial=0)),
    }
