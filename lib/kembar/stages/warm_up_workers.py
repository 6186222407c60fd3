"""Python workers checked, and made ready while the driver is busy by itself."""

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
    """Start a Python worker on each core and import in it what matching needs, beside whatever this process does next.

    Spark starts workers when a task first asks for one, and keeps them: two to three seconds of a run, which are most
    of what a small one takes. What fails here fails again in the stage that needs it, and is said there.
    """

    def wake() -> None:
        with suppress(Exception):
            spark.sparkContext.setJobDescription("kembar: start Python workers")
            cores = spark.sparkContext.defaultParallelism
            spark.range(cores, numPartitions=cores).mapInArrow(partial(import_modules, _NEEDED), "id bigint").count()

    (thread := InheritableThread(target=wake, name="wake workers", daemon=True)).start()
    return thread
