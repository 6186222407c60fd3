"""Tells the kind of an input file by its first and last bytes, not by its name."""

import zipfile
from typing import Literal

import pyarrow as pa

from kembar.errors import InputError
from kembar.storage.paths import filesystem_of
from kembar.storage.text_files import shown

Kind = Literal["CSV", "Parquet"]
_HEAD = 4096
_AS_TABLE = "write it as CSV or Parquet"
_AS_CSV = "save it as CSV UTF-8"
_UNPACK = "unpack it"
_PACKED = "name it by its kind, such as .csv.gz, or unpack it"
_ENCRYPTED = b"PARE"
_FOREIGN: dict[bytes, tuple[str, str]] = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an Excel workbook of the old kind (.xls)", _AS_CSV),
    b"ORC": ("ORC", _AS_TABLE),
    b"Obj\x01": ("Avro", _AS_TABLE),
    b"ARROW1": ("an Arrow or Feather file", _AS_TABLE),
    b"FEA1": ("a Feather file", _AS_TABLE),
    b"SQLite format 3\0": ("an SQLite database", _AS_TABLE),
    b"\x89HDF": ("HDF5", _AS_TABLE),
    b"\x80\x04": ("a Python pickle", _AS_TABLE),
    b"\x80\x05": ("a Python pickle", _AS_TABLE),
    b"7z\xbc\xaf": ("a 7z archive", _UNPACK),
    b"Rar!": ("a RAR archive", _UNPACK),
    b"\x1f\x8b": ("gzip", _PACKED),
    b"BZh": ("bzip2", _PACKED),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _PACKED),
    b"\xfd7zXZ": ("xz", _UNPACK),
    b"%PDF": ("a PDF", _AS_TABLE),
    b"\xff\xd8\xff": ("a JPEG photo", "name the catalogue, and the photos' folder with --images"),
    b"\x89PNG": ("a PNG picture", "name the catalogue, and the photos' folder with --images"),
}


def kind_of(uri: str) -> Kind:
    """Tell whether a file is Parquet. A file of no known kind counts as CSV.

    Raises:
        InputError: The file is of another known kind, or cannot be opened. The message has a remedy.
    """
    try:
        head, tail, text = _ends(uri)
    except (OSError, EOFError, pa.ArrowException) as error:
        raise InputError(f"{uri} cannot be read to its end: {shown(str(error))}; copy or make it again") from error
    if head[:4] == _ENCRYPTED or tail == _ENCRYPTED:
        raise InputError(
            f"{uri}: expected plain Parquet, received Parquet that is encrypted; write it without encryption"
        )
    if b"PAR1" in (head[:4], tail):
        return "Parquet"
    if kind := _foreign(uri, head, text):
        raise InputError(f"{uri}: expected CSV or Parquet, received {kind[0]}; {kind[1]}")
    return "CSV"


def _ends(uri: str) -> tuple[bytes, bytes, bytes]:
    """The first 4,096 bytes of a file, its last four, and its first 4,096 bytes after decompression by its name."""
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_file(path) as file:
        size = file.size()
        head, tail = file.read_at(min(_HEAD, size), 0), file.read_at(4, size - 4) if size >= 12 else b""
    with filesystem.open_input_stream(path) as stream:
        return head, tail, stream.read(_HEAD)


def _foreign(uri: str, head: bytes, text: bytes) -> tuple[str, str] | None:
    """The name of another kind of file, and a remedy."""
    if text[:4] == b"PAR1":
        return "packed Parquet", _UNPACK
    if text[:4] == b"PK\x03\x04":
        return _zipped(uri) if text == head else ("a packed zip file", _UNPACK)
    for mark, kind in _FOREIGN.items():
        if text.startswith(mark):
            return kind
    begin = text.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith((b'{"', b"[{", b"[\n", b"[\r\n", b"{}", b"[]", b"[ {")) or begin[:1] == b"{":
        return "JSON", _AS_TABLE
    if begin.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        return "HTML or XML", _AS_TABLE
    return None


def _zipped(uri: str) -> tuple[str, str]:
    """The kind of a zip file, since spreadsheets are zip files, and a remedy."""
    filesystem, path = filesystem_of(uri)
    try:
        with filesystem.open_input_file(path) as file, zipfile.ZipFile(file) as packed:  # type: ignore[arg-type]
            names = packed.namelist()
            mimetype = packed.open("mimetype").read(100) if "mimetype" in names else b""
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return "a damaged zip file", "copy or make it again"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook", _AS_CSV
    if b"opendocument.spreadsheet" in mimetype:
        return "an OpenDocument spreadsheet", _AS_CSV
    if "Index/Document.iwa" in names:
        return "a Numbers spreadsheet", _AS_CSV
    return "a zip file", _UNPACK


def common_kind(files: list[str], wanted: str = "auto") -> Kind:
    """Tell the kind that all files of a catalogue share.

    Args:
        files: At least one file.
        wanted: The setting `listings.format`: "auto", "csv" or "parquet".

    Raises:
        InputError: As `kind_of`, the files are of both kinds, or they are not of the wanted kind.
    """
    kinds = {file: kind_of(file) for file in files}
    parquet = [file for file in files if kinds[file] == "Parquet"]
    csv = [file for file in files if kinds[file] == "CSV"]
    if wanted == "csv" and parquet:
        raise InputError(f"{parquet[0]}: expected CSV, received Parquet; see the setting listings.format")
    if wanted == "parquet" or not csv:
        return "Parquet"
    if parquet and len(parquet) >= len(csv):
        raise InputError(
            f"{csv[0]}: expected a whole Parquet file as {parquet[0]} is, received something else; "
            "remove it from the folder, or make it again"
        )
    if parquet:
        raise InputError(f"{parquet[0]}: expected CSV as {csv[0]} is, received Parquet; remove it from the folder")
    return "CSV"
