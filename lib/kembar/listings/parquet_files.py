"""Reads catalogues in Parquet by Arrow, file by file, so that files with different column types form one table.

Spark would read all files by one schema, stop at a column that has two types, and know fewer codecs. It would also
trust the footers of the files (`kembar.storage.text_files`).
"""

import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kembar.errors import InputError
from kembar.listings.columns import find_columns
from kembar.listings.parquet_cells import all_missing, as_text, can_be_text
from kembar.schemas import LISTINGS
from kembar.storage.hive_partitions import partition_values
from kembar.storage.paths import filesystem_of
from kembar.storage.text_files import parquet_fault, read_metadata, shown

_AT_ONCE = 16
_BATCH_ROWS, _BATCH_BYTES, _FEW_ROWS = 4096, 64_000_000, 64
_TASK_ROWS = 20_000
FILE_ORDER = 1 << 40
"""The most rows of a file. The numbers of rows begin at a multiple of it in each file."""
_OPTIONAL_TEXTS = ("image_phash",)
"""Columns that a row can do without. Their unusable values are left out and counted later."""
Piece = tuple[int, int, int]
"""The number of a file, the number of a row group in it, and the rows before that group."""


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file of a catalogue.

    Attributes:
        uri: Its path or URI.
        columns: The known columns, each with its name in the file.
        types: The types of these columns.
        fixed: The known columns whose value the names of its folders give.
        empty: The columns without any value.
        groups: The number of rows of each row group.
    """

    uri: str
    columns: dict[str, str]
    types: dict[str, pa.DataType]
    fixed: dict[str, str | None]
    empty: frozenset[str]
    groups: tuple[int, ...]

    @property
    def rows(self) -> int:
        return sum(self.groups)


def inspect_parquet(root: str, uris: Sequence[str]) -> list[ParquetTable]:
    """Inspect and check the files of a catalogue by their footers.

    Args:
        root: The catalogue, a file or a folder.
        uris: Its files.

    Raises:
        InputError: A file is not whole, lacks a column, has one that is neither text nor whole numbers, or uses a
            codec that is not available.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        files = list(pool.map(lambda uri: _inspect(root, uri), uris))
    for file in files:
        for column, kind in file.types.items():
            if column not in file.empty and not can_be_text(column, kind):
                raise _misfit(file, column, files)
    return files


