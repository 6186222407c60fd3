"""Lists the names of files in the images folder, and keeps the lists for a while."""

import os
import time
from collections import defaultdict
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pyarrow.fs as pafs
from pyarrow.fs import LocalFileSystem

from kembar.encoding.photo_names import spellings_of_file
from kembar.storage.paths import filesystem_of

_MOST_LISTED = 500_000
"""The most files of a folder in which other spellings are found. In a larger one, only exact names are."""

_LISTED_ANEW_S = 300
"""Seconds after which a folder of a store is listed again, because a store does not say when it changed."""


@lru_cache(maxsize=64)
def real_root(root: str) -> Path:
    return Path(root).resolve()


def index_of(folder: str) -> dict[str, set[str]]:
    """The names of the files in a folder by their `spellings_of_file`. Empty if it is missing or too large."""
    filesystem, root = filesystem_of(folder)
    if isinstance(filesystem, LocalFileSystem):
        try:
            return _make_index(folder, Path(root).stat().st_mtime_ns)
        except (OSError, ValueError):
            return {}
    return _make_index(folder, int(time.time()) // _LISTED_ANEW_S)


@lru_cache(maxsize=256)
def _make_index(folder: str, _as_of: int) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for name in list_names(folder, _MOST_LISTED):
        for key in spellings_of_file(name):
            keys[key].add(name)
    return dict(keys)


def list_names(folder: str, most: int) -> list[str]:
    """The names in a folder. Empty if the folder is missing, cannot be read, or has more than `most`."""
    filesystem, root = filesystem_of(folder)
    try:
        if isinstance(filesystem, LocalFileSystem):
            with os.scandir(root) as entries:
                names = [entry.name for entry in islice(entries, most + 1)]
        else:
            found = filesystem.get_file_info(pafs.FileSelector(root, allow_not_found=True))
            names = [info.base_name for info in found]
    except (OSError, ValueError):
        return []
    return names if len(names) <= most else []
