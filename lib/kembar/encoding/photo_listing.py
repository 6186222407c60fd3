"""Names of the files in an images folder, listed once and kept for a while."""

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
"""Files of one folder among which another spelling is looked for; of more only exact names are found."""

_LISTED_ANEW_S = 300
"""Seconds after which the list of a store's folder, which does not say when it changed, is made anew."""


@lru_cache(maxsize=64)
def real_root(root: str) -> Path:
    return Path(root).resolve()


def index_of(folder: str) -> dict[str, set[str]]:
    """The names of a folder's files by their `spellings_of_file`; nothing where it is missing or far too large."""
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
    """What a folder holds, by name: nothing where it is missing, cannot be read, or holds more than `most`."""
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
