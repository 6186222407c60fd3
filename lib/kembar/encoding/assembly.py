"""Turns the output of the towers for a listing into its row of ENCODED, or of QUARANTINE if there is no output."""

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
"""The beginning of the reason for a listing in QUARANTINE whose row is valid."""
ASSEMBLED = StructType([*ENCODED.fields, *QUARANTINE.fields[1:]])
"""The columns of ENCODED, then `row` and `reason` of QUARANTINE, which are null for a listing that can be matched."""


def assemble(fingerprint: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Turn encoded batches into ASSEMBLED.

    Args:
        fingerprint: The fingerprint of the encoder.
        batches: LISTINGS with `content` and `kembar.encoding.embed.ENCODED_COLUMNS`.
    """
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
            "reason": pa.array(
                ["; ".join([BLIND, *f]) if b else None for f, b in zip(failures, blind, strict=True)], pa.string()
            ),
        }
        columns = {name: batch[name] for name in ENCODED_ARROW.names if name not in told} | told
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in ASSEMBLED.names})


def _contents(batch: pa.RecordBatch, failures: list[list[str]]) -> list[str | None]:
    """The content of each listing, with a suffix if the photo failed but may be readable in the next run.

    No content has this suffix, so the next run encodes the listing again. The suffix stays the same while the photo
    fails, so matching sees no change meanwhile. A photo that vanished during the run counts too.
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


def write_codes(folder: PartFolder, task: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Write the listings of a task that can be matched into its part, and yield the others as QUARANTINE.

    Args:
        folder: The folder of the parts of ENCODED.
        task: The number of the task.
        batches: ASSEMBLED.
    """
    with folder.open(task) as part:
        for batch in batches:
            part.write(batch.filter(batch["reason"].is_null()))
            yield batch.filter(batch["reason"].is_valid()).select(["posting_id", "row", "reason"])
