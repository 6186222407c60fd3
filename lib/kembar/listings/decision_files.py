"""Reads the rows of a file of decisions as spreadsheets save it.

In countries with a decimal comma, spreadsheets separate columns by semicolons. Some separate them by tabs, and some
write `sep=;` above the header. Excel leaves out the separators of empty cells at the end of a row. All these are read.
Encodings other than UTF-8 are an error, because they can only be guessed.
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
    """A row.

    Attributes:
        number: Its number in a spreadsheet, from 1.
        values: Its trimmed values by column, "" if a cell is missing.
    """

    number: int
    values: dict[str, str]


def read_rows(
    uri: str, required: Sequence[str], optional: Sequence[str] = (), names: Mapping[str, str] | None = None
) -> list[Row]:
    """Read the rows of a CSV file after its header. Rows of empty cells are left out.

    Args:
        uri: A file in UTF-8 with columns separated by commas, semicolons or tabs.
        required: Columns that the file must have, in any order and case.
        optional: Columns that it may have. All others are left out.
        names: Other names of columns, each with the name that it stands for. They count if that name is not there.

    Raises:
        InputError: The file is missing, is not UTF-8, or lacks a column.
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
    filled = [(number, row) for number, row in enumerate(rows[1:], start=2 + skipped) if any(row)]
    return [Row(number, {c: row[at] if at < len(row) else "" for c, at in places.items()}) for number, row in filled]


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
    """The number of lines above the header, the separator of columns, and the text from the header on."""
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
    """The number of the row that cannot be read."""
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
