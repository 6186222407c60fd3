"""Makes thumbnails: one small JPEG for each photo that the report shows, once, in parallel processes."""

import hashlib
import io
import os
import posixpath
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from PIL import Image

from kembar.config import Settings
from kembar.encoding.find_photo_folder import photo_folder_of
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError, open_picture, upright
from kembar.storage.files import list_paths
from kembar.storage.output_folder import OutputFolder
from kembar.storage.paths import filesystem_of, is_local, join_uri

FOLDER = "thumbs"
_AT_ONCE = 64
_QUALITY = 80


@dataclass(frozen=True)
class Photos:
    """The photos of a report.

    Attributes:
        thumbs: The path of each photo's thumbnail.
        folder: The folder of the photos relative to the report; None if a page cannot reach it.
    """

    thumbs: dict[str, str]
    folder: str | None


@dataclass(frozen=True)
class Limits:
    """px: the longer side of a thumbnail. A photo with more bytes or pixels than the others allow is not read."""

    px: int
    max_bytes: int
    max_pixels: int


def show_photos(images: str, names: Iterable[str], folder: OutputFolder, settings: Settings) -> Photos:
    """Find the named photos and their thumbnails; reuse those of an earlier report, and stage new ones."""
    encode, report = settings.encode, settings.report
    limits = Limits(report.thumbnail_px, encode.max_photo_bytes, encode.max_photo_pixels)
    known = folder.before.get("files", {}).keys()
    there = known & {f"{FOLDER}/{path}" for path in list_paths(join_uri(folder.uri, FOLDER))}
    workers = report.workers or os.cpu_count() or 1
    wanted = list(names)
    photos, note = photo_folder_of(images, wanted, encode)
    if note:
        print(f"kembar: {note}", file=sys.stderr)
    thumbs = make_thumbnails(photos, wanted, folder.staged("files"), limits, workers, there)
    return Photos(thumbs, link_photos(photos.folder, folder.uri))


def shrink_photo(data: bytes, limits: Limits) -> bytes:
    """Make a small upright JPEG of a photo with the same aspect ratio; transparent parts become white.

    Raises:
        PhotoError: As `kembar.encoding.photos.open_picture`.
    """
    with open_picture(data, limits.max_pixels, limits.px) as picture:
        small = upright(picture).convert("RGB")
        small.thumbnail((limits.px, limits.px), Image.Resampling.BICUBIC, reducing_gap=2.0)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=_QUALITY)
        return buffer.getvalue()


def name_thumbnails(images: PhotoFolder, photos: Iterable[str], px: int) -> dict[str, str]:
    """The path of each photo's thumbnail relative to the report, without missing photos.

    The name depends on the photo's size and time and on the thumbnail's size, so a replaced photo gets a new one.
    """
    found = images.locate(photos)
    return {name: _path_of(f"{name}|{info.size}|{info.mtime_ns}|{px}") for name, info in found.items() if info}


def _path_of(key: str) -> str:
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    return f"{FOLDER}/{digest[:2]}/{digest[2:]}.jpg"  # in 256 folders, since some file managers choke on one of 60,000


def make_thumbnails(
    images: PhotoFolder, photos: Iterable[str], output: str, limits: Limits, workers: int, there: Collection[str] = ()
) -> dict[str, str]:
    """Make missing thumbnails, and return the path of each photo's thumbnail, without unreadable photos.

    Args:
        images: The folder of the photos.
        photos: Names of photos.
        output: The folder for new thumbnails.
        limits: Limits of thumbnails and photos.
        workers: The number of processes.
        there: Paths of thumbnails that exist.
    """
    wanted = name_thumbnails(images, photos, limits.px)
    filesystem, root = filesystem_of(output)
    missing = [(photo, path) for photo, path in wanted.items() if path not in there]
    for shard in {posixpath.dirname(path) for _, path in missing}:
        filesystem.create_dir(posixpath.join(root, shard), recursive=True)
    failed = set(_make_all(partial(_make, images, output, limits), missing, workers))
    return {photo: path for photo, path in wanted.items() if photo not in failed}


def _make_all(
    make: Callable[[Iterable[tuple[str, str]]], list[str]], missing: list[tuple[str, str]], workers: int
) -> Iterator[str]:
    """The photos that failed."""
    parts = [missing[i : i + _AT_ONCE] for i in range(0, len(missing), _AT_ONCE)]
    if workers == 1 or len(parts) < 2:
        for part in parts:
            yield from make(part)
        return
    # Spawned, not forked: the job's process has a JVM's threads and Arrow's, which a fork would leave half alive.
    with ProcessPoolExecutor(min(workers, len(parts)), get_context("spawn")) as pool:
        for failed in pool.map(make, parts):
            yield from failed


def _make(images: PhotoFolder, output: str, limits: Limits, part: Iterable[tuple[str, str]]) -> list[str]:
    """Write some thumbnails, and return the photos that failed."""
    filesystem, root = filesystem_of(output)
    failed = []
    for photo, path in part:
        try:
            small = shrink_photo(images.read(photo, limits.max_bytes), limits)
        except PhotoError:
            failed.append(photo)
            continue
        target = posixpath.join(root, path)
        with filesystem.open_output_stream(target) as stream:  # staged: a killed run leaves no half thumbnail
            stream.write(small)
    return failed


def link_photos(images: str, output: str) -> str | None:
    """The path of the images folder relative to the report; None unless both are on this machine's disk."""
    if not (is_local(images) and is_local(output)):
        return None
    return posixpath.relpath(filesystem_of(images)[1], filesystem_of(output)[1])
