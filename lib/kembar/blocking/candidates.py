"""From blocks to candidate pairs: joined within each block, merged over blocks, pruned to the best per listing."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from kembar.blocking.keys import SOURCES
from kembar.config import BlockingSettings


def split_large_blocks(blocks: DataFrame, max_block: int, seed: int) -> DataFrame:
    """BLOCKS in which none is larger than `max_block`, with a further key `part`.

    A block that everybody is in says little about any pair, and its pairs grow with
    the square of its size. It is dealt into parts rather than dropped; the other
    sources still find the pairs that the parts separate.
    """
    sizes = Window.partitionBy("block")
    dealt = F.pmod(F.hash("row", F.lit(seed)), F.ceil(F.col("size") / max_block).cast("int"))
    return blocks.withColumn("size", F.count("*").over(sizes)).where("size > 1").withColumn("part", dealt).drop("size")


def join_blocks(blocks: DataFrame) -> DataFrame:
    """Each pair of rows that shares a block once: `row_l, row_r, weight, blocks`."""
    left = blocks.select("block", "part", "source", F.col("row").alias("row_l"), F.col("weight").alias("weight_l"))
    right = blocks.select("block", "part", F.col("row").alias("row_r"), F.col("weight").alias("weight_r"))
    return (
        left.join(right, ["block", "part"])
        .where("row_l < row_r")
        .groupBy("row_l", "row_r")
        .agg(F.sum(F.col("weight_l") * F.col("weight_r")).alias("weight"), F.expr("bit_or(source)").alias("blocks"))
    )


def keep_best(pairs: DataFrame, per_listing: int, by: str = "weight") -> DataFrame:
    """Pairs that are among the `per_listing` highest in column `by` of either side; ties go to the lower row.

    Cardinality node pruning in the terms of meta-blocking (Papadakis et al. 2014,
    doi:10.1109/TKDE.2013.54): the number of candidates is bounded by the number of
    listings, however many the blocks propose. Further columns are kept.
    """
    sides = [
        pairs.withColumn("_row", F.col(row)).withColumn("_other", F.col(other))
        for row, other in (("row_l", "row_r"), ("row_r", "row_l"))
    ]
    best_first = Window.partitionBy("_row").orderBy(F.desc(by), "_other")
    ranked = sides[0].union(sides[1]).withColumn("_rank", F.row_number().over(best_first))
    return ranked.where(F.col("_rank") <= per_listing).select(pairs.columns).dropDuplicates(["row_l", "row_r"])


def propose_pairs(blocks: DataFrame, settings: BlockingSettings) -> DataFrame:
    """BLOCKS to proposals `row_l, row_r, weight, blocks`, at most `proposals_per_listing` · n of them."""
    joined = join_blocks(split_large_blocks(blocks, settings.max_block, settings.seed))
    return keep_best(joined, settings.proposals_per_listing)


def count_by_source(pairs: DataFrame) -> dict[str, int]:
    """How many of the pairs each block source proposed; a pair counts once for each."""
    counts = [F.count_if(F.col("blocks").bitwiseAND(1 << bit) != 0).alias(source) for bit, source in enumerate(SOURCES)]
    return {name: int(value) for name, value in pairs.agg(*counts).collect()[0].asDict().items()}
