"""Finds and reads photos by name in the images folder, on a disk or in a store.

A photo can be missing, unreadable at the moment, or broken. Only an unreadable one is tried again, here after a moment
and in the next run (`kembar.encoding.photos.tried_again`).
"""

import errno
import posixpath
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs
from pyarrow.fs import FileSystem, LocalFileSystem

from kembar.encoding.photo_listing import index_of, real_root
from kembar.encoding.photo_names import climbs, possible_paths, spellings_of_name, stays_inside
from kembar.encoding.photos import LINK, NOT_FOUND, NOT_READ, TOO_LARGE, PhotoError
from kembar.storage.paths import filesystem_of, join_uri
from kembar.storage.text_files import shown

_WAITS = (0.1, 0.5, 2.0)
"""Seconds before each further try to read a photo."""
_NO_MORE_WAITS = 10
"""After so many unreadable photos in a row the store is probably down, and each further photo gets one try."""
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
_DENIED = {errno.EACCES, errno.EPERM}
_SHOWN = 120
ABSENT, UNKNOWN = "absent", "unknown"
"""The states of a missing photo, and of one for which the disk or store gave no answer."""


@lru_cache(maxsize=8)
def open_folder(folder: str) -> tuple[FileSystem, str]:
    """Open a folder once in a process, because connecting to a store takes longer than reading a photo."""
    return filesystem_of(folder)


@dataclass
class _Luck:
    """The number of unreadable photos in a row, for a folder in this process."""

    failed: int = 0


@lru_cache(maxsize=8)
def _luck_of(_folder: str) -> _Luck:
    return _Luck()


