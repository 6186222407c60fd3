"""Catalogue files to rows as they came: CSV by `kembar.records`, Parquet by a schema that kembar makes itself."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from kembar.csv_files import CsvFile, csv_records, inspect_csv
from kembar.errors import InputError
from kembar.inputs import list_files, parquet_schema, shown
from kembar.records import Shape
from kembar.schemas import LISTINGS
from kembar.storage import spark_path

REQUIRED = ("posting_id", "image", "title")
OPTIONAL = ("image_phash", "label_group")
CORRUPT, FAULT, WHERE, ORDER = "_corrupt_record", "_fault", "_where", "_order"
"""A broken record's text, what is wrong with it, the line it begins at, and a number that grows along the file."""
_CSV_COLUMNS = ", ".join([*(f"{c} string" for c in (*LISTINGS.names, CORRUPT, FAULT, WHERE)), f"{ORDER} bigint"])
_BATCH_ROWS, _BATCH_CHARACTERS = 10_000, 4_000_000
_FILE_ORDER = 1 << 40
_KNOWN_BY = {
    "posting_id": re.compile(r"^\s*\S+\s*$"),
    "image": re.compile(r"\.(jpe?g|png|webp|gif|avif)\s*$", re.IGNORECASE),
    "image_phash": re.compile(r"^\s*[0-9a-f]{16}\s*$", re.IGNORECASE),
}
_TEXTS = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view())


def _csv_rows(files: list[CsvFile], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of the files whose numbers come, in batches of `_CSV_COLUMNS`."""
    for batch in batches:
        for number in batch["id"].to_pylist():
            yield from _rows_of_file(number, files[number], several=len(files) > 1)


def _rows_of_file(number: int, file: CsvFile, several: bool) -> Iterator[pa.RecordBatch]:
    place = [file.header.index(name) if name in file.header else None for name in LISTINGS.names]
    prefix = f"{posixpath.basename(file.uri)}, " if several else ""
    rows: list[tuple[object, ...]] = []
    characters = 0
    for record in csv_records(file, row_shape):
        fields = [record.fields[i] if i is not None and record.fields else None for i in place]
        where, order = f"{prefix}line {record.line}", number * _FILE_ORDER + record.line
        rows.append((*fields, record.text if record.fault else None, record.fault, where, order))
        characters += sum(map(len, record.fields))
        if len(rows) == _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield _batch(rows)
            rows, characters = [], 0
    if rows:
        yield _batch(rows)


def row_shape(header: list[str]) -> Shape:
    """What a listing's row is known by: two of an id in one word, the name of a photo and a hash, in their columns."""
    known = [(header.index(name), shape) for name, shape in _KNOWN_BY.items() if name in header]

    def likely(fields: list[str]) -> bool:
        return sum(column < len(fields) and bool(shape.search(fields[column])) for column, shape in known) >= 2

    return Shape(tuple(header.index(name) for name in LISTINGS.names if name in header and name != "title"), likely)


def _batch(rows: list[tuple[object, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))
    texts = [pa.array(column, pa.string()) for column in columns[:-1]]
    return pa.RecordBatch.from_arrays(
        [*texts, pa.array(columns[-1], pa.int64())], [*LISTINGS.names, CORRUPT, FAULT, WHERE, ORDER]
    )


def _check_columns(uri: str, have: Sequence[str]) -> None:
    if duplicated := sorted({name for name in have if have.count(name) > 1}):
        raise InputError(f"{uri}: the header names {shown(', '.join(duplicated))} more than once")
    if missing := [c for c in REQUIRED if c not in have]:
        raise InputError(
            f"{uri}: missing column {', '.join(missing)}; expected {', '.join(REQUIRED)} "
            f"and optionally {', '.join(OPTIONAL)}; received {shown(', '.join(have)) or 'an empty file'}{_hint(have)}"
        )


def _hint(header: Sequence[str]) -> str:
    odd = any("\0" in name or "\\x" in name for name in header)
    return "; save the file as UTF-8, or see the setting listings.encoding" if odd else ""


def read_csv(spark: SparkSession, uri: str, encoding: str) -> DataFrame:
    """The known columns of CSV files as text, and CORRUPT, FAULT, WHERE and ORDER. A task reads a file.

    Args:
        spark: the session.
        uri: a file, or a folder of them.
        encoding: the setting `listings.encoding`.

    Raises:
        InputError: a file cannot be opened, or its header lacks a column or names one twice.
    """
    files = [inspect_csv(file, encoding, REQUIRED) for file in list_files(uri)]
    for file in files:
        _check_columns(file.uri, file.header)
    return spark.range(0, len(files), 1, len(files)).mapInArrow(partial(_csv_rows, files), _CSV_COLUMNS)


def _spark_type(uri: str, name: str, kind: pa.DataType) -> DataType:
    """The type by which Spark reads a column of a Parquet file, one that turns into text as it is meant."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if kind in _TEXTS:
        return StringType()
    if pa.types.is_decimal(kind) and kind.scale == 0:
        return DecimalType(kind.precision, 0)
    if pa.types.is_integer(kind):
        unsigned = pa.types.is_unsigned_integer(kind)
        small = kind.bit_width < 32 or (kind.bit_width == 32 and not unsigned)
        return IntegerType() if small else DecimalType(20, 0) if kind.bit_width == 64 and unsigned else LongType()
    if name == "label_group" and kind in (pa.float32(), pa.float64()):  # what pandas makes of numbers where one lacks
        return DoubleType() if kind == pa.float64() else FloatType()
    raise InputError(f"{uri}: column {name} is {shown(str(kind))}; expected text or whole numbers")


def read_parquet(spark: SparkSession, uri: str) -> DataFrame:
    """The same of Parquet files, of which no row is broken.

    Raises:
        InputError: a file is no whole Parquet file, lacks a column, or has one that is neither text nor whole numbers.
    """
    named = parquet_schema(uri, LISTINGS.names)
    _check_columns(uri, list(named))
    types = {c: kind for c, kind in named.items() if not pa.types.is_null(kind)}
    schema = StructType([StructField(c, _spark_type(uri, c, kind)) for c, kind in types.items()])
    raw = spark.read.schema(schema).parquet(spark_path(uri))
    known = [_as_text(c, schema[c].dataType) if c in types else _nothing(c) for c in LISTINGS.names]
    return raw.select(*known, *map(_nothing, (CORRUPT, FAULT, WHERE)), F.monotonically_increasing_id().alias(ORDER))


def _as_text(name: str, kind: DataType) -> Column:
    whole = F.col(name).cast("bigint") if isinstance(kind, DoubleType | FloatType) else F.col(name)
    return F.make_valid_utf8(whole.cast("string")).alias(name)


def _nothing(name: str) -> Column:
    return F.lit(None).cast("string").alias(name)
