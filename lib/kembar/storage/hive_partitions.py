"""Reads column values from the names of a catalogue's folders, and recognises the tables of data lakes."""

import posixpath
from urllib.parse import unquote

import pyarrow.fs as pafs

from kembar.errors import InputError
from kembar.schemas import LISTINGS
from kembar.storage.paths import canonical, filesystem_of
from kembar.storage.text_files import shown

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_LAKES = {"_delta_log": ("a Delta Lake", "delta"), ".hoodie": ("an Apache Hudi", "hudi")}


def partition_values(root: str, file: str) -> dict[str, str | None]:
    """Read the values that folder names between `root` and a file give to known columns, as Hive and Spark write them.

    >>> partition_values("/shop", "/shop/label_group=a%2Fb/colour=red/part-0.parquet")
    {'label_group': 'a/b'}
    """
    inner = canonical(file).removeprefix(canonical(root).rstrip("/"))
    named = [name.partition("=") for name in posixpath.dirname(inner).split("/") if "=" in name]
    values = {unquote(key).strip().lower(): value for key, _, value in named}
    return {c: None if values[c] == _NOTHING else unquote(values[c]) for c in LISTINGS.names if c in values}


def refuse_lake_table(uri: str) -> None:
    """Refuse a table whose log says which of its files are current. Reading all files would include deleted rows.

    Raises:
        InputError: The folder is a table of Delta Lake, Apache Iceberg or Apache Hudi.
    """
    filesystem, path = filesystem_of(uri)
    for name, (called, kind) in _LAKES.items():
        if filesystem.get_file_info(posixpath.join(path, name)).type == pafs.FileType.Directory:
            raise _refusal(uri, called, kind, name)
    found = filesystem.get_file_info(pafs.FileSelector(posixpath.join(path, "metadata"), allow_not_found=True))
    if any(info.path.endswith(".metadata.json") for info in found):
        raise _refusal(uri, "an Apache Iceberg", "iceberg", "metadata")


def _refusal(uri: str, called: str, kind: str, name: str) -> InputError:
    return InputError(
        f"{shown(uri)}: expected CSV or Parquet files, received {called} table, whose {name} says which of its files "
        f'are current; write its rows as Parquet first: spark.read.format("{kind}").load(...).write.parquet(...)'
    )