@dataclass(frozen=True)
class PhotoFolder:
    """The folder with the photos of a catalogue.

    Attributes:
        folder: A path or URI.
        follow_links: Whether a link may lead out of the folder.
        shorten: Whether the leading folders of a name may be left out, see `kembar.encoding.photo_names`.
        bare: Whether the folder has no photos at all.
        patience_s: The time limit for a photo, in seconds. Waiting between tries takes at most half of it.
        advice: What to do if photos are not found, if known.
    """

    folder: str
    follow_links: bool = False
    shorten: bool = True
    bare: bool = False
    patience_s: int = 60
    advice: str | None = None

    def locate(self, names: Iterable[str]) -> dict[str, pafs.FileInfo | None]:
        """Find the files of photos by their names.

        1. Look for all names literally.
        2. For the missing ones, look for the other paths that they may mean.
        3. For those still missing, search the lists of the folders for another spelling.

        Returns:
            The file of each name that was found, or None if the disk or store gave no answer.
        """
        wanted = list(dict.fromkeys(names))
        found = self._files([name for name in wanted if stays_inside(name)])
        paths = {name: self._paths(name) for name in wanted if name not in found}
        others = self._files(list(dict.fromkeys(path for each in paths.values() for path in each)))
        sought = {name: each for name, each in paths.items() if not any(path in others for path in each)}
        spelt = {name: other for name, each in sought.items() if (other := self._spelt_otherwise(each))}
        others |= self._files(list(dict.fromkeys(spelt.values())))
        for name, each in paths.items():
            if path := next((p for p in [*each, spelt.get(name, "")] if p in others), None):
                found[name] = others[path]
        return found

    def states(self, names: list[str | None]) -> list[str]:
        """Size and time of change of each photo, in order, or ABSENT, UNKNOWN, or "" without a name."""
        found = self.locate(name for name in names if name)
        state = {n: f"{info.size} {info.mtime_ns}" if info else UNKNOWN for n, info in found.items()}
        return [state.get(name, ABSENT) if name else "" for name in names]

    def read(self, name: str, max_bytes: int) -> bytes:
        """Read the bytes of a photo.

        Raises:
            PhotoError: The photo is missing, empty, larger than `max_bytes`, or outside the folder, or it could not be
                read after several tries.
        """
        luck = _luck_of(self.folder)
        waits = [wait for wait in _WAITS if wait <= self.patience_s / 4] if luck.failed < _NO_MORE_WAITS else []
        for wait in [*waits, None]:
            try:
                data = self._read_once(name, max_bytes)
                luck.failed = 0
                return data
            except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
                if _is_absent(error):
                    raise PhotoError(f"{NOT_FOUND}: {self._looked_for(name)}") from error
                if wait is None or _errno(error) in _DENIED:
                    luck.failed += 1
                    raise PhotoError(f"{NOT_READ}: {type(error).__name__}") from error
                _pause(wait)
        raise AssertionError("the last try returns or raises")

    def _read_once(self, name: str, max_bytes: int) -> bytes:
        try:
            if stays_inside(name):
                return self._read_path(name, max_bytes)
        except OSError as error:
            if not _is_absent(error):
                raise
        if climbs(name):
            raise PhotoError("photo name leads out of the images folder")
        info = self.locate([name]).get(name)
        if info is None:
            raise FileNotFoundError(errno.ENOENT, "no such photo", name)
        return self._read_path(posixpath.relpath(info.path, open_folder(self.folder)[1]), max_bytes)

    def _read_path(self, path: str, max_bytes: int) -> bytes:
        filesystem, root = open_folder(self.folder)
        place = posixpath.join(root, path)
        if isinstance(filesystem, LocalFileSystem):
            self._check_place(root, place)
        with filesystem.open_input_file(place) as file:
            if (size := file.size()) > max_bytes:
                raise PhotoError(f"{TOO_LARGE}: {size} bytes, more than {max_bytes}")
            data = bytes(file.read(max_bytes))
        if not data:
            raise PhotoError("photo is an empty file")
        return data

    def _check_place(self, root: str, path: str) -> None:
        """Refuse links that lead out of a local folder, and pipes and the like, which could block their reader."""
        place = Path(path).resolve(strict=True)
        if not self.follow_links and not place.is_relative_to(real_root(root)):
            raise PhotoError(f"{LINK}: set encode.follow_links=true where its links can be trusted")
        if not place.is_file():
            raise PhotoError("photo is no file")

    def _paths(self, name: str) -> list[str]:
        root = open_folder(self.folder)[1]
        return possible_paths(name, posixpath.basename(root.rstrip("/")), self.shorten)

    def _looked_for(self, name: str) -> str:
        paths = self._paths(name)
        others = f", nor {' or '.join(paths[-2:])}" if paths and paths != [name] else ""
        return shown(name + others, _SHOWN)

    def _files(self, paths: list[str]) -> dict[str, pafs.FileInfo | None]:
        """The files among some paths, or None for a path if the disk or store gave no answer."""
        filesystem, root = open_folder(self.folder)
        if not paths:
            return {}
        try:
            infos = filesystem.get_file_info([posixpath.join(root, path) for path in paths])
        except (OSError, ValueError):
            if half := len(paths) // 2:  # one bad path fails the whole request
                return self._files(paths[:half]) | self._files(paths[half:])
            return self._one_file(paths[0])
        return {path: info for path, info in zip(paths, infos, strict=True) if info.type == pafs.FileType.File}

    def _one_file(self, path: str) -> dict[str, pafs.FileInfo | None]:
        filesystem, root = open_folder(self.folder)
        try:
            info = filesystem.get_file_info(posixpath.join(root, path))
            return {path: info} if info.type == pafs.FileType.File else {}
        except (OSError, ValueError) as error:
            return {} if _is_absent(error) else {path: None}

    def _spelt_otherwise(self, paths: list[str]) -> str | None:
        """The only file that differs from one of the paths in spelling alone, or None if there is none or several."""
        for path in paths:
            parent, name = posixpath.split(path)
            index = index_of(join_uri(self.folder, parent) if parent else self.folder)
            for key in spellings_of_name(name):
                if fits := index.get(key):
                    return posixpath.join(parent, next(iter(fits))) if len(fits) == 1 else None
        return None


def _pause(seconds: float) -> None:
    time.sleep(seconds)


def _errno(error: BaseException) -> int | None:
    return getattr(error, "errno", None)


def _is_absent(error: BaseException) -> bool:
    """Whether an error says that the file does not exist, not that it could not be reached."""
    kinds = ValueError | RuntimeError | FileNotFoundError | NotADirectoryError
    return isinstance(error, kinds) or _errno(error) in _NOT_THERE
