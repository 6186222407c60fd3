"""Photos: safe names, bytes to pixels, and the perceptual hash."""

import io
import posixpath
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import imagehash
import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps, UnidentifiedImageError
from pyarrow.fs import FileSystem, LocalFileSystem

from kembar.inputs import shown
from kembar.photo_headers import header_fault
from kembar.storage import filesystem_of

# Our own limit names the photo. Pillow's, at which it refuses before a decoder takes memory, stays as it is.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # of damaged notes, and not of which photo
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
"""What shops show. Pillow reads forty formats more, among them PostScript, for which it starts another program."""
_ELSEWHERE = re.compile(r"^/|^[A-Za-z]:|://|\\|\0|(^|/)\.\.(/|$)")


class PhotoError(Exception):
    """Why a photo cannot be used, in words for the quarantine and the `failures` column."""


@dataclass(frozen=True)
class Photo:
    """Pixels as the tower takes them, uint8 `[px, px, 3]` RGB, and the hash where it was asked for."""

    pixels: np.ndarray
    phash: str | None


def check_photo_name(name: str) -> str:
    """The name, if it stays within the images folder.

    Raises:
        PhotoError: it is absolute, a URI or on a drive, climbs with `..`, or holds a NUL or backslash.
    """
    if not name or _ELSEWHERE.search(name):
        raise PhotoError("photo name leads out of the images folder")
    return name


@lru_cache(maxsize=8)
def open_folder(folder: str) -> tuple[FileSystem, str]:
    """Connecting to a remote store takes longer than reading a photo, so a process does it once."""
    return filesystem_of(folder)


def _check_place(root: str, path: str) -> None:
    """On a local disk a link can lead anywhere, and what is no file (a pipe) can keep its reader waiting for ever."""
    place = Path(path).resolve(strict=True)
    if not place.is_relative_to(Path(root).resolve()):
        raise PhotoError("photo is a link that leads out of the images folder")
    if not place.is_file():
        raise PhotoError("photo is no file")


def read_photo(folder: str, name: str, max_bytes: int) -> bytes:
    """The bytes of a photo of the images folder, a path or URI.

    Raises:
        PhotoError: its name, or a link of that name, leads out of the folder, it cannot be read, is empty, or is
            larger than `max_bytes`.
    """
    filesystem, root = open_folder(folder)
    path = posixpath.join(root, check_photo_name(name))
    try:
        if isinstance(filesystem, LocalFileSystem):
            _check_place(root, path)
        with filesystem.open_input_file(path) as file:
            if file.size() > max_bytes:
                raise PhotoError(f"photo has {file.size()} bytes, more than {max_bytes}")
            data = bytes(file.read(max_bytes))
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
        raise PhotoError(f"photo cannot be read: {type(error).__name__}") from error
    if not data:
        raise PhotoError("photo is an empty file")
    return data


def decode_photo(data: bytes, px: int, want_hash: bool, max_pixels: int) -> Photo:
    """Decode the first frame, turn it upright, and resize it to `px` × `px`.

    JPEG is decoded at a fraction of its size (DCT scaling), several times faster
    than whole; the hash, where asked for, is taken from the whole picture so that
    it equals the one that `imagehash.phash` gives anyone else (but for more than
    8 bits a channel, which imagehash would cut off at white).

    Raises:
        PhotoError: the bytes are no photo, are cut short, or have more than `max_pixels` pixels, or more parts
            than a photo has (see `kembar.photo_headers`).
    """
    if fault := header_fault(data):
        raise PhotoError(fault)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise PhotoError(f"photo has {image.width}x{image.height} pixels, more than {max_pixels}")
            return _read_pixels(image, px, want_hash)
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"photo has more than {max_pixels} pixels") from error
    except UnidentifiedImageError as error:
        raise PhotoError(f"photo cannot be decoded: it is no {', '.join(_FORMATS)}") from error
    except Exception as error:  # Pillow raises many kinds on rubbish; all mean the same to us
        raise PhotoError(f"photo cannot be decoded: {shown(str(error), 80) or type(error).__name__}") from error


def _read_pixels(image: Image.Image, px: int, want_hash: bool) -> Photo:
    if not want_hash:
        image.draft("RGB", (px, px))
    image.load()
    plain = _to_8_bits(image)
    phash = str(imagehash.phash(plain)) if want_hash else None
    with suppress(Exception):  # what is wrong with a photo's notes is not wrong with the photo
        ImageOps.exif_transpose(plain, in_place=True)
    small = plain.convert("RGB").resize((px, px), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Photo(np.asarray(small), phash)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """The picture itself, or its upper 8 bits where it has 16 a pixel."""
    if not image.mode.startswith("I"):
        return image
    plain = Image.fromarray((np.clip(np.asarray(image), 0, 0xFFFF) >> 8).astype(np.uint8))
    plain.info = image.info
    return plain
