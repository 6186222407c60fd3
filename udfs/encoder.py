"""The encoder on executors: batches of listings to codes, on the task's own GPU where there is one."""

from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark import TaskContext

from kembar.encoding.assembly import assemble, write_codes
from kembar.encoding.embed import ListingEncoder
from kembar.encoding.towers.runtime import show_gpus
from kembar.storage.parts import PartFolder

BatchEncoder = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def encode_batches(
    encoder: ListingEncoder, fingerprint: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return assemble(fingerprint, encoder(batches))


def encode_on_its_gpu(encode: BatchEncoder, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Encode batches on the task's own GPU, if Spark assigns GPUs (conf/gpu.conf)."""
    task = TaskContext.get()
    if task is not None and "gpu" in (resources := task.resources()):
        show_gpus(resources["gpu"].addresses)
    return encode(batches)


def write_part(encoder: BatchEncoder, parts: PartFolder, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    task = TaskContext.get()
    assert task is not None, "runs on executors only"
    return write_codes(parts, task.partitionId(), encoder(batches))
