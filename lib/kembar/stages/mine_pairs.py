"""Finds candidate pairs of a labelled catalogue, for triplets and thresholds, with the same blocks as match."""

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.blocking import Blocking
from kembar.config import BlockingSettings
from kembar.evaluation import Truth
from kembar.index.catalogue_index import CatalogueIndex
from kembar.stages.ship_catalogue import rows_of, ship_catalogue
from kembar.training.views import CandidateRows
from udfs.proposer import proposals_of

_PROPOSED = "row_l bigint, row_r bigint, weight float, blocks int, sides int"


def mine_pairs(spark: SparkSession, index: CatalogueIndex, settings: BlockingSettings) -> DataFrame:
    """Find every pair that match would compare in the catalogue of `index`: `row_l, row_r, weight, blocks, sides`.

    Each pair occurs once. `sides` is a bit set: 1 if the left row proposed the right one, 2 if the right row did.
    """
    shipped = ship_catalogue(spark, Blocking.build(index, settings))
    directed = rows_of(spark, shipped).mapInArrow(partial(proposals_of, shipped), _PROPOSED)
    return directed.groupBy("row_l", "row_r").agg(
        F.max("weight").alias("weight"), *[F.expr(f"bit_or({name})").alias(name) for name in ("blocks", "sides")]
    )


def collect_rows(pairs: DataFrame) -> CandidateRows:
    """Collect the pairs on the driver, in a fixed order."""
    table = pairs.select("row_l", "row_r", "sides").orderBy("row_l", "row_r").toArrow()
    left, right, by = (np.asarray(table[name].combine_chunks()) for name in ("row_l", "row_r", "sides"))
    return CandidateRows(left, right, np.stack([by & 1, by & 2]).astype(bool))


def _join_names(pairs: DataFrame, posting_ids: pa.Array, by: str) -> DataFrame:
    """Add posting_ids to pairs of rows, or rows to pairs of posting_ids."""
    table = pa.table({"row": np.arange(len(posting_ids)), "posting_id": posting_ids})
    names = pairs.sparkSession.createDataFrame(table)
    for side in "lr":
        sided = names.select(F.col("row").alias(f"row_{side}"), F.col("posting_id").alias(f"posting_id_{side}"))
        pairs = pairs.join(F.broadcast(sided), f"{by}_{side}")
    return pairs


def name_pairs(pairs: DataFrame, posting_ids: list[str]) -> DataFrame:
    """The pairs by posting_id: `posting_id_l, posting_id_r, weight, blocks`."""
    named = _join_names(pairs, pa.array(posting_ids, pa.string()), by="row")
    return named.select("posting_id_l", "posting_id_r", "weight", "blocks")


def place_pairs(matches: DataFrame) -> tuple[DataFrame, list[str]]:
    """MATCHES as pairs of rows, and the posting_ids by row."""
    sides = [matches.select(F.col(f"posting_id_{side}").alias("posting_id")) for side in "lr"]
    ids = sides[0].union(sides[1]).distinct().orderBy("posting_id").toArrow()["posting_id"].combine_chunks()
    placed = _join_names(matches.select("posting_id_l", "posting_id_r"), ids, by="posting_id")
    return placed.select("row_l", "row_r"), ids.to_pylist()


def count_true_pairs(pairs: DataFrame, posting_ids: list[str], truth: Truth) -> tuple[int, int]:
    """Count the candidate pairs, and the true pairs among them."""
    place = np.asarray(pc.index_in(pa.array(posting_ids, pa.string()), truth.posting_ids).fill_null(-1))
    product = np.where(place >= 0, truth.product[place], -1)
    rows = pa.table({"row": np.arange(len(product)), "product": product})
    products = F.broadcast(pairs.sparkSession.createDataFrame(rows))
    sides = [products.select(F.col("row").alias(f"row_{s}"), F.col("product").alias(f"product_{s}")) for s in "lr"]
    true = (F.col("product_l") == F.col("product_r")) & (F.col("product_l") >= 0)
    counts = pairs.join(sides[0], "row_l").join(sides[1], "row_r").agg(F.count("*"), F.count_if(true)).collect()[0]
    return int(counts[0]), int(counts[1])
