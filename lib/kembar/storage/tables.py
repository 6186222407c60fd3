"""Writes and reads Parquet tables by URI, with Spark or with Arrow alone."""

import posixpath
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from kembar.errors import InputError
from kembar.schemas import conform, require_schema
from kembar.storage.files import SUCCESS, read_manifest, require
from kembar.storage.paths import filesystem_of, join_uri, spark_path, spark_pattern
from kembar.storage.text_files import parquet_schema

_ROWS_AT_ONCE = 4_096


def list_parts(folder: str) -> list[str]:
    """The Parquet files of a folder, as URIs in order of their names. A missing folder has none."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(pafs.FileSelector(path, allow_not_found=True))
    names = (info.base_name for info in found if info.type == pafs.FileType.File)
    return [join_uri(folder, name) for name in sorted(names) if name.endswith(".parquet")]


def write_table(df: DataFrame, uri: str, schema: StructType) -> None:
    """Write a table as Parquet and replace an old one. Spark's `_SUCCESS` marks it as whole."""
    conform(df, schema, posixpath.basename(uri)).write.mode("overwrite").parquet(spark_path(uri))


def write_arrow(table: pa.Table, uri: str) -> None:
    """Write an Arrow table as one Parquet file."""
    filesystem, path = filesystem_of(uri)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    pq.write_table(table, path, filesystem=filesystem)


def part_rows(uri: str) -> int:
    """Count the rows of one Parquet file by its footer."""
    filesystem, path = filesystem_of(uri)
    return int(pq.read_metadata(path, filesystem=filesystem).num_rows)


def read_part(uri: str, columns: list[str]) -> pa.Table:
    """Read some columns of one Parquet file."""
    filesystem, path = filesystem_of(uri)
    return pq.ParquetFile(path, filesystem=filesystem).read(columns)


def read_batches(uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Read some columns of one Parquet file, 4,096 rows at a time."""
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_file(path) as file:
        yield from pq.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, columns=columns)


def table_parts(uri: str) -> list[str]:
    """List the files of a table that a job wrote: those in the manifest beside it, with their sizes checked.

    Without such a manifest the whole folder is the table, if it has a `_SUCCESS`.

    Raises:
        InputError: The table is missing or unfinished, or a part is missing or has another size.
    """
    require(uri, "table")
    folder, name = posixpath.split(uri.rstrip("/"))
    listed = read_manifest(folder).get("tables", {}).get(name)
    if listed is None:
        require(join_uri(uri, SUCCESS), f"the mark of a finished write in table {uri}")
        return [uri]
    parts = {join_uri(uri, part): facts["bytes"] for part, facts in listed["parts"].items()}
    filesystem, _ = filesystem_of(uri)
    for part, found in zip(parts, filesystem.get_file_info([filesystem_of(part)[1] for part in parts]), strict=True):
        if found.size != parts[part]:
            raise InputError(
                f"{part} has {found.size or 0} bytes, {parts[part]} were written: the table was damaged, or is being "
                "replaced just now; run the job that wrote it again"
            )
    return list(parts)


def read_table(spark: SparkSession, uri: str, schema: StructType) -> DataFrame:
    """Read a table that a job wrote.

    Raises:
        InputError: As `table_parts`, or the table does not fit its schema.
    """
    for part in (parts := table_parts(uri)):  # all are whole, and none names code to import
        found = from_arrow_schema(pa.schema(parquet_schema(part)))
        require_schema(found, schema, posixpath.basename(uri))
    return read_parts(spark, parts, schema)


def read_parts(spark: SparkSession, parts: list[str], schema: StructType | None = None) -> DataFrame:
    """Read Parquet files or folders as one table. With a schema, Spark need not read a footer first."""
    reader = spark.read if schema is None else spark.read.schema(schema)
    return reader.parquet(*map(spark_pattern, parts))


def rewrite_table(df: DataFrame, uri: str) -> DataFrame:
    """Write an intermediate table as files and read it back, so that it is computed once and has no lineage."""
    df.write.mode("overwrite").parquet(spark_path(uri))
    return read_parts(df.sparkSession, [uri], df.schema)


def read_arrow(uri: str, columns: list[str] | None = None, where: ds.Expression | None = None) -> pa.Table:
    """Read a table, or some of its columns and rows, into this process by Arrow, without Spark."""
    filesystem, path = filesystem_of(uri)
    found = table_parts(uri)
    within: Any = path if found == [uri] else [filesystem_of(part)[1] for part in found]
    return ds.dataset(within, format="parquet", filesystem=filesystem, exclude_invalid_files=True).to_table(
        columns, where
    )


def collect_table(spark: SparkSession, uri: str, schema: StructType, columns: list[str] | None = None) -> pa.Table:
    """Read a table that a job wrote, or some of its columns, into this process. Raises InputError as `read_table`."""
    read_table(spark, uri, schema)  # checks that it is whole and fits its schema
    return read_arrow(uri, columns)  # faster than collecting with Spark
