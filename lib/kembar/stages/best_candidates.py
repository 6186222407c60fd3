"""Finds each listing's best candidate, by which the gap of a pair is measured."""

from functools import partial

import numpy as np
from pyspark.sql import SparkSession

from kembar.blocking import Blocking
from kembar.config import BlockingSettings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import MIN_LOGIT, Discriminator
from kembar.stages.ship_catalogue import rows_of, ship_catalogue
from udfs.candidate_lists import best_logits_of


def with_best_candidates(
    spark: SparkSession, index: CatalogueIndex, model: Discriminator, settings: BlockingSettings
) -> CatalogueIndex:
    """The catalogue with the highest first-stage logit of each listing's candidate pairs, as match would find them.

    A model that does not look at the gap needs none of them, so nothing is searched for it.
    """
    best = np.full(len(index), MIN_LOGIT, np.float32)
    if model.sees_gap:
        shipped = ship_catalogue(spark, Blocking.build(index, settings))
        found = rows_of(spark, shipped).mapInArrow(partial(best_logits_of, shipped, model), "row bigint, best float")
        table = found.toArrow()
        np.maximum.at(best, np.asarray(table["row"]), np.asarray(table["best"]))
    return index.with_best_logits(best)
