"""Checks the cluster before the work: executors and driver must see each other's files and the photos.

A path means another disk on each machine of a cluster, unless the same disk is mounted everywhere. Without this check a
run would fail an hour later, or encode a catalogue without its photos.
"""

import posixpath
import uuid
from collections.abc import Sequence
from functools import partial

from pyspark.sql import SparkSession

from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import RunError
from kembar.storage.files import delete, read_bytes, write_bytes
from kembar.storage.output_folder import OutputFolder
from kembar.storage.paths import is_local, join_uri
from udfs.sight import Probe, look

_MOST_TASKS, _MOST_PHOTOS = 64, 8
_COLUMNS = "host string, fault string"


def check_sight(
    spark: SparkSession, folder: OutputFolder, photos: PhotoFolder | None = None, sample: Sequence[str] = ()
) -> None:
    """Check with a small Spark job that executors and driver share the output and the photos, if there are any.

    In local mode there is nothing to check.

    Raises:
        RunError: An executor does not see the same files as the driver. The message has the host and a remedy.
    """
    if not str(spark.sparkContext.master).startswith("local["):
        probe_executors(spark, folder.staged("probe"), photos, sample)


def probe_executors(
    spark: SparkSession, place: str, photos: PhotoFolder | None = None, sample: Sequence[str] = ()
) -> None:
    """Run the check; `place` is a folder for tokens, which is deleted afterwards."""
    states = dict(zip(sample, photos.states(list(sample)), strict=True)) if photos else {}
    there = dict([(name, state) for name, state in states.items() if state[:1].isdigit()][:_MOST_PHOTOS])
    probe = Probe(place, uuid.uuid4().hex, photos, there)
    try:
        write_bytes(join_uri(place, "part-driver"), probe.token.encode())
        tasks = min(spark.sparkContext.defaultParallelism, _MOST_TASKS)
        looked = spark.range(tasks, numPartitions=tasks).mapInArrow(partial(look, probe), _COLUMNS).collect()
        judge_sight(probe, [(row.host, row.fault) for row in looked])
    finally:
        delete(place)


def judge_sight(probe: Probe, looked: list[tuple[str, str | None]]) -> None:
    """Judge the executors' results, and check that the driver sees the tokens that they wrote.

    `looked` has host and fault of each task.

    Raises:
        RunError: As `check_sight`.
    """
    faults = [(host, fault) for host, fault in looked if fault]
    hosts = [host for host, fault in looked if not fault]
    if not faults and hosts:
        written = sum(_reads(join_uri(probe.folder, f"part-{task:05}"), probe.token) for task in range(len(looked)))
        if written < len(looked):
            faults = [(hosts[0], f"the driver cannot read the file that it wrote to the output {probe.folder}")]
    if not faults:
        return
    host, fault = faults[0]
    photos = probe.photos.folder if probe.photos else ""
    place = photos if "photo" in fault else posixpath.dirname(posixpath.dirname(probe.folder))
    remedy = "mount the same disk under the same path on every machine, or use a URI (s3a://, hdfs://, abfss://, gs://)"
    if not is_local(place):
        remedy = "give every executor the permissions and settings for that store"
    raise RunError(f"executor {host}: {fault}; {remedy}; nothing was published")


def _reads(uri: str, token: str) -> bool:
    try:
        return read_bytes(uri).decode() == token
    except OSError:
        return False
