"""The files of a catalogue as they were found: their kind by content, their columns, their rows. Spark is not needed.

A run and a dry run both begin here, so that they say the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kembar.config import ListingsSettings, load_settings
from kembar.listings.columns import describe_columns, find_columns, has_required
from kembar.listings.parquet_files import ParquetTable, inspect_parquet
from kembar.schemas import LISTINGS
from kembar.storage.csv_files import CsvFile, csv_records, inspect_csv
from kembar.storage.csv_records import Shape
from kembar.storage.files import require
from kembar.storage.formats import common_kind
from kembar.storage.hive_partitions import partition_values, refuse_lake_table
from kembar.storage.text_files import list_files

_KNOWN_BY = {
    "posting_id": re.compile(r"^\s*\S+\s*$"),
    "image": re.compile(r"\.(jpe?g|png|webp|gif|avif)\s*$", re.IGNORECASE),
    "image_phash": re.compile(r"^\s*[0-9a-f]{16}\s*$", re.IGNORECASE),
}


@dataclass(frozen=True)
class CsvTable:
    """A CSV file as a catalogue's.

    Attributes:
        file: How it is written; known columns stand in its header by their known names.
        columns: Known columns by the file's own names.
        fixed: Known columns that the names of its folders give a value.
    """

    file: CsvFile
    columns: dict[str, str]
    fixed: dict[str, str | None]

    @property
    def uri(self) -> str:
        return self.file.uri

    @property
    def rows(self) -> int:
        """Records behind the header, broken ones among them: the file is read."""
        return sum(1 for _ in csv_records(self.file, row_shape))


@dataclass(frozen=True)
class CatalogueFiles:
    """All files of a catalogue: of one of the two kinds."""

    csv: list[CsvTable]
    parquet: list[ParquetTable]

    @property
    def files(self) -> Sequence[CsvTable | ParquetTable]:
        return self.csv or self.parquet

    @property
    def columns(self) -> dict[str, str]:
        """Known columns, each with the name that the first file that has it gives it."""
        found: dict[str, str] = {}
        for file in self.files:
            found = {**dict.fromkeys(file.fixed, "the folders' names"), **file.columns} | found
        return {c: found[c] for c in LISTINGS.names if c in found}

    def count_rows(self) -> int:
        """Rows, those that will be quarantined among them."""
        return sum(file.rows for file in self.files)

    def describe(self) -> str:
        """The kind of the files, and which of their columns was taken for which."""
        return f"{'Parquet' if self.parquet else 'CSV'}, {describe_columns(self.columns)}"

    def renamed(self) -> Mapping[str, str]:
        """Known columns that stand under another name in some file."""
        return {c: name for f in self.files for c, name in f.columns.items() if name != c}


def inspect_catalogue(uri: str, settings: ListingsSettings | None = None) -> CatalogueFiles:
    """The files of a catalogue, a file or a folder, checked as far as can be without reading all rows.

    Args:
        uri: what the user named.
        settings: how listings are read; the defaults if left out.

    Raises:
        InputError: it is missing or a table of a lake, a file is of no or of another kind, or lacks a column.
    """
    settings = settings or load_settings().listings
    require(uri, "listings")
    refuse_lake_table(uri)
    files = list_files(uri)
    if common_kind(files, settings.format) == "Parquet":
        return CatalogueFiles([], inspect_parquet(uri, files))
    return CatalogueFiles([_inspect_csv(uri, file, settings.encoding) for file in files], [])


def _inspect_csv(root: str, uri: str, encoding: str) -> CsvTable:
    fixed = partition_values(root, uri)
    file = inspect_csv(uri, encoding, lambda header: has_required(header, list(fixed)))
    columns = find_columns(uri, file.header, list(fixed))
    known = {name: c for c, name in columns.items()}
    named = replace(file, header=tuple(known.get(name, name) for name in file.header))
    return CsvTable(named, columns, {c: v for c, v in fixed.items() if c not in columns})


def row_shape(header: list[str]) -> Shape:
    """What a listing's row is known by: two of an id in one word, the name of a photo and a hash, in their columns."""
    known = [(header.index(name), shape) for name, shape in _KNOWN_BY.items() if name in header]

    def likely(fields: list[str]) -> bool:
        return sum(column < len(fields) and bool(shape.search(fields[column])) for column, shape in known) >= 2

    return Shape(tuple(header.index(name) for name in LISTINGS.names if name in header and name != "title"), likely)
