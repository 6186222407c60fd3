"""Reads CSV as shops export it, so that a broken record does not affect other records.

For most readers a quote that is never closed turns the rest of a file into one field. Here a record is broken if its
quote is never closed, if its quote ends in the middle of a field, or if it has another number of fields than the
header. Then only its first line is given up, and reading goes on with the second. Two stray quotes can also look like a
pair. `Shape` describes the rows of the table and exposes most of these. Time and memory stay linear, because a record
ends at `LONGEST_RECORD`.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from kembar.storage.csv_dialects import COMMAS, Dialect

LONGEST_RECORD = 1_000_000
"""The most characters of a record."""
_MOST_COLUMNS = 1000
_SHOWN = 1000
UNDECODED = re.compile("[\udc00-\udcff]")
_CONTEXT = 40
_NEVER_CLOSED = "a quote is opened and never closed, or not before another record begins"
_TOO_LONG = f"the record has more than {LONGEST_RECORD:,} characters"


@dataclass(frozen=True)
class Record:
    """A record, whole or broken.

    Attributes:
        line: The number of its first line, from 1.
        fields: Its fields. A broken record has none, and a field that could not be decoded is empty.
        text: The first line of a broken record.
        fault: What is wrong, or None.
        undecoded: The text of a record that could not be decoded, with a lone surrogate for each undecodable byte.
    """

    line: int
    fields: list[str]
    text: str = ""
    fault: str | None = None
    undecoded: str = ""


@dataclass
class _Fields:
    """Collects the fields of a record line by line.

    Attributes:
        done: The fields that have ended.
        open: The text so far of a quoted field that goes on in the next line.
        broken: Whether these lines cannot be one record.
    """

    columns: int
    dialect: Dialect = COMMAS
    done: list[str] = field(default_factory=list)
    open: list[str] | None = None
    broken: bool = False

    def feed(self, line: str) -> None:
        """Take the record's next line, with its line end."""
        at: int | None = 0
        while at is not None and not self.broken:
            at = self._take(line, at)

    def _take(self, line: str, at: int) -> int | None:
        """Take the field at `at`. Returns where the next field of the line begins, or None if there is none.

        A quote that does not enclose a whole field is text, as in `24" monitor`. If the field has several lines, such a
        quote shows that it swallowed the records after it.
        """
        continued = self.open is not None
        if continued or line.startswith('"', at):
            begin = at if continued else at + 1
            closing = self.dialect.quoted.match(line, begin)
            if not closing:
                self.open = self.open or []
                self.open.append(line[begin:])
                return None
            if behind := self.dialect.behind.match(line, closing.end()):
                text = "".join([*(self.open or []), closing.group(1)])
                self.open = None
                return self._finish(self.dialect.unescape(text), behind)
            if continued:
                self.broken = True
                return None
        literal = self.dialect.literal.match(line, at)
        assert literal, "a line has no line end but at its end"
        return self._finish(literal.group(1), literal, 2)

    def _finish(self, text: str, behind: re.Match[str], group: int = 1) -> int | None:
        self.done.append(text)
        self.broken = len(self.done) > self.columns
        return behind.end() if behind.group(group) == self.dialect.delimiter else None


_EXCELS_HINT = re.compile(r'"?sep=.?"?\s*', re.I)
"""A first line that tells Excel the delimiter. It is not the header."""


class _Lines:
    """The numbered lines of a file. Lines can be put back, and a line that is too long is cut."""

    def __init__(self, text: TextIO):
        self._text, self._back, self._read = text, deque[tuple[int, str]](), 0

    def take(self) -> tuple[int, str] | None:
        """The number and text of the next line, or None at the end of the file."""
        if self._back:
            return self._back.popleft()
        line = self._text.readline(LONGEST_RECORD + 1)
        if not line:
            return None
        self._read += 1
        if self._read == 1 and _EXCELS_HINT.fullmatch(line):
            return self.take()
        rest = line
        while len(rest) > LONGEST_RECORD and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(LONGEST_RECORD + 1)
        return self._read, line

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extendleft(reversed(lines))


@dataclass(frozen=True)
class Shape:
    """What is known of a table's rows. It is used to check records of several lines.

    Attributes:
        one_line: Columns whose text cannot contain a line break.
        likely: Tells whether the first fields of a line look like a row and not like a line of running text.
    """

    one_line: tuple[int, ...]
    likely: Callable[[list[str]], bool]

    def fits(self, fields: list[str], lines: list[str], dialect: Dialect) -> bool:
        """Whether these lines are one record, and not several whose stray quotes look like a pair.

        1. Columns of `one_line` have no line break. The first column alone is an exception: without it, the last line
           would become a row.
        2. No line after the first begins like a row. Of the last line, only the part before the closing quote counts.
        3. If quotes are read as text, the first and the last line are not both rows.
        """
        over_lines = [column for column, field in enumerate(fields) if "\n" in field.strip()]
        if over_lines != [0] and any(column in over_lines for column in self.one_line):
            return False
        closing = dialect.quoted.match(lines[-1])
        within = [*lines[1:-1], closing.group(1) if closing else lines[-1]]
        if any(self.likely(_begin(line, len(fields), dialect)) for line in within):
            return False
        plain = [line.rstrip("\r\n").split(dialect.delimiter) for line in (lines[0], lines[-1])]
        return not all(len(row) == len(fields) and self.likely(row) for row in plain)


