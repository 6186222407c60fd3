"""Inspects the files of a catalogue without Spark: their kind by content, their columns and their rows.

A run and a dry run both begin here, so that they report the same.
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
    """A CSV file of a catalogue.

    Attributes:
        file: How it is written. Its header has the known names of known columns.
        columns: The known columns, each with its name in the file.
        fixed: The known columns whose value the names of its folders give.
    """

    file: CsvFile
    columns: dict[str, str]
    fixed: dict[str, str | None]

    @property
    def uri(self) -> str:
        return self.file.uri

    @property
    def rows(self) -> int:
        """The number of records after the header, broken ones included. The whole file is read."""
        return sum(1 for _ in csv_records(self.file, row_shape))


@dataclass(frozen=True)
class CatalogueFiles:
    """All files of a catalogue. Either all are CSV or all are Parquet."""

    csv: list[CsvTable]
    parquet: list[ParquetTable]

    @property
    def files(self) -> Sequence[CsvTable | ParquetTable]:
        return self.csv or self.parquet

    @property
    def columns(self) -> dict[str, str]:
        """The known columns, each with its name in the first file that has it."""
        found: dict[str, str] = {}
        for file in self.files:
            found = {**dict.fromkeys(file.fixed, "the folders' names"), **file.columns} | found
        return {c: found[c] for c in LISTINGS.names if c in found}

    def count_rows(self) -> int:
        """Count all rows, including those that will be quarantined."""
        return sum(file.rows for file in self.files)

    def describe(self) -> str:
        """Describe the kind of the files and the columns that were recognised."""
        return f"{'Parquet' if self.parquet else 'CSV'}, {describe_columns(self.columns)}"

    def renamed(self) -> Mapping[str, str]:
        """The known columns that have another name in some file."""
        return {c: name for f in self.files for c, name in f.columns.items() if name != c}


def inspect_catalogue(uri: str, settings: ListingsSettings | None = None) -> CatalogueFiles:
    """Inspect and check the files of a catalogue without reading all rows.

    Args:
        uri: A file or a folder.
        settings: How listings are read, or None for the defaults.

    Raises:
        InputError: The catalogue is missing or the table of a data lake, or a file has an unknown kind, another kind
            than the rest, or lacks a column.
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
    """A row of listings has at least two of these in their columns: an id of one word, the name of a photo, a hash."""
    known = [(header.index(name), shape) for name, shape in _KNOWN_BY.items() if name in header]

    def likely(fields: list[str]) -> bool:
        return sum(column < len(fields) and bool(shape.search(fields[column])) for column, shape in known) >= 2

    return Shape(tuple(header.index(name) for name in LISTINGS.names if name in header and name != "title"), likely)
