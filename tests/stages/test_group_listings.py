"""What match remembers of its groups: a cluster that no hair decided, for the next run to take as it is."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from kembar.blocking import Blocking, CandidateLists
from kembar.clustering import Links, UnchangedClusters
from kembar.clustering.linkage import Clusterer
from kembar.config import Settings
from kembar.model.bundle import Thresholds
from kembar.scoring.score import score_rows
from kembar.stages.group_listings import Grouper
from kembar.stages.ship_catalogue import new_prefix, ship_catalogue, ship_files
from tests.builders import near_copies, steady_discriminator
from udfs.candidate_lists import ShippedLists


def test_a_cluster_is_remembered_unless_a_hair_decided_it(spark: SparkSession, settings: Settings, tmp_path: Path):
    """Of all pairs of thirty listings scored: what a whole cut of each component says of itself, and whether a run
    that knows the last one's clusters takes the stable ones without another look."""
    index, model, threshold = near_copies(10, noise=0.3), steady_discriminator(), 0.77
    n = len(index)
    left, right = np.triu_indices(n, k=1)
    probability = score_rows(index, model, left, right)
    scored = spark.createDataFrame(
        pa.table({"row_l": left, "row_r": right, "probability": probability.astype(np.float32)})
    )
    lists = CandidateLists(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8), index.best_logit)
    lists.save(prefix := new_prefix("lists"))
    shipped = ship_catalogue(spark, Blocking.build(index, settings.blocking))
    order = index.draw(1)
    told = ShippedLists(ship_files(spark, prefix), lists.best)
    group = Grouper(model, Thresholds(threshold, threshold / 2), settings.grouping, Links.none(), order)
    grouping = group(scored, shipped, told, str(tmp_path / "work"))

    parts = [
        np.flatnonzero(grouping.component == name) for name in np.unique(grouping.component[grouping.component >= 0])
    ]
    cut = {
        row: (int(least), stable)
        for rows, labels, stable in Clusterer(model, threshold, 50).cluster(index, parts)
        for row, least in zip(rows.tolist(), labels, strict=True)
    }
    assert {stable for _, stable in cut.values()} == {True, False}
    for row in range(n):
        least, stable = cut.get(row, (-1, True))
        assert grouping.cluster[row] == (least if stable else -1)

    firm_part = next(rows for rows in parts if cut[int(rows[0])][1])
    before = grouping.cluster.copy()
    before[firm_part] = firm_part  # which nobody would find who looks
    sizes = np.array([np.sum(grouping.component == name) for name in grouping.component])
    unchanged = UnchangedClusters(grouping.component, before, sizes, touched=np.zeros(n, bool))
    again = Grouper(model, group.thresholds, settings.grouping, Links.none(), order, unchanged)
    after = again(scored, shipped, told, str(tmp_path / "again"))
    assert np.array_equal(after.cluster, before), "stable ones as they were, the others cut again and found as hanging"
