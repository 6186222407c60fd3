"""From what the towers made of a listing to its row in ENCODED, or in QUARANTINE where they made nothing of it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kembar.storage import delete, filesystem_of, join_uri, list_parts, move

ASSEMBLED = (
    "posting_id string, content string, image_embedding array<float>, title_embedding array<float>, phash string, "
    "terms array<string>, failures array<string>, encoder string, row string, reason string"
)
"""ENCODED's columns; `row` and `reason` are QUARANTINE's, and null for a listing that can be matched."""
_ROW = ("posting_id", "image", "image_phash", "title", "label_group")
_TEXTS = pa.list_(pa.string())
_CODE = pa.list_(pa.float32())
ENCODED_ARROW = pa.schema(
    [
        ("posting_id", pa.string()),
        ("content", pa.string()),
        ("image_embedding", _CODE),
        ("title_embedding", _CODE),
        ("phash", pa.string()),
        ("terms", _TEXTS),
        ("failures", _TEXTS),
        ("encoder", pa.string()),
    ]
)
_ROWS_OF_A_GROUP = 4096


def assemble(fingerprint: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of LISTINGS with `content` and `kembar.encoding.ENCODED_COLUMNS` to ASSEMBLED."""
    for batch in batches:
        failures = [
            [each for each in both if each]
            for both in zip(*(batch[name].to_pylist() for name in ("photo_failure", "title_failure")), strict=True)
        ]
        blind = pc.and_(batch["image_embedding"].is_null(), batch["title_embedding"].is_null()).to_pylist()
        rows = batch.select(_ROW).to_pylist() if any(blind) else [{}] * batch.num_rows
        told = {
            "phash": pc.coalesce(batch["image_phash"], batch["photo_phash"]),
            "failures": pa.array(failures, _TEXTS),
            "encoder": pa.array([fingerprint] * batch.num_rows, pa.string()),
            "row": pa.array([_as_json(row) if b else None for row, b in zip(rows, blind, strict=True)], pa.string()),
            "reason": pa.array([_reason(f) if b else None for f, b in zip(failures, blind, strict=True)], pa.string()),
        }
        columns = {name: batch[name] for name in ENCODED_ARROW.names if name not in told} | told
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in [*ENCODED_ARROW.names, "row", "reason"]})


def _as_json(row: dict[str, str | None]) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)


def _reason(failures: list[str]) -> str:
    return "; ".join(["neither a usable photo nor a usable title", *failures])


@dataclass(frozen=True)
class PartWriter:
    """Writes what one task encoded as one part of a table, under its name only once it is whole.

    A task that is run again writes the same part again; a run that is killed leaves the parts of the tasks that ended.
    Each attempt writes under a name of its own until then: one whose executor was given up may still be at work.
    """

    folder: str
    run: str

    def parts(self) -> list[str]:
        """URIs of the parts that this run's tasks wrote."""
        return [part for part in list_parts(self.folder) if part.endswith(f"-{self.run}.parquet")]

    def __call__(self, task: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """ASSEMBLED batches to QUARANTINE batches; the listings that can be matched go into the part."""
        part, written = join_uri(self.folder, f"part-{task:05}-{self.run}.parquet"), 0
        partial = f"{part}.{uuid.uuid4().hex[:12]}.partial"
        filesystem, path = filesystem_of(partial)
        filesystem.create_dir(filesystem_of(self.folder)[1], recursive=True)
        try:
            with pq.ParquetWriter(path, ENCODED_ARROW, filesystem=filesystem, use_dictionary=["encoder"]) as writer:
                for batch in batches:
                    usable = batch.filter(batch["reason"].is_null()).select(ENCODED_ARROW.names)
                    writer.write_batch(usable.cast(ENCODED_ARROW), row_group_size=_ROWS_OF_A_GROUP)
                    written += usable.num_rows
                    yield batch.filter(batch["reason"].is_valid()).select(["posting_id", "row", "reason"])
            if written:
                move(partial, part)
        finally:
            delete(partial)