def _inspect(root: str, uri: str) -> ParquetTable:
    schema, metadata = read_metadata(uri)
    fixed = partition_values(root, uri)
    columns = find_columns(uri, schema.names, list(fixed))
    types = {known: schema.field(name).type for known, name in columns.items()}
    _check_codecs(uri, metadata, set(columns.values()))
    # The type of a column without values is no error: pandas writes floats for it.
    real = [known for known, kind in types.items() if pa.types.is_floating(kind) and not can_be_text(known, kind)]
    empty = frozenset(known for known in real if _is_empty(uri, columns[known]))
    groups = tuple(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
    return ParquetTable(uri, columns, types, {c: v for c, v in fixed.items() if c not in columns}, empty, groups)


def _misfit(file: ParquetTable, column: str, files: Sequence[ParquetTable]) -> InputError:
    fits = [each for each in files if column in each.types and can_be_text(column, each.types[column])]
    beside = f", and {fits[0].types[column]} in {fits[0].uri}" if fits else ""
    kind = shown(str(file.types[column]))
    remedy = "; cast it to int64 or text where the file is written" if pa.types.is_floating(file.types[column]) else ""
    name = shown(file.columns[column], 60)
    return InputError(f"{file.uri}: column {name} is {kind}{beside}; expected text or whole numbers{remedy}")


def _check_codecs(uri: str, metadata: pq.FileMetaData, names: set[str]) -> None:
    leaves = [n for n in range(metadata.num_columns) if metadata.schema.column(n).path.split(".")[0] in names]
    try:
        used = {metadata.row_group(g).column(n).compression for g in range(metadata.num_row_groups) for n in leaves}
    except (OSError, ValueError, pa.ArrowException) as error:
        raise parquet_fault(uri, error) from error
    for codec in sorted(used):
        if codec != "UNCOMPRESSED" and not _has_codec(codec):
            raise InputError(
                f"{uri} is compressed by the codec {codec.lower()}, which cannot be read here; "
                "write it again with snappy or zstd"
            )


def _has_codec(name: str) -> bool:
    try:
        return bool(pa.Codec.is_available(name.lower().removesuffix("_raw")))
    except ValueError:
        return False


def _is_empty(uri: str, name: str) -> bool:
    filesystem, path = filesystem_of(uri)
    try:
        with filesystem.open_input_file(path) as file:
            return all_missing(pq.ParquetFile(file).read([name])[name])
    except (OSError, ValueError, pa.ArrowException) as error:
        raise parquet_fault(uri, error) from error


def deal_pieces(files: Sequence[ParquetTable]) -> list[list[Piece]]:
    """Deal the row groups of all files to tasks, in order. A task has at least 20,000 rows if there are so many."""
    tasks: list[list[Piece]] = []
    rows = _TASK_ROWS
    for number, file in enumerate(files):
        before = 0
        for group, count in enumerate(file.groups):
            if rows >= _TASK_ROWS:
                tasks.append([])
                rows = 0
            tasks[-1].append((number, group, before))
            rows, before = rows + count, before + count
    return tasks


def read_pieces(files: Sequence[ParquetTable], pieces: Sequence[Piece]) -> Iterator[dict[str, Any]]:
    """Read row groups in batches.

    Args:
        files: All files of the catalogue.
        pieces: The row groups of a task, from `deal_pieces`.

    Yields:
        Columns by name: LISTINGS as text, `row` with a number over all files, and `fault` and `where`, which are null
        for a good row.

    Raises:
        InputError: A file is damaged, cannot be read, or was replaced meanwhile.
    """
    for number, group, row in pieces:
        file = files[number]
        names = list(file.columns.values())
        for batch in _batches(file, group, names):
            for part in _slices(batch):
                yield _columns(file, number, row, part)
                row += part.num_rows


def _batches(file: ParquetTable, group: int, names: list[str]) -> Iterator[pa.RecordBatch]:
    filesystem, path = filesystem_of(file.uri)
    rows = 0
    try:
        with filesystem.open_input_file(path) as opened:
            found = pq.ParquetFile(opened, page_checksum_verification=True)
            if group < found.num_row_groups:
                for batch in found.iter_batches(_BATCH_ROWS, row_groups=[group], columns=names):
                    yield batch
                    rows += batch.num_rows
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise parquet_fault(file.uri, error) from error
    if rows != file.groups[group]:
        raise InputError(
            f"{file.uri}: row group {group} has {rows} rows, but its footer says {file.groups[group]}: the file is "
            "damaged, or was replaced while it was read; write it again and run again"
        )


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Halve a batch until its parts are small enough for text columns and for Spark."""
    if batch.nbytes <= _BATCH_BYTES or batch.num_rows <= _FEW_ROWS:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _slices(batch.slice(0, half))
    yield from _slices(batch.slice(half))


def _columns(file: ParquetTable, number: int, row: int, batch: pa.RecordBatch) -> dict[str, Any]:
    count = batch.num_rows
    columns: dict[str, Any] = {}
    faults: dict[int, str] = {}
    for known in LISTINGS.names:
        if known in file.columns and known not in file.empty:
            columns[known], odd = as_text(batch.column(file.columns[known]))
            if known not in _OPTIONAL_TEXTS:
                faults |= {at: f"{known} {fault}" for at, fault in odd.items()}
        else:
            columns[known] = pa.array([file.fixed.get(known)] * count, pa.string())
    name = posixpath.basename(file.uri)
    columns["fault"] = pa.array([faults.get(at) for at in range(count)], pa.string())
    columns["where"] = pa.array(
        [f"{name}, row {row + at + 1}" if at in faults else None for at in range(count)], pa.string()
    )
    columns["row"] = pa.array(range(number * FILE_ORDER + row, number * FILE_ORDER + row + count), pa.int64())
    return columns
