"""Checks Python workers, and warms them up while the driver is busy."""

from contextlib import suppress
from functools import partial

from pyspark import InheritableThread
from pyspark.sql import SparkSession

from kembar.stages.check_cluster import check_sight
from kembar.storage.output_folder import OutputFolder
from udfs.warm_up import import_modules

_NEEDED = ("faiss", "udfs.candidate_lists", "udfs.clusterer")


def prepare_workers(spark: SparkSession, folder: OutputFolder) -> InheritableThread:
    """Check that executors share the output with this process, then `warm_up`.

    Raises:
        RunError: As `kembar.stages.check_cluster.check_sight`.
    """
    check_sight(spark, folder)
    return warm_up(spark)


def warm_up(spark: SparkSession) -> InheritableThread:
    """Start a Python worker on each core in the background, and import the modules that matching needs.

    Spark starts workers when a task first needs one, and keeps them. That takes two to three seconds, which is much of
    a small run. An error here is ignored, since it comes up again in the stage that needs the worker.
    """

    def start_workers() -> None:
        with suppress(Exception):
            spark.sparkContext.setJobDescription("kembar: start Python workers")
            cores = spark.sparkContext.defaultParallelism
            spark.range(cores, numPartitions=cores).mapInArrow(partial(import_modules, _NEEDED), "id bigint").count()

    (thread := InheritableThread(target=start_workers, name="warm up workers", daemon=True)).start()
    return thread
