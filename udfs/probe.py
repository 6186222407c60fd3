"""A look at the cluster before the work: executors and driver must see one another's files, and both the photos.

An output or images folder that is a path means another disk on each machine of a cluster, unless one is mounted
everywhere. Without this check a run would end an hour later, or encode a catalogue without its photos.
"""

import platform
import posixpath
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
from pyspark.sql import SparkSession

from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import RunError
from kembar.storage.files import delete, read_bytes, write_bytes
from kembar.storage.output_folder import OutputFolder
from kembar.storage.paths import is_local, join_uri

_MOST_TASKS, _MOST_PHOTOS = 64, 8
_COLUMNS = "host string, fault string"


@dataclass(frozen=True)
class Probe:
    """What every executor is to see: the token of the driver in a folder, and photos by name with their states."""

    folder: str
    token: str
    photos: PhotoFolder | None = None
    states: dict[str, str] = field(default_factory=dict)

    def fault(self, task: int) -> str | None:
        """What this process cannot see, or None; its own token is left for the driver."""
        try:
            seen = read_bytes(join_uri(self.folder, "part-driver")).decode()
            if seen != self.token:
                return f"it reads another file in the output {self.folder} than the driver wrote"
        except OSError as error:
            return f"it cannot read what the driver writes to the output {self.folder} ({type(error).__name__})"
        try:
            write_bytes(join_uri(self.folder, f"part-{task:05}"), self.token.encode())
        except OSError as error:
            return f"it cannot write to the output {self.folder} ({type(error).__name__})"
        return self._blind_to_photos()

    def _blind_to_photos(self) -> str | None:
        if self.photos is None or not self.states:
            return None
        names = list(self.states)
        for name, state in zip(names, self.photos.states([*names]), strict=True):
            if state.partition(" ")[0] != self.states[name].partition(" ")[0]:  # of a size; clocks may differ
                return f"it does not see the photo {name} in {self.photos.folder} as the driver does ({state})"
        return None


def _look(probe: Probe, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        faults = pa.array([probe.fault(task) for task in batch["id"].to_pylist()], pa.string())
        hosts = pa.array([platform.node()] * batch.num_rows, pa.string())
        yield pa.RecordBatch.from_pydict({"host": hosts, "fault": faults})


def check_sight(
    spark: SparkSession, folder: OutputFolder, photos: PhotoFolder | None = None, sample: Sequence[str] = ()
) -> None:
    """Check by one small Spark job that executors and driver share the output, and the photos where there are any.

    Where Spark runs within this process there is nothing to check.

    Raises:
        RunError: An executor does not see what the driver does; it names the host and what to do.
    """
    if not str(spark.sparkContext.master).startswith("local["):
        probe_executors(spark, folder.staged("probe"), photos, sample)


def probe_executors(
    spark: SparkSession, place: str, photos: PhotoFolder | None = None, sample: Sequence[str] = ()
) -> None:
    """The look itself; `place` is a folder for tokens, which is gone afterwards."""
    states = dict(zip(sample, photos.states(list(sample)), strict=True)) if photos else {}
    there = dict([(name, state) for name, state in states.items() if state[:1].isdigit()][:_MOST_PHOTOS])
    probe = Probe(place, uuid.uuid4().hex, photos, there)
    try:
        write_bytes(join_uri(place, "part-driver"), probe.token.encode())
        tasks = min(spark.sparkContext.defaultParallelism, _MOST_TASKS)
        looked = spark.range(tasks, numPartitions=tasks).mapInArrow(partial(_look, probe), _COLUMNS).collect()
        judge_sight(probe, [(row.host, row.fault) for row in looked])
    finally:
        delete(place)


def judge_sight(probe: Probe, looked: list[tuple[str, str | None]]) -> None:
    """What the executors told, and whether the driver sees the tokens that they wrote.

    looked: host and fault of each task.

    Raises:
        RunError: As `check_sight`.
    """
    faults = [(host, fault) for host, fault in looked if fault]
    hosts = [host for host, fault in looked if not fault]
    if not faults and hosts:
        written = sum(_reads(join_uri(probe.folder, f"part-{task:05}"), probe.token) for task in range(len(looked)))
        if written < len(looked):
            faults = [(hosts[0], f"the driver cannot read what it writes to the output {probe.folder}")]
    if not faults:
        return
    host, fault = faults[0]
    photos = probe.photos.folder if probe.photos else ""
    place = photos if "photo" in fault else posixpath.dirname(posixpath.dirname(probe.folder))
    remedy = (
        "mount the same disk there under the same path, or name a store by its URI (s3a://, hdfs://, abfss://, gs://)"
    )
    if not is_local(place):
        remedy = "give every executor the rights and settings for that store"
    raise RunError(f"executor {host}: {fault}; {remedy}; nothing was published")


def _reads(uri: str, token: str) -> bool:
    try:
        return read_bytes(uri).decode() == token
    except OSError:
        return False
