"""Parts of tables that Spark tasks write themselves. A part gets its name only when it is whole.

A task that runs again writes the same part again. A run that is killed leaves the parts of the tasks that ended. Each
attempt writes under a name of its own, because an attempt on a lost executor may still be running.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kembar.storage.files import delete, filesystem_of, join_uri, move
from kembar.storage.tables import list_parts, write_arrow

_ROWS_OF_A_GROUP = 65_536


@dataclass
class OpenPart:
    """A part that is being written, and the number of its rows so far."""

    writer: pq.ParquetWriter
    schema: pa.Schema
    rows: int = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch. Columns that are not in the schema are dropped."""
        self.writer.write_batch(batch.select(self.schema.names).cast(self.schema), row_group_size=_ROWS_OF_A_GROUP)
        self.rows += batch.num_rows


@dataclass(frozen=True)
class PartFolder:
    """The folder in which the tasks of a run put the parts of a table.

    Attributes:
        folder: Its URI.
        run: The name of the run, part of each file's name.
        schema: The schema of the table.
        words: Columns whose values repeat, which are stored with a dictionary.
    """

    folder: str
    run: str
    schema: pa.Schema
    words: tuple[str, ...] = ()

    def parts(self) -> list[str]:
        """URIs of the parts that this run's tasks wrote."""
        return [part for part in list_parts(self.folder) if part.endswith(f"-{self.run}.parquet")]

    @contextmanager
    def open(self, task: int) -> Iterator[OpenPart]:
        """Open the part of a task. It appears when the block ends, unless it has no rows."""
        part = join_uri(self.folder, f"part-{task:05}-{self.run}.parquet")
        partial = f"{part}.{uuid.uuid4().hex[:12]}.partial"
        filesystem, path = filesystem_of(partial)
        filesystem.create_dir(filesystem_of(self.folder)[1], recursive=True)
        options: dict[str, Any] = {"filesystem": filesystem, "use_dictionary": list(self.words)}
        try:
            with pq.ParquetWriter(path, self.schema, **options) as writer:
                yield (opened := OpenPart(writer, self.schema))
            if opened.rows:
                move(partial, part)
        finally:
            delete(partial)

    def finish(self) -> list[str]:
        """URIs of all parts after the last task. A table without rows gets one empty part."""
        if not self.parts():
            write_arrow(self.schema.empty_table(), join_uri(self.folder, f"part-00000-{self.run}.parquet"))
        return self.parts()
