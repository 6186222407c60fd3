"""Files and tables by URI: local disk, HDFS, S3 and whatever else Spark and Arrow read."""

import hashlib
import json
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType

from kembar.errors import InputError
from kembar.fingerprints import exact_encoder
from kembar.paths import filesystem_of as filesystem_of
from kembar.paths import join_uri as join_uri
from kembar.paths import spark_path as spark_path
from kembar.paths import spark_pattern
from kembar.schemas import conform, require_schema

MANIFEST, SUMMARY, SUCCESS = "manifest.json", "summary.json", "_SUCCESS"
_ROWS_AT_ONCE = 4_096


def exists(uri: str) -> bool:
    filesystem, path = filesystem_of(uri)
    return bool(filesystem.get_file_info(path).type != pafs.FileType.NotFound)


def require(uri: str, what: str) -> None:
    """Raises InputError naming `what` where nothing is at `uri`."""
    if not exists(uri):
        raise InputError(f"{what} not found: {uri}")


def describe_input(uri: str) -> dict[str, Any]:
    """What an input file or folder is, in a manifest: its URI, bytes, and time of last change."""
    filesystem, path = filesystem_of(uri)
    info = filesystem.get_file_info(path)
    changed = info.mtime.isoformat(timespec="seconds") if info.mtime else None
    known = {"uri": uri, "bytes": info.size, "changed": changed}
    return known | ({"codes": codes} if (codes := codes_of(uri)) else {})


def codes_of(encoded: str) -> str | None:
    """A fingerprint of which encoded listings a folder holds; None where no manifest says."""
    manifest = join_uri(encoded, MANIFEST)
    listed = read_json(manifest).get("tables", {}).get("listings") if exists(manifest) else None
    return hashlib.blake2b(json.dumps(listed, sort_keys=True).encode(), digest_size=8).hexdigest() if listed else None


def delete(*uris: str) -> None:
    """Remove files and folders, where they are there."""
    for uri in uris:
        filesystem, path = filesystem_of(uri)
        kind = filesystem.get_file_info(path).type
        if kind == pafs.FileType.Directory:
            filesystem.delete_dir(path)
        elif kind != pafs.FileType.NotFound:
            filesystem.delete_file(path)


def delete_empty(uri: str) -> None:
    """Remove a folder in which there is nothing but folders."""
    filesystem, path = filesystem_of(uri)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    if all(info.type == pafs.FileType.Directory for info in found):
        delete(uri)


def move(source: str, target: str) -> None:
    """Rename a file within one filesystem, making the target's folder."""
    filesystem, path = filesystem_of(target)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    filesystem.move(filesystem_of(source)[1], path)


def list_parts(folder: str) -> list[str]:
    """The Parquet files of a folder, as URIs in order of their names; none where there is no folder."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(pafs.FileSelector(path, allow_not_found=True))
    names = (info.base_name for info in found if info.type == pafs.FileType.File)
    return [join_uri(folder, name) for name in sorted(names) if name.endswith(".parquet")]


def list_paths(folder: str) -> list[str]:
    """All files below a folder as paths relative to it, in order; none where there is no folder."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    return sorted(posixpath.relpath(info.path, path) for info in found if info.type == pafs.FileType.File)


def write_bytes(uri: str, data: bytes) -> None:
    """Write a whole file under a temporary name, then rename it, so that no reader sees half of it."""
    filesystem, path = filesystem_of(uri)
    folder = posixpath.dirname(path)
    filesystem.create_dir(folder, recursive=True)
    partial = posixpath.join(folder, f".{uuid.uuid4().hex[:12]}.partial")  # a name that no file of anybody has
    try:
        with filesystem.open_output_stream(partial) as stream:
            stream.write(data)
    except OSError:  # a full disk most of all: what there is of it is in the way
        with suppress(OSError):
            filesystem.delete_file(partial)
        raise
    filesystem.move(partial, path)


def read_bytes(uri: str) -> bytes:
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_stream(path) as stream:
        return bytes(stream.read())


def as_json(value: dict[str, Any]) -> bytes:
    """A JSON file for people to read."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def file_bytes(uri: str) -> int:
    """How large a file is."""
    filesystem, path = filesystem_of(uri)
    return int(filesystem.get_file_info(path).size or 0)


def write_json(uri: str, value: dict[str, Any]) -> None:
    write_bytes(uri, as_json(value))


def read_json(uri: str) -> dict[str, Any]:
    """Raises InputError where the file is missing or no JSON object."""
    require(uri, "file")
    try:
        value = json.loads(read_bytes(uri))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{uri} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{uri}: expected a JSON object, received {type(value).__name__}")
    return value


def write_table(df: DataFrame, uri: str, schema: StructType) -> None:
    """Write a table as Parquet, replacing what was there; Spark's _SUCCESS marks it as whole."""
    conform(df, schema, posixpath.basename(uri)).write.mode("overwrite").parquet(spark_path(uri))


