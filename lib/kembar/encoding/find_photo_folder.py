"""Finds the folder with the photos of a catalogue: that of `--images`, or the one folder below it that has them.

Encoding, training, the report and notebooks all use this module, so that they use the same photos.
"""

import hashlib
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.fs as pafs

from kembar.config import EncodeSettings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photo_names import PHOTO_ENDINGS, can_be_shortened
from kembar.errors import InputError
from kembar.storage.paths import filesystem_of, is_local, join_uri
from kembar.storage.text_files import shown

SAMPLED = 256
"""The number of names to look for on a disk. In an object store it is an eighth, because each needs a request."""
_MOST_FOLDERS, _DEEPEST = 256, 2
_MOST_SEEN = 20_000
_HIDDEN = ("_", ".")
_PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
_ZIP = b"PK\x03\x04"
_BEGINNINGS = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF")
_UNPACK = "unpack it, and name the folder that its photos are in then"


def require_photo_folder(uri: str) -> None:
    """Check the folder of `--images` before Spark starts.

    Raises:
        InputError: It is missing or not a folder. A mistyped path must not encode a catalogue without its photos.
    """
    filesystem, path = filesystem_of(uri)
    kind = filesystem.get_file_info(path).type
    if kind == pafs.FileType.NotFound:
        raise InputError(f"images folder not found: {uri}; for a catalogue without photos name an empty folder")
    if kind == pafs.FileType.Directory:
        return
    what, remedy = "a file", "name the folder that it is in"
    if uri.lower().endswith(_PACKED) or _first_bytes(uri) == _ZIP:
        what, remedy = "an archive", _UNPACK
    raise InputError(f"--images {uri} is {what}: expected the folder of the photos; {remedy}")


def sample_names(names: Iterable[str | None]) -> list[str]:
    """Draw at most SAMPLED names, independent of their order. `kembar.stages.check_photos` does the same by Spark."""
    by_hash = {hashlib.md5(name.encode("utf-8", "surrogatepass")).hexdigest(): name for name in names if name}
    return [by_hash[key] for key in sorted(by_hash)[:SAMPLED]]


def photo_folder_of(
    images: str, names: Iterable[str | None], settings: EncodeSettings
) -> tuple[PhotoFolder, str | None]:
    """Call `find_photo_folder` with all names of a catalogue."""
    known = {name for name in names if name}
    return find_photo_folder(images, sample_names(known), can_be_shortened(known), settings)


def find_photo_folder(
    images: str, sample: Sequence[str], shorten: bool, settings: EncodeSettings
) -> tuple[PhotoFolder, str | None]:
    """Find the folder to read photos from.

    It is the folder of `--images` if at least half of the sample is there. Otherwise it is the only folder at most two
    levels below that has more of the sample, and that contains all that the upper one has.

    Args:
        images: The folder of `--images`, a path or URI.
        sample: Names of photos of the catalogue, from `sample_names`.
        shorten: Whether the names may be shortened, see `kembar.encoding.photo_names.can_be_shortened`.
        settings: The settings `encode.*`.

    Returns:
        The folder, and a note for the user if it is not that of `--images`.

    Raises:
        InputError: No photo of the sample is in the folder, but some are in several folders below it.
    """
    require_photo_folder(images)
    here = PhotoFolder(images, settings.follow_links, shorten, patience_s=settings.photo_seconds)
    tried = list(sample if is_local(images) else sample[: SAMPLED // 8])
    hits = here.locate(tried)
    if not tried or 2 * len(hits) >= len(tried) or None in hits.values():
        return here, None
    paths = [info.path for info in hits.values() if info]
    below = {
        folder: count
        for folder in _folders_below(images)
        if all(path.startswith(f"{filesystem_of(folder)[1]}/") for path in paths)
        and (count := len(replace(here, folder=folder).locate(tried))) > len(hits)
    }
    if len(below) == 1:
        folder = next(iter(below))
        note = f"--images {images}: using {folder}, the only folder below it that has any of the photos"
        return replace(here, folder=folder), note
    if hits:
        return here, None
    if below:
        found = ", ".join(f"{folder} ({count} of {len(tried)})" for folder, count in sorted(below.items())[:5])
        raise InputError(
            f"--images {images}: it has none of {len(tried)} photos, such as {shown(tried[0], 120)}, but some are in "
            f"{found}: name one of these folders"
        )
    bare, advice = _look_around(images)
    return replace(here, bare=bare, advice=advice), None


def _folders_below(images: str) -> list[str]:
    """The first 256 folders at most two levels below `images`."""
    level, found = [""], list[str]()
    for _ in range(_DEEPEST):
        level = [path for parent in level for path in _folders_in(images, parent)][: _MOST_FOLDERS - len(found)]
        found += level
    return [join_uri(images, path) for path in found]


def _folders_in(images: str, parent: str) -> list[str]:
    try:
        infos = _listed(join_uri(images, parent) if parent else images)
    except OSError:
        return []
    kept = (i.base_name for i in infos if i.type == pafs.FileType.Directory and not i.base_name.startswith(_HIDDEN))
    return sorted(posixpath.join(parent, name) for name in kept)


def _listed(folder: str) -> list[pafs.FileInfo]:
    filesystem, path = filesystem_of(folder)
    return list(filesystem.get_file_info(pafs.FileSelector(path, allow_not_found=True)))


def _look_around(images: str) -> tuple[bool, str | None]:
    """Whether there are no photos in a folder and below, and advice if an archive is there.

    A folder that has very many files or cannot be listed counts as one with photos.
    """
    waiting, seen = [images], 0
    try:
        while waiting and seen < _MOST_SEEN:
            for info in _listed(folder := waiting.pop(0)):
                seen += 1
                if info.type == pafs.FileType.Directory:
                    waiting.append(join_uri(folder, info.base_name))
                elif info.base_name.lower().endswith(_PACKED):
                    return False, f"--images {images} holds {info.base_name} and none of the photos: {_UNPACK}"
                elif _may_be_photo(join_uri(folder, info.base_name)):
                    return False, None
    except OSError:
        return False, None
    return not waiting, None


def _may_be_photo(uri: str) -> bool:
    """Whether a file may be a photo, by its ending or else by its first bytes."""
    name = posixpath.basename(uri)
    if "." in name:
        return name.lower().endswith(PHOTO_ENDINGS)
    return _first_bytes(uri).startswith(_BEGINNINGS)


def _first_bytes(uri: str) -> bytes:
    filesystem, path = filesystem_of(uri)
    try:
        if is_local(uri) and not Path(path).is_file():  # a pipe would keep its reader waiting
            return b""
        with filesystem.open_input_file(path) as file:
            return bytes(file.read(4))
    except OSError:
        return b""
