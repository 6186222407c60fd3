"""Measures the parts of a table, and checks that no row got lost."""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from kembar.errors import RunError
from kembar.storage.files import file_bytes
from kembar.storage.paths import join_uri
from kembar.storage.tables import list_parts, part_rows


@dataclass(frozen=True)
class NewTable:
    """The parts of a table that is about to be published.

    Attributes:
        staged: URIs of new part files, or of folders that Spark wrote.
        kept: Names of parts in the folder of the table that stay.
    """

    staged: list[str]
    kept: list[str] = field(default_factory=list)

    def parts_in(self, folder: str) -> list[str]:
        """URIs of all part files before the table is published. The kept ones are in `folder`."""
        return [*self.new_parts(), *(join_uri(folder, name) for name in self.kept)]

    def new_parts(self) -> list[str]:
        """URIs of the part files that are not in the table's folder yet."""
        files = [[uri] if uri.endswith(".parquet") else list_parts(uri) for uri in self.staged]
        return [part for each in files for part in each]


def measure(uri: str) -> dict[str, int]:
    return {"rows": part_rows(uri), "bytes": file_bytes(uri)}


def is_whole(uri: str, facts: dict[str, int] | None) -> bool:
    try:
        return measure(uri) == facts or facts is None
    except (OSError, pa.ArrowException):
        return False


def table_rows(manifest: dict[str, Any], name: str) -> int:
    """Count the rows of a table in a manifest."""
    return sum(part["rows"] for part in manifest["tables"][name]["parts"].values())


def check_row_counts(stage: str, came: int, **went: int) -> None:
    """Check that all rows that came into a stage went somewhere.

    Args:
        stage: The name of the stage, for the message.
        came: The number of rows that came in.
        went: The numbers of rows that went out, by where they went.

    Raises:
        RunError: The numbers do not add up, so nothing is published.

    >>> check_row_counts("read", 10, usable=8, quarantined=2)
    """
    if came != sum(went.values()):
        parts = " + ".join(f"{count} {name.replace('_', ' ')}" for name, count in went.items())
        raise RunError(f"stage {stage} does not add up: {came} rows came in, {parts} went out; nothing was published")