def write_arrow(table: pa.Table, uri: str) -> None:
    """Write a table that this process has as one Parquet file."""
    filesystem, path = filesystem_of(uri)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    pq.write_table(table, path, filesystem=filesystem)


def part_rows(uri: str) -> int:
    """Rows of one Parquet file, by its footer."""
    filesystem, path = filesystem_of(uri)
    return int(pq.read_metadata(path, filesystem=filesystem).num_rows)


def read_part(uri: str, columns: list[str]) -> pa.Table:
    """Some columns of one Parquet file."""
    filesystem, path = filesystem_of(uri)
    return pq.ParquetFile(path, filesystem=filesystem).read(columns)


def read_batches(uri: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of one Parquet file, piece by piece."""
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_file(path) as file:
        yield from pq.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, columns=columns)


def table_parts(uri: str) -> list[str]:
    """The files of a table that a job wrote: those that the manifest beside it names, as they were written.

    A folder without such a manifest is one table as a whole, if `_SUCCESS` says that it is one.

    Raises:
        InputError: the table is missing or was never finished, or a part is missing or of another length.
    """
    require(uri, "table")
    folder, name = posixpath.split(uri.rstrip("/"))
    manifest = join_uri(folder, MANIFEST)
    listed = read_json(manifest).get("tables", {}).get(name) if exists(manifest) else None
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
        InputError: as `table_parts`, or it does not fit its schema.
    """
    from kembar.inputs import parquet_schema  # which itself finds its files by this module

    for part in (parts := table_parts(uri)):  # all are whole, and none names code that PySpark would import
        found = from_arrow_schema(pa.schema(parquet_schema(part)))
        require_schema(found, schema, posixpath.basename(uri))
    return read_parts(spark, parts, schema)


def read_parts(spark: SparkSession, parts: list[str], schema: StructType | None = None) -> DataFrame:
    """Parquet files or folders as one table; told the schema, Spark reads no footer for it."""
    reader = spark.read if schema is None else spark.read.schema(schema)
    return reader.parquet(*map(spark_pattern, parts))


def rewrite_table(df: DataFrame, uri: str) -> DataFrame:
    """Write an intermediate table as files and read it back: computed once, and with no lineage behind it."""
    df.write.mode("overwrite").parquet(spark_path(uri))
    return read_parts(df.sparkSession, [uri], df.schema)


def read_arrow(uri: str, columns: list[str] | None = None, where: ds.Expression | None = None) -> pa.Table:
    """A table that Spark wrote, or some columns or rows of it, past Spark: read by Arrow into this process."""
    filesystem, path = filesystem_of(uri)
    found = table_parts(uri)
    within: Any = path if found == [uri] else [filesystem_of(part)[1] for part in found]
    return ds.dataset(within, format="parquet", filesystem=filesystem, exclude_invalid_files=True).to_table(
        columns, where
    )


def collect_table(spark: SparkSession, uri: str, schema: StructType, columns: list[str] | None = None) -> pa.Table:
    """A table that a job wrote, or some columns of it, in this process.

    Raises:
        InputError: as `read_table`.
    """
    read_table(spark, uri, schema)  # says whether it is whole and of its schema
    return read_arrow(uri, columns)  # and this is quicker than Spark at bringing it here


def read_summary(matched: str) -> dict[str, Any]:
    """The counts of a match run; raises InputError where it did not finish."""
    require(uri := join_uri(matched, SUMMARY), "the summary of a finished match run")
    return read_json(uri)


def least_kept(matched: str) -> float:
    """The `scoring.keep_probability` of a match run: it kept pairs from there on; 0 where no manifest says."""
    manifest = join_uri(matched, MANIFEST)
    return float(read_json(manifest)["settings"]["scoring"]["keep_probability"]) if exists(manifest) else 0.0


def require_finished(uri: str, made_by: str) -> dict[str, Any]:
    """The manifest of a folder that a job finished.

    Raises:
        InputError: it is missing or unfinished, or was not encoded by `made_by`, in whichever precision.
    """
    if not exists(join_uri(uri, MANIFEST)):
        raise InputError(
            f"{uri} has no {MANIFEST}: nothing was encoded there, or the run did not finish; run jobs/encode.py"
        )
    manifest = read_json(join_uri(uri, MANIFEST))
    if exact_encoder(str(manifest.get("encoder"))) != made_by:
        raise InputError(
            f"{uri} was encoded by {manifest.get('encoder')}, and this bundle's encoder is {made_by}; "
            "name the bundle that it was encoded with, or encode it again"
        )
    return manifest