def _begin(line: str, columns: int, dialect: Dialect) -> list[str]:
    """The fields of a line if a record began there, without a field that goes on in the next line."""
    fields = _Fields(columns, dialect)
    fields.feed(line)
    return fields.done


def read_header(text: TextIO, dialect: Dialect = COMMAS) -> list[str]:
    """Read the names of the columns from the first record of a CSV. An empty file has none."""
    lines = _Lines(text)
    while taken := lines.take():
        if taken[1].strip("\r\n"):
            return [readable(name).strip() for name in _one_record(lines, taken, None, None, dialect)[0].fields]
    return []


def read_records(
    text: TextIO, columns: int, shape: Shape | None = None, dialect: Dialect = COMMAS, encoding: str = "UTF-8"
) -> Iterator[Record]:
    """Read the records after the header. Blank lines are skipped.

    Args:
        text: Text opened with `newline=""`, with a lone surrogate for each undecodable byte.
        columns: The number of columns in the header.
        shape: What is known of the rows.
        dialect: How columns are separated and quoted.
        encoding: The encoding, for messages.

    Returns:
        Records of `columns` fields, and broken records with their faults.
    """
    records = _records(_Lines(text), columns, shape, dialect)
    next(records, None)
    return (_decoded(record, raw, encoding) for record, raw in records)


def readable(text: str) -> str:
    """Write each undecodable byte of a text as `\xe9`."""
    return text if text.isascii() else UNDECODED.sub(lambda found: f"\\x{ord(found.group()) & 0xFF:02x}", text)


def _decoded(record: Record, raw: str, encoding: str) -> Record:
    """The record itself, or one with a fault if its lines `raw` have undecodable bytes."""
    if raw.isascii() or not (first := UNDECODED.search(raw)):
        return record
    shown = readable(raw[max(0, first.start() - _CONTEXT) : first.start() + _CONTEXT].strip())
    fault = record.fault or f"line is not {encoding}, see the setting listings.encoding: {shown}"
    fields = ["" if UNDECODED.search(field) else field for field in record.fields]
    return Record(record.line, fields, readable(raw.rstrip("\r\n"))[:_SHOWN], fault, undecoded=raw[:_SHOWN])


def _records(lines: _Lines, columns: int | None, shape: Shape | None, dialect: Dialect) -> Iterator[tuple[Record, str]]:
    """Each record and its lines as they were read."""
    while taken := lines.take():
        if taken[1].strip("\r\n"):
            yield _one_record(lines, taken, columns, shape, dialect)


def _one_record(
    lines: _Lines, first: tuple[int, str], columns: int | None, shape: Shape | None, dialect: Dialect
) -> tuple[Record, str]:
    """The record that begins with this line, and its lines. If it is broken, all lines but the first are put back."""
    number, line = first
    if '"' not in line and line.count(dialect.delimiter) + 1 == columns and len(line) <= LONGEST_RECORD:
        return Record(number, line.rstrip("\r\n").split(dialect.delimiter)), line
    fields, taken, length = _Fields(columns or _MOST_COLUMNS, dialect), [first], len(line)
    fields.feed(line)
    while fields.open is not None and not fields.broken and length <= LONGEST_RECORD and (more := lines.take()):
        taken.append(more)
        length += len(more[1])
        fields.feed(more[1])
    fault = _fault(fields, columns, length, len(taken))
    if not fault and shape and len(taken) > 1 and not shape.fits(fields.done, [text for _, text in taken], dialect):
        fault = _NEVER_CLOSED
    if fault:
        lines.put_back(taken[1:])
        return Record(number, [], line.rstrip("\r\n")[:_SHOWN], fault), line
    return Record(number, fields.done), "".join(text for _, text in taken)


def _fault(fields: _Fields, columns: int | None, length: int, lines: int) -> str | None:
    if lines == 1 and length > LONGEST_RECORD:
        return _TOO_LONG
    if fields.open is not None or (lines > 1 and fields.broken):
        return _NEVER_CLOSED
    if columns is not None and len(fields.done) != columns:
        count = f"more than {columns}" if fields.broken else len(fields.done)
        return f"the record has {count} fields, the header {columns}"
    return None
