"""Opens text files in any encoding, and checks the footers of Parquet files before Spark reads them.

Spark's metadata in the footer of a Parquet file can name a Python module for the type of a column, and PySpark imports
it. Such files are refused here.
"""

import codecs
import io
import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from kembar.errors import InputError
from kembar.storage.paths import filesystem_of, join_uri

_MARKED = {  # UTF-32 first: its mark begins like that of UTF-16
    "utf-32": (b"\xff\xfe\0\0", b"\0\0\xfe\xff"),
    "utf-16": (b"\xff\xfe", b"\xfe\xff"),
    "utf-8-sig": (b"\xef\xbb\xbf",),
}
_UNMARKED = ((re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"), (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"))
_UNDECODED = "kembar-undecoded"
_PARQUET = b"PAR1"
_BUFFER = 1 << 20
_AT_ONCE = 16
_SPARK_SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"
_SPARK_READS_FIRST = ("_metadata", "_common_metadata")
_LOOKS_LIKE = {"Parquet": (_PARQUET,), "a zip file": (b"PK\x03\x04",), "gzip": (b"\x1f\x8b",), "a JPEG": (b"\xff\xd8",)}


def list_files(uri: str, besides: Sequence[str] = ()) -> list[str]:
    """List the file at `uri`, or the files of the folder there, sorted.

    Args:
        uri: A file or a folder.
        besides: Names that are listed although they begin with `_` or `.`; other such names are not data.

    Raises:
        InputError: The folder has no files.
    """
    filesystem, root = filesystem_of(uri)
    if filesystem.get_file_info(root).type == pafs.FileType.File:
        return [uri]
    found = filesystem.get_file_info(pafs.FileSelector(root, recursive=True))
    inner = [posixpath.relpath(info.path, root) for info in found if info.type == pafs.FileType.File]
    files = [path for path in sorted(inner) if not any(p[0] in "_." and p not in besides for p in path.split("/"))]
    if not files:
        raise InputError(f"{uri} is a folder without files: expected a CSV or Parquet file, or a folder of them")
    return [join_uri(uri, path) for path in files]


def shown(text: str, most: int = 200) -> str:
    """Make text from a file safe for a message: one line, no control characters, at most `most` characters."""
    safe = "".join(char if char.isprintable() else char.encode("unicode_escape", "replace").decode() for char in text)
    return safe if len(safe) <= most else f"{safe[:most]}…"


def _mark_undecoded(error: UnicodeError) -> tuple[str, int]:
    """A lone surrogate for each undecodable byte, also below 0x80, where `surrogateescape` fails."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_UNDECODED, _mark_undecoded)


@contextmanager
def open_text(uri: str, encoding: str = "auto") -> Iterator[TextIO]:
    """Open a text file. It is decompressed if its name says so.

    Args:
        uri: The file.
        encoding: The name of a Python codec, or "auto". "auto" is UTF-8, or what a byte order mark says.

    Yields:
        The text. Each undecodable byte is a lone surrogate: U+DC00 plus the byte.

    Raises:
        InputError: The file cannot be read to its end, is of another kind, or is UTF-16 without a byte order mark.
    """
    filesystem, path = filesystem_of(uri)
    try:
        with filesystem.open_input_stream(path) as stream:
            buffered = io.BufferedReader(stream, _BUFFER)
            head = buffered.peek(4)[:4]
            for kind, marks in _LOOKS_LIKE.items():
                if head.startswith(marks):
                    raise InputError(f"{uri}: expected CSV, received {kind}; see the setting listings.format")
            codec = _encoding_of(uri, head) if encoding == "auto" else encoding
            yield io.TextIOWrapper(buffered, encoding=codec, errors=_UNDECODED, newline="")
    except (OSError, EOFError, UnicodeError, pa.ArrowException) as error:
        raise InputError(f"{uri} cannot be read to its end: {shown(str(error))}; copy or make it again") from error


def _encoding_of(uri: str, head: bytes) -> str:
    for name, marks in _MARKED.items():
        if head.startswith(marks):
            return name
    for pattern, name in _UNMARKED:
        if pattern.match(head):
            raise InputError(
                f"{uri}: expected UTF-8, received {name.upper()} without its byte order mark; save the file as UTF-8, "
                f"or set listings.encoding={name}"
            )
    return "utf-8"


def read_metadata(uri: str) -> tuple[pa.Schema, pq.FileMetaData]:
    """Read the schema and the footer of a Parquet file.

    Raises:
        InputError: The file is not Parquet, is cut short, cannot be read, or names code to import.
    """
    filesystem, path = filesystem_of(uri)
    try:
        with filesystem.open_input_file(path) as file:
            opened = pq.ParquetFile(file)
            schema, metadata = opened.schema_arrow, opened.metadata
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        if _is_damage(error):
            raise InputError(
                f"{uri}: expected a whole Parquet file, received something else ({shown(str(error), 100)}); copy or "
                "make it again, remove it from the folder, or set listings.format=csv if it is CSV"
            ) from error
        raise parquet_fault(uri, error) from error
    if _names_code((schema.metadata or {}).get(_SPARK_SCHEMA, b"{}")):
        raise InputError(f"{uri} has a column of a user-defined type, which can run code; write the file without it")
    return schema, metadata


def _is_damage(error: Exception) -> bool:
    """Whether an error is about the content of a file, and not about its disk, its store or encryption."""
    return getattr(error, "errno", None) is None and "crypt" not in str(error).lower()


def parquet_fault(uri: str, error: Exception) -> InputError:
    """The error for a Parquet file that could not be read, with a remedy."""
    reason = shown(str(error), 160)
    if _is_damage(error):
        return InputError(
            f"{uri} cannot be read to its end: it is cut short or damaged ({reason}); copy or make it again"
        )
    if "crypt" in str(error).lower():
        return InputError(
            f"{uri}: expected plain Parquet, received Parquet that is encrypted; write it without encryption"
        )
    return InputError(f"{uri} cannot be read now: {reason}; check its disk, object store or permissions, and run again")


def _names_code(spark_schema: bytes) -> bool:
    """Whether a schema in Spark's JSON has a user-defined type. A schema that cannot be read counts as one that has."""

    def within(value: Any) -> bool:
        if isinstance(value, dict):
            return value.get("type") == "udt" or any(map(within, value.values()))
        return isinstance(value, list) and any(map(within, value))

    try:
        return within(json.loads(spark_schema))
    except (ValueError, RecursionError):
        return True


def parquet_schema(uri: str, columns: Sequence[str] | None = None) -> dict[str, pa.DataType]:
    """Read the types of the columns that the Parquet files at `uri` share.

    Args:
        uri: A file or a folder.
        columns: The columns to look at, or None for all.

    Raises:
        InputError: As `read_metadata`, or the type of a column differs between two files.
    """
    files = list_files(uri, _SPARK_READS_FIRST)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(read_metadata, files))
    types = [{f.name: f.type for f in schema if columns is None or f.name in columns} for schema, _ in found]
    for file, each in zip(files, types, strict=True):
        if each != types[0]:
            differ = [c for c in sorted({*each, *types[0]}) if each.get(c) != types[0].get(c)]
            said = ", ".join(f"{c} is {each.get(c, 'missing')}, not {types[0].get(c, 'missing')}" for c in differ)
            raise InputError(f"{file} does not fit {files[0]}: {shown(said)}; write all files in the same format")
    return types[0]
