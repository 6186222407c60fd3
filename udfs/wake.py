"""Python workers checked, and made ready while the driver is busy by itself."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module

import pyarrow as pa
from pyspark import InheritableThread
from pyspark.sql import SparkSession

from kembar.storage.output_folder import OutputFolder
from udfs.probe import check_sight

_NEEDED = ("faiss", "udfs.lists", "udfs.group")


def _import(names: tuple[str, ...], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for name in names:
        import_module(name)
    yield from batches


def prepare_workers(spark: SparkSession, folder: OutputFolder) -> InheritableThread:
    """Check that executors share the output with this process, then `wake_workers`.

    Raises:
        RunError: As `udfs.probe.check_sight`.
    """
    check_sight(spark, folder)
    return wake_workers(spark)


def wake_workers(spark: SparkSession) -> InheritableThread:
    """Start a Python worker on each core and import in it what matching needs, beside whatever this process does next.

    Spark starts workers when a task first asks for one, and keeps them: two to three seconds of a run, which are most
    of what a small one takes. What fails here fails again in the stage that needs it, and is said there.
    """

    def wake() -> None:
        with suppress(Exception):
            spark.sparkContext.setJobDescription("kembar: start Python workers")
            cores = spark.sparkContext.defaultParallelism
            spark.range(cores, numPartitions=cores).mapInArrow(partial(_import, _NEEDED), "id bigint").count()

    (thread := InheritableThread(target=wake, name="wake workers", daemon=True)).start()
    return thread
