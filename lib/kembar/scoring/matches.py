"""Writes MATCHES: replaces rows of the index by posting_ids, and bits by names of block sources."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from kembar.blocking import SOURCES
from kembar.schemas import MATCHES
from kembar.storage.parts import PartFolder

MATCHES_ARROW = to_arrow_schema(MATCHES)
_SOURCE_SETS = pa.array(
    [[name for bit, name in enumerate(SOURCES) if bits >> bit & 1] for bits in range(1 << len(SOURCES))]
)


def save_names(posting_ids: list[str], path: Path) -> None:
    """The posting_ids by row as an Arrow file, which many processes can map."""
    table = pa.table({"posting_id": pa.array(posting_ids, pa.large_string())})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def load_names(path: Path) -> pa.ChunkedArray:
    """The posting_ids that `save_names` wrote, mapped."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()["posting_id"]


def name_batches(
    names: pa.ChunkedArray, batches: Iterator[pa.RecordBatch], least: float = 0.0
) -> Iterator[pa.RecordBatch]:
    """Turn SCORED batches into MATCHES batches, without pairs below the probability `least`."""
    for scored in batches:
        batch = scored.filter(pc.greater_equal(scored["probability"], pa.scalar(least, pa.float32())))
        sides = {f"posting_id_{s}": names.take(batch[f"row_{s}"]).cast(pa.string()).combine_chunks() for s in "lr"}
        columns = {name: batch[name] for name in batch.schema.names}
        columns |= sides | {"blocks": _SOURCE_SETS.take(batch["blocks"])}
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in MATCHES.names})


def write_matches(
    folder: PartFolder, task: int, names: pa.ChunkedArray, batches: Iterator[pa.RecordBatch], least: float
) -> Iterator[pa.RecordBatch]:
    """Turn a task's SCORED batches into PAIRS batches, and write pairs from `least` on as MATCHES into its part."""
    with folder.open(task) as part:
        for batch in batches:
            for named in name_batches(names, iter([batch]), least):
                part.write(named)
            yield batch.select(["row_l", "row_r", "probability", "blocks"])


def count_pairs(scored: DataFrame) -> tuple[int, dict[str, int]]:
    """Count all pairs, and the pairs of each block source; a pair counts once for each of its sources."""
    counts = [F.count_if(F.col("blocks").bitwiseAND(1 << bit) != 0).alias(source) for bit, source in enumerate(SOURCES)]
    total, *by_source = scored.agg(F.count("*"), *counts).collect()[0]
    return int(total), dict(zip(SOURCES, map(int, by_source), strict=True))
