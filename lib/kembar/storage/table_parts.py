"""The parts that a table consists of, measured, and the check that no row got lost."""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kembar.errors import RunError
from kembar.storage.paths import filesystem_of, join_uri
from kembar.storage.tables import list_parts


@dataclass(frozen=True)
class NewTable:
    """What a table is to consist of.

    kept: parts that are in its folder already and stay as they are; staged: URIs of new part files, or of folders
    that Spark wrote.
    """

    staged: list[str]
    kept: list[str] = field(default_factory=list)

    def parts_in(self, folder: str) -> list[str]:
        """URIs of all its part files before it is published: new ones, and kept ones in the table's folder."""
        return [*self.new_parts(), *(join_uri(folder, name) for name in self.kept)]

    def new_parts(self) -> list[str]:
        """URIs of the part files that are not in the table's folder yet."""
        files = [[uri] if uri.endswith(".parquet") else list_parts(uri) for uri in self.staged]
        return [part for each in files for part in each]


def measure(uri: str) -> dict[str, int]:
    filesystem, path = filesystem_of(uri)
    rows = pq.read_metadata(path, filesystem=filesystem).num_rows
    return {"rows": rows, "bytes": filesystem.get_file_info(path).size}


def is_whole(uri: str, facts: dict[str, int] | None) -> bool:
    try:
        measured = measure(uri)
        return facts is None or facts == measured
    except (OSError, pa.ArrowException):
        return False


def table_rows(manifest: dict[str, Any], name: str) -> int:
    """How many rows a table of a manifest has."""
    return sum(part["rows"] for part in manifest["tables"][name]["parts"].values())


def check_row_counts(stage: str, came: int, **went: int) -> None:
    """Check that what came into a stage went somewhere.

    Raises:
        RunError: it did not; nothing is published then.

    >>> check_row_counts("read", 10, usable=8, quarantined=2)
    """
    if came != sum(went.values()):
        parts = " + ".join(f"{count} {name.replace('_', ' ')}" for name, count in went.items())
        raise RunError(f"stage {stage} does not add up: {came} rows came in, {parts} went out; nothing was published")
