"""From what the towers made of a listing to its row in ENCODED, or in QUARANTINE where they made nothing of it."""

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from kembar.encoding.photos import NOT_FOUND, tried_again
from kembar.schemas import ENCODED, LISTINGS, QUARANTINE
from kembar.storage.parts import PartFolder

ENCODED_ARROW = to_arrow_schema(ENCODED)
BLIND = "neither a usable photo nor a usable title"
"""How the reason begins for which a listing goes to QUARANTINE though its row is right."""
ASSEMBLED = StructType([*ENCODED.fields, *QUARANTINE.fields[1:]])
"""ENCODED's columns; `row` and `reason` are QUARANTINE's, and null for a listing that can be matched."""


def assemble(fingerprint: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of LISTINGS with `content` and `kembar.encoding.embed.ENCODED_COLUMNS` to ASSEMBLED."""
    for batch in batches:
        failures = [
            [each for each in both if each]
            for both in zip(*(batch[name].to_pylist() for name in ("photo_failure", "title_failure")), strict=True)
        ]
        blind = pc.and_(batch["image_embedding"].is_null(), batch["title_embedding"].is_null()).to_pylist()
        rows = batch.select(LISTINGS.names).to_pylist() if any(blind) else [{}] * batch.num_rows
        told = {
            "content": pa.array(_contents(batch, failures), pa.string()),
            "phash": pc.coalesce(batch["image_phash"], batch["photo_phash"]),
            "failures": pa.array(failures, pa.list_(pa.string())),
            "encoder": pa.array([fingerprint] * batch.num_rows, pa.string()),
            "row": pa.array([_as_json(row) if b else None for row, b in zip(rows, blind, strict=True)], pa.string()),
            "reason": pa.array([_reason(f) if b else None for f, b in zip(failures, blind, strict=True)], pa.string()),
        }
        columns = {name: batch[name] for name in ENCODED_ARROW.names if name not in told} | told
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in ASSEMBLED.names})


def _contents(batch: pa.RecordBatch, failures: list[list[str]]) -> list[str | None]:
    """Each listing's content; of one whose photo may be read next time a mark of it that no content equals, so that
    the next run encodes it again.

    The mark is the same as long as the photo fails, so that matching meets no change meanwhile. A photo that was there
    when contents were compared, and then was not, counts among these.
    """
    contents = batch["content"].to_pylist()
    absent = batch["photo_absent"].to_pylist() if "photo_absent" in batch.schema.names else [True] * len(contents)
    again = [
        any(tried_again(each) or (each.startswith(NOT_FOUND) and not gone) for each in failed)
        for failed, gone in zip(failures, absent, strict=True)
    ]
    return [f"{c} without its photo" if c and mark else c for c, mark in zip(contents, again, strict=True)]


def _as_json(row: dict[str, str | None]) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)


def _reason(failures: list[str]) -> str:
    return "; ".join([BLIND, *failures])


def write_codes(folder: PartFolder, task: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """ASSEMBLED batches of a task to QUARANTINE batches; the listings that can be matched go into the task's part."""
    with folder.open(task) as part:
        for batch in batches:
            part.write(batch.filter(batch["reason"].is_null()))
            yield batch.filter(batch["reason"].is_valid()).select(["posting_id", "row", "reason"])
