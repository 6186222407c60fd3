"""Measures blocking: how many of the true pairs are among the candidate pairs of a run."""

from uuid import uuid4

from pyspark.sql import SparkSession

from kembar.config import BlockingSettings
from kembar.evaluation import Truth, blocking_scores
from kembar.index.query_expansion import comparable
from kembar.schemas import ENCODED, MATCHES
from kembar.scoring.summary import least_kept
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import count_true_pairs, mine_pairs, place_pairs
from kembar.storage.files import exists, join_uri
from kembar.storage.tables import read_table


def judge_blocking(
    spark: SparkSession, encoded: str, matched: str, truth: Truth, settings: BlockingSettings
) -> dict[str, float]:
    """The scores of `kembar.evaluation.blocking_scores`.

    Args:
        spark: The session.
        encoded: The folder of the encoded catalogue.
        matched: The folder of the submission. If it has matches/, those are the candidate pairs. If not, another tool
            made the submission, and the pairs are those that blocking would propose.
        truth: The labels.
        settings: The settings of blocking.
    """
    if exists(matches := join_uri(matched, "matches")):
        pairs, ids = place_pairs(read_table(spark, matches, MATCHES))
        return blocking_scores(truth, *count_true_pairs(pairs, ids, truth), least_kept(matched))
    table = read_table(spark, join_uri(encoded, "listings"), ENCODED)
    index, ids = index_catalogue(table, join_uri(matched, f"_hashed-{uuid4().hex}"))
    pairs = mine_pairs(spark, comparable(index), settings)
    return blocking_scores(truth, *count_true_pairs(pairs, ids, truth))
