"""CSV as shops export it, read record by record: one that is broken never takes its neighbours with it.

A quote that is never closed makes the rest of a file one field for most readers. Here a record that does not come
out right (its quote ends nowhere or in the middle of a field, or it has another number of fields than the header)
is given up as far as its first line, and reading goes on at the second. Quotes of two records can also happen to
fit; what is known of a table's rows (`Shape`) tells most of these. Work and memory stay linear: a line without a
quote of its own opens none, and a record is cut off at `LONGEST_RECORD`.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from kembar.storage.csv_dialects import COMMAS, Dialect

LONGEST_RECORD = 1_000_000
"""Characters of a record, at most."""
_MOST_COLUMNS = 1000
_SHOWN = 1000
UNDECODED = re.compile("[\udc00-\udcff]")
_CONTEXT = 40
_NEVER_CLOSED = "a quote is opened and never closed, or not before another record begins"
_TOO_LONG = f"the record has more than {LONGEST_RECORD:,} characters"


@dataclass(frozen=True)
class Record:
    """A record by the number of its first line, from 1: its fields, or the text of that line and what is wrong.

    undecoded: the text as it was read where some of its bytes are no characters, each of those a lone surrogate. Such a
    record has the fields without them; the others are empty.
    """

    line: int
    fields: list[str]
    text: str = ""
    fault: str | None = None
    undecoded: str = ""


@dataclass
class _Fields:
    """A record's fields, fed line by line. open: what a quoted field that goes on has so far; broken: no record."""

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
        """Take the field at `at`; where the next one begins, or None where there is none on this line.

        A quote that does not stand around the whole field is text, as in `24" monitor`, within a line. In a field of
        many lines it shows that the field is none, but took in the records behind it.
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
"""A first line by which Excel is told the delimiter; it is no header."""


class _Lines:
    """A file's lines with their numbers; some can be put back. One that is too long is cut, and its rest skipped."""

    def __init__(self, text: TextIO):
        self._text, self._back, self._read = text, deque[tuple[int, str]](), 0

    def take(self) -> tuple[int, str] | None:
        """The next line's number and text; None at the end of the file."""
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
    """What is known of a table's rows, asked of a record of many lines.

    one_line: the columns in which no line break can be but around the text; likely: whether the fields that a line
    begins with look like a row's, and not like a line of somebody's text that has commas too.
    """

    one_line: tuple[int, ...]
    likely: Callable[[list[str]], bool]

    def fits(self, fields: list[str], lines: list[str], dialect: Dialect) -> bool:
        """Whether these lines are one record of these fields, and not several of which stray quotes happen to fit.

        1. No line break is where none can be. Where the first column alone has some it is as it is written: to give
           it up would make a row of its last line.
        2. No line within begins like a row, nor does the last one as far as the quote that ends the field.
        3. The first and the last line are not both rows if quotes are text, which tells where the known columns stand
           behind the field.
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
    """The fields that a line begins with if it is one of its own, as far as they end on it."""
    fields = _Fields(columns, dialect)
    fields.feed(line)
    return fields.done


def read_header(text: TextIO, dialect: Dialect = COMMAS) -> list[str]:
    """The names that the first record of a CSV has for its columns, none for an empty file."""
    lines = _Lines(text)
    while taken := lines.take():
        if taken[1].strip("\r\n"):
            return [readable(name).strip() for name in _one_record(lines, taken, None, None, dialect)[0].fields]
    return []


def read_records(
    text: TextIO, columns: int, shape: Shape | None = None, dialect: Dialect = COMMAS, encoding: str = "UTF-8"
) -> Iterator[Record]:
    """The records behind the header, each with `columns` fields or with what is wrong; blank lines are none.

    Args:
        text: opened with `newline=""`, a lone surrogate for each byte that is no character.
        columns: how many the header has.
        shape: what is known of the rows.
        dialect: how columns are separated and quotes escaped.
        encoding: what the text is read as, for messages.
    """
    records = _records(_Lines(text), columns, shape, dialect)
    next(records, None)
    return (_decoded(record, raw, encoding) for record, raw in records)


def readable(text: str) -> str:
    """Text in which each byte that is no character is written as `\xe9`."""
    return text if text.isascii() else UNDECODED.sub(lambda found: f"\\x{ord(found.group()) & 0xFF:02x}", text)


def _decoded(record: Record, raw: str, encoding: str) -> Record:
    """The record as it is; one with bytes that are no characters with that as its fault, and its text made readable.

    raw: its lines as they were read.
    """
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
    """The record whose first line this is, and its lines; where it is none, all but the first are put back."""
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
