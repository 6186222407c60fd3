"""Reads the files of a catalogue into one DataFrame of unchecked rows."""

import posixpath
from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from kembar.listings.catalogue_files import CsvTable, row_shape
from kembar.listings.parquet_files import ParquetTable, Piece, deal_pieces, read_pieces
from kembar.schemas import LISTINGS
from kembar.storage.csv_files import csv_records

CORRUPT, FAULT, WHERE, ORDER = "_corrupt_record", "_fault", "_where", "_order"
"""The columns for the text of a broken record, its fault, where it begins, and a number in the order of the files."""
_NAMES = [*LISTINGS.names, CORRUPT, FAULT, WHERE, ORDER]
_COLUMNS = ", ".join([*(f"{name} string" for name in _NAMES[:-1]), f"{ORDER} bigint"])
_BATCH_ROWS, _BATCH_CHARACTERS = 10_000, 4_000_000
_FILE_ORDER = 1 << 40


def _csv_rows(files: list[CsvTable], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read the files whose numbers come in column `id`, in batches of `_COLUMNS`."""
    for batch in batches:
        for number in batch["id"].to_pylist():
            yield from _rows_of_file(number, files[number], several=len(files) > 1)


def _rows_of_file(number: int, table: CsvTable, several: bool) -> Iterator[pa.RecordBatch]:
    header = table.file.header
    place = [header.index(name) if name in header else None for name in LISTINGS.names]
    fixed = [table.fixed.get(name) for name in LISTINGS.names]
    prefix = f"{posixpath.basename(table.uri)}, " if several else ""
    rows: list[tuple[object, ...]] = []
    characters = 0
    for record in csv_records(table.file, row_shape):
        fields = [
            value if i is None else record.fields[i] if record.fields else None
            for i, value in zip(place, fixed, strict=True)
        ]
        where, order = f"{prefix}line {record.line}", number * _FILE_ORDER + record.line
        rows.append((*fields, record.text if record.fault else None, record.fault, where, order))
        characters += sum(map(len, record.fields))
        if len(rows) == _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield _batch(rows)
            rows, characters = [], 0
    if rows:
        yield _batch(rows)


def _batch(rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))
    texts = [pa.array(column, pa.string()) for column in columns[:-1]]
    return pa.RecordBatch.from_arrays([*texts, pa.array(columns[-1], pa.int64())], _NAMES)


def read_csv(spark: SparkSession, files: list[CsvTable]) -> DataFrame:
    """Read the known columns of CSV files as text, with CORRUPT, FAULT, WHERE and ORDER. A task reads one file."""
    return spark.range(0, len(files), 1, len(files)).mapInArrow(partial(_csv_rows, files), _COLUMNS)


def read_parquet(spark: SparkSession, files: list[ParquetTable]) -> DataFrame:
    """Read Parquet files into the same columns as `read_csv`. A task reads some row groups."""
    tasks = deal_pieces(files)
    rows = partial(_parquet_rows, files, tasks)
    return spark.range(0, len(tasks), 1, max(len(tasks), 1)).mapInArrow(rows, _COLUMNS)


def _parquet_rows(
    files: list[ParquetTable], tasks: list[list[Piece]], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch["id"].to_pylist():
            for columns in read_pieces(files, tasks[number]):
                columns |= {CORRUPT: pa.nulls(len(columns["row"]), pa.string())}
                kept = [columns[name] for name in (*LISTINGS.names, CORRUPT, "fault", "where", "row")]
                yield pa.RecordBatch.from_arrays(kept, _NAMES)
