"""Rows of a file of decisions as people's spreadsheets save it: encodings, separators, short and empty rows.

A spreadsheet in a country that writes decimals with a comma separates columns by semicolons, one that saves text does
so by tabs; some write `sep=;` above the header. After a few rows Excel leaves out the separators of empty cells at a
row's end. All these are read. What another encoding than UTF-8 says can only be guessed, so that is an error.
"""

import codecs
import csv
import io
import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from kembar.errors import InputError
from kembar.storage.files import read_bytes, require
from kembar.storage.text_files import shown

SEPARATORS = (",", ";", "\t")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE = 'save it as "CSV UTF-8"'


@dataclass(frozen=True)
class Row:
    """A row by its number as a spreadsheet counts, from 1; its values by column, trimmed, "" where there is none."""

    number: int
    values: dict[str, str]


def read_rows(
    uri: str, required: Sequence[str], optional: Sequence[str] = (), names: Mapping[str, str] | None = None
) -> list[Row]:
    """The rows of a CSV file below its header, without those in which every cell is empty.

    Args:
        uri: The file: UTF-8, its columns separated by commas, semicolons or tabs.
        required: Columns that must be there, in whatever order and upper or lower case.
        optional: Columns that may be there; all others are left out.
        names: Other names of columns, and what they stand for where that is not there.

    Raises:
        InputError: the file is missing, is not UTF-8, or lacks a column.
    """
    require(uri, "decisions")
    name = posixpath.basename(uri)
    try:
        text = _decode(name, read_bytes(uri))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{name} cannot be read: {shown(str(error))}") from error
    names = names or {}
    skipped, separator, text = _layout(text, [*required, *names])
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError(f"{name} is not a CSV of {', '.join(required)}: row {_place(text, separator)}: {error}") from (
            error
        )
    header = [cell.lower() for cell in rows[0]] if rows else []
    header = [cell if names.get(cell, cell) in header else names[cell] for cell in header]
    _check_header(name, header, required, optional)
    places = {column: header.index(column) for column in (*required, *optional) if column in header}
    return [
        Row(number + skipped, {c: row[at] if at < len(row) else "" for c, at in places.items()})
        for number, row in enumerate(rows[1:], start=2)
        if any(row)
    ]


def _decode(name: str, data: bytes) -> str:
    if data.startswith(_WORKBOOKS):
        raise InputError(f"{name} is an Excel workbook or a zip file, expected CSV: {_SAVE}")
    encoding = "UTF-32" if data.startswith(_UTF_32_MARKS) else "UTF-16" if data.startswith(_UTF_16_MARKS) else None
    if encoding:
        raise InputError(f'{name} is {encoding}, as Excel saves "Unicode Text", expected UTF-8: {_SAVE}')
    if b"\0" in data:
        raise InputError(f"{name} holds NUL bytes and is probably UTF-16, expected UTF-8: {_SAVE}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = 1 + data.count(b"\n", 0, error.start)
        raise InputError(
            f"{name} is not UTF-8: line {row} holds the byte 0x{data[error.start]:02x}, probably a letter with an "
            f"accent in Windows-1252 or a similar encoding: {_SAVE}"
        ) from None


def _layout(text: str, required: Sequence[str]) -> tuple[int, str, str]:
    """How many lines stand above the header, what separates columns, and the text from the header on."""
    first, _, rest = text.partition("\n")
    declared = first.strip().strip('"').lower()
    if declared.startswith("sep=") and len(first.strip().strip('"')) <= 5:
        sign = first.rstrip("\r\n").strip('" ')[4:] or "\t"
        return 1, sign if sign in SEPARATORS else ",", rest
    found = {sign: _columns(first, sign) for sign in SEPARATORS}
    return 0, max(SEPARATORS, key=lambda sign: len(found[sign] & set(required))), text


def _columns(line: str, separator: str) -> set[str]:
    try:
        return {cell.strip().lower() for row in csv.reader([line], delimiter=separator) for cell in row}
    except csv.Error:
        return set()


def _place(text: str, separator: str) -> int:
    """The row at which reading a CSV ends with an error."""
    number = 1
    with suppress(csv.Error):
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
    return number


def _check_header(name: str, header: list[str], required: Sequence[str], optional: Sequence[str]) -> None:
    if not any(header):
        raise InputError(f"{name} is not a CSV of {', '.join(required)}: it is empty, or has no header")
    if missing := [column for column in required if column not in header]:
        raise InputError(
            f"{name}: missing column {', '.join(missing)}; expected {', '.join(required)} "
            f"and optionally {', '.join(optional)}; received {shown(', '.join(header))}"
        )
    if twice := [column for column in (*required, *optional) if header.count(column) > 1]:
        raise InputError(f"{name}: the header names {', '.join(twice)} more than once")
