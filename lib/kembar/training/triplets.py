"""Product triplets: an anchor, another listing of the same product, and one of a different product."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from kembar.blocking import SOURCES
from kembar.config import TripletSettings
from kembar.schemas import LISTINGS, TRIPLETS

_SIDE = LISTINGS.names[:4]


def _share(*columns: str | Column, seed: int) -> Column:
    """A number in [0, 1) that depends on the columns and the seed alone, whatever the partitions."""
    return F.pmod(F.xxhash64(*columns, F.lit(seed)), F.lit(1_000_003)) / 1_000_003


def split_groups(listings: DataFrame, settings: TripletSettings) -> DataFrame:
    """`posting_id, label_group, split`: whole groups are held out, so that no product is on both sides."""
    held_out = _share("label_group", seed=settings.seed) < settings.held_out_share
    split = F.when(held_out, "held_out").otherwise("train")
    return listings.where(F.col("label_group").isNotNull()).select("posting_id", "label_group", split.alias("split"))


def add_folds(split: DataFrame, folds: int, seed: int) -> DataFrame:
    """With `fold`: whole groups in 0 … folds − 1, the same for a label_group in every catalogue."""
    return split.withColumn("fold", F.floor(_share("label_group", seed=seed + 3) * folds).cast("int"))


def _best(df: DataFrame, order: list[Column], count: int) -> DataFrame:
    window = Window.partitionBy("anchor").orderBy(*order)
    return df.withColumn("turn", F.row_number().over(window)).where(F.col("turn") <= count)


def match_pairs(split: DataFrame, per_anchor: int, seed: int) -> DataFrame:
    """`anchor, match, split, turn`: up to `per_anchor` matches of each listing, drawn at random."""
    left = split.select(F.col("posting_id").alias("anchor"), "label_group", "split")
    right = split.select(F.col("posting_id").alias("match"), "label_group")
    pairs = left.join(right, "label_group").where("anchor != match")
    return _best(pairs, [_share("anchor", "match", seed=seed), F.col("match")], per_anchor).drop("label_group")


def _source_of(blocks: str) -> Column:
    cases = [F.when(F.col(blocks).bitwiseAND(1 << bit) != 0, source) for bit, source in enumerate(SOURCES)]
    return F.coalesce(*cases)


def hard_non_matches(candidates: DataFrame, split: DataFrame, settings: TripletSettings) -> DataFrame:
    """`anchor, non_match, non_match_source, turn`: other products that the blocks put beside the anchor.

    candidates: `posting_id_l, posting_id_r, weight, blocks`. The half with the largest
    weight goes first, in random order: always the very nearest would teach from label noise.
    """
    both = candidates.select(
        F.col("posting_id_l").alias("anchor"), F.col("posting_id_r").alias("non_match"), "weight", "blocks"
    )
    swapped = both.select(F.col("non_match").alias("anchor"), F.col("anchor").alias("non_match"), "weight", "blocks")
    side = split.select(F.col("posting_id").alias("anchor"), "label_group", "split")
    other = split.select(
        F.col("posting_id").alias("non_match"),
        F.col("label_group").alias("other_group"),
        F.col("split").alias("other_split"),
    )
    rivals = (
        both.union(swapped)
        .join(side, "anchor")
        .join(other, "non_match")
        .where("label_group != other_group and split = other_split")
    )
    near = _best(rivals, [F.desc("weight"), F.col("non_match")], 2 * settings.per_anchor).drop("turn")
    shuffled = _best(near, [_share("anchor", "non_match", seed=settings.seed), F.col("non_match")], settings.per_anchor)
    return shuffled.select("anchor", "non_match", _source_of("blocks").alias("non_match_source"), "turn")


def random_non_matches(split: DataFrame, settings: TripletSettings) -> DataFrame:
    """`anchor, non_match, turn`: other products of the same split, drawn by position."""
    place = Window.partitionBy("split").orderBy(_share("posting_id", seed=settings.seed), "posting_id")
    placed = split.withColumn("place", F.row_number().over(place) - 1).withColumn(
        "size", F.count("*").over(Window.partitionBy("split"))
    )
    turns = placed.withColumn("turn", F.explode(F.sequence(F.lit(1), F.lit(settings.per_anchor))))
    draw = F.floor(_share("posting_id", "turn", seed=settings.seed + 1) * F.col("size"))
    drawn = turns.select(F.col("posting_id").alias("anchor"), "label_group", "split", "turn", draw.alias("place"))
    target = placed.select(
        "split", "place", F.col("posting_id").alias("non_match"), F.col("label_group").alias("other_group")
    )
    return (
        drawn.join(target, ["split", "place"]).where("label_group != other_group").select("anchor", "non_match", "turn")
    )


def _side(listings: DataFrame, name: str) -> DataFrame:
    return listings.select(F.col("posting_id").alias(name), *[F.col(c).alias(f"{name}_{c}") for c in _SIDE])


def build_triplets(listings: DataFrame, candidates: DataFrame, settings: TripletSettings) -> DataFrame:
    """TRIPLETS of a labelled catalogue.

    Each (anchor, match) takes, by chance `hard_share`, a hard non-match where the blocks
    gave the anchor one, else a random one.
    """
    split = split_groups(listings, settings)
    matches = match_pairs(split, settings.per_anchor, settings.seed)
    hard = hard_non_matches(candidates, split, settings).withColumnRenamed("non_match", "hard")
    chance = random_non_matches(split, settings).withColumnRenamed("non_match", "chance")
    take_hard = (_share("anchor", "match", seed=settings.seed + 2) < settings.hard_share) & F.col("hard").isNotNull()
    chosen = (
        matches.join(hard, ["anchor", "turn"], "left")
        .join(chance, ["anchor", "turn"], "left")
        .select(
            "anchor",
            "match",
            F.when(take_hard, F.col("hard")).otherwise(F.coalesce("chance", "hard")).alias("non_match"),
            F.when(take_hard | F.col("chance").isNull(), F.col("non_match_source"))
            .otherwise("random")
            .alias("non_match_source"),
            "split",
        )
    )
    full = chosen.where(F.col("non_match").isNotNull())
    for name in ("anchor", "match", "non_match"):
        full = full.join(_side(listings, name), name)
    return full.select(*TRIPLETS.names)


def count_triplets(triplets: DataFrame) -> dict[str, int]:
    """How many TRIPLETS there are by split and by how the non-match was chosen."""
    counts = triplets.groupBy("split", "non_match_source").count().collect()
    return {f"{row.split}/{row.non_match_source}": int(row["count"]) for row in counts}
