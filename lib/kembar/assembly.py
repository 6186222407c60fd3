"""From what the towers made of a listing to its row in ENCODED, or in QUARANTINE where they made nothing of it."""

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from kembar.parts import PartFolder
from kembar.schemas import ENCODED, LISTINGS, QUARANTINE

ENCODED_ARROW = to_arrow_schema(ENCODED)
ASSEMBLED = StructType([*ENCODED.fields, *QUARANTINE.fields[1:]])
"""ENCODED's columns; `row` and `reason` are QUARANTINE's, and null for a listing that can be matched."""


def assemble(fingerprint: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of LISTINGS with `content` and `kembar.encoding.ENCODED_COLUMNS` to ASSEMBLED."""
    for batch in batches:
        failures = [
            [each for each in both if each]
            for both in zip(*(batch[name].to_pylist() for name in ("photo_failure", "title_failure")), strict=True)
        ]
        blind = pc.and_(batch["image_embedding"].is_null(), batch["title_embedding"].is_null()).to_pylist()
        rows = batch.select(LISTINGS.names).to_pylist() if any(blind) else [{}] * batch.num_rows
        told = {
            "phash": pc.coalesce(batch["image_phash"], batch["photo_phash"]),
            "failures": pa.array(failures, pa.list_(pa.string())),
            "encoder": pa.array([fingerprint] * batch.num_rows, pa.string()),
            "row": pa.array([_as_json(row) if b else None for row, b in zip(rows, blind, strict=True)], pa.string()),
            "reason": pa.array([_reason(f) if b else None for f, b in zip(failures, blind, strict=True)], pa.string()),
        }
        columns = {name: batch[name] for name in ENCODED_ARROW.names if name not in told} | told
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in ASSEMBLED.names})


def _as_json(row: dict[str, str | None]) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)


def _reason(failures: list[str]) -> str:
    return "; ".join(["neither a usable photo nor a usable title", *failures])


def write_codes(folder: PartFolder, task: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """ASSEMBLED batches of a task to QUARANTINE batches; the listings that can be matched go into the task's part."""
    with folder.open(task) as part:
        for batch in batches:
            part.write(batch.filter(batch["reason"].is_null()))
            yield batch.filter(batch["reason"].is_valid()).select(["posting_id", "row", "reason"])
