"""Finds out how a catalogue's CSV file is written, and reads its records.

A byte order mark decides the encoding, and the header decides the delimiter. To learn whether a backslash escapes
quotes, the beginning of the file is read both ways. If a file is in another encoding, the error suggests a likely one;
kembar never guesses.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kembar.errors import InputError
from kembar.storage.csv_dialects import COMMAS, DELIMITERS, Dialect
from kembar.storage.csv_records import UNDECODED, Record, Shape, read_header, read_records
from kembar.storage.text_files import open_text, shown

_SAMPLE = 4_000_000
"""Characters at the beginning of a file that show how it is encoded and how its quotes are escaped."""
_SAMPLE_LINES = 200
_MOST_UNDECODED = 0.2
"""A file with a larger share of undecodable lines is in another encoding. Below it, single lines are damaged."""
_MOST_UNDECODED_OF_SAMPLE = 0.5
"""The same for the beginning alone, checked first because Spark retries a task that fails."""
_SUGGESTED = 3
_SHOWN = 80
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32"}


@dataclass(frozen=True)
class CsvFile:
    """A CSV file and how it is written.

    Attributes:
        uri: Its path or URI.
        encoding: The setting `listings.encoding`.
        header: The names of its columns.
        dialect: How they are separated and quoted.
    """

    uri: str
    encoding: str
    header: tuple[str, ...]
    dialect: Dialect


def inspect_csv(uri: str, encoding: str, fits: Callable[[Sequence[str]], bool]) -> CsvFile:
    """Find out how a CSV file is written.

    Args:
        uri: The file.
        encoding: The setting `listings.encoding`.
        fits: Tells whether names of columns are those of the table. The first delimiter that gives such names is used,
            or the comma if none does.

    Raises:
        InputError: The file cannot be opened, or most of its beginning is in another encoding.
    """
    _check_beginning(uri, encoding)
    found = []
    for delimiter in DELIMITERS:
        dialect = Dialect(delimiter)
        with open_text(uri, encoding) as text:
            header = tuple(read_header(text, dialect))
        if fits(header):
            return CsvFile(uri, encoding, header, dialect)
        found.append(header)
    return CsvFile(uri, encoding, found[0], COMMAS)


def _check_beginning(uri: str, encoding: str) -> None:
    with open_text(uri, encoding) as text:
        lines = text.read(_SAMPLE).splitlines()[1:]
        codec = _NAMES.get(text.encoding, text.encoding)
    undecoded = [line for line in lines if UNDECODED.search(line)]
    seen = _Undecoded(len(lines), len(undecoded), undecoded[:_SAMPLE_LINES])
    seen.check(uri, codec, _MOST_UNDECODED_OF_SAMPLE)


def csv_records(file: CsvFile, shape: Callable[[list[str]], Shape]) -> Iterator[Record]:
    """Read the records of a file, without its header.

    Args:
        file: The result of `inspect_csv`.
        shape: Gives the known shape of the rows under a header.

    Raises:
        InputError: After the last record: too many records could not be decoded.
    """
    header = list(file.header)
    file = replace(file, dialect=_with_escapes(file, shape(header)))
    seen = _Undecoded()
    with open_text(file.uri, file.encoding) as text:
        encoding = _NAMES.get(text.encoding, text.encoding)
        for record in read_records(text, len(header), shape(header), file.dialect, encoding):
            seen.add(record)
            yield record
    seen.check(file.uri, encoding)


def _with_escapes(file: CsvFile, shape: Shape) -> Dialect:
    """The dialect in which the beginning of a file has fewer odd records: with escaped quotes or without.

    A backslash before a quote proves nothing, because a title may end in a backslash.
    """
    with open_text(file.uri, file.encoding) as text:
        sample = text.read(_SAMPLE)
    if '\\"' not in sample:
        return file.dialect
    escaped = replace(file.dialect, backslash=True)
    counts = [_count_odd(sample, len(file.header), shape, dialect) for dialect in (file.dialect, escaped)]
    return escaped if counts[1] < counts[0] else file.dialect


def _count_odd(sample: str, columns: int, shape: Shape, dialect: Dialect) -> int:
    """Count the broken records, and those with an escaped quote in a field whose opening quote was read as text."""
    records = read_records(io.StringIO(sample, newline=""), columns, shape, dialect)
    return sum(
        bool(record.fault) or any(text.startswith('"') and '\\"' in text for text in record.fields)
        for record in records
    )


@dataclass
class _Undecoded:
    """Counts the lines of a file that cannot be decoded, and keeps some of them."""

    lines: int = 0
    undecoded: int = 0
    sample: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        self.lines += 1
        if record.undecoded:
            self.undecoded += 1
            if len(self.sample) < _SAMPLE_LINES:
                self.sample.append(record.undecoded.strip())

    def check(self, uri: str, encoding: str, most: float = _MOST_UNDECODED) -> None:
        """Raises InputError if all lines are undecodable, or at least two and more than the share `most`."""
        if self.undecoded and self.undecoded >= min(self.lines, max(2, most * self.lines)):
            names = _likely_encodings(self.sample) if encoding == _NAMES["utf-8"] else []
            raise InputError(
                f"{uri}: {self.undecoded:,} of {self.lines:,} lines are not {encoding}{self._seem(names)}; save it as "
                f"UTF-8, or name its encoding, such as --set listings.encoding={names[0] if names else 'gbk'}"
            )

    def _seem(self, names: list[str]) -> str:
        if not names:
            return ""
        reads = shown(_as_bytes(self.sample[0]).decode(names[0], "replace"), _SHOWN)
        return f", but likely {' or '.join(names)} (by {names[0]} the first of them reads: {reads})"


def _as_bytes(line: str) -> bytes:
    """The bytes of a line that was read as UTF-8."""
    return line.encode("utf-8", "surrogateescape")


def _likely_encodings(lines: list[str]) -> list[str]:
    """Python's names of the encodings that fit some lines best, most likely first."""
    from charset_normalizer import from_bytes  # needed for this message alone

    found = from_bytes(b"\n".join(map(_as_bytes, lines)))
    # Encodings of old Macs resemble many others, and hardly any file uses them.
    known = [match for match in found if not match.encoding.startswith(("utf", "ascii", "mac"))]
    alike = [match.encoding for match in known if match.chaos == known[0].chaos]
    # Windows wrote most such files, and most of them in Western Europe.
    return sorted(alike, key=lambda name: (name != "cp1252", not name.startswith("cp125")))[:_SUGGESTED]
