"""Photos: safe names, bytes to pixels, and the perceptual hash."""

import io
import posixpath
from dataclasses import dataclass
from functools import lru_cache

import imagehash
import numpy as np
from PIL import Image, ImageOps
from pyarrow.fs import FileSystem

from kembar.storage import filesystem_of

Image.MAX_IMAGE_PIXELS = None  # our own limit below names the photo instead of warning


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
        PhotoError: it is absolute, a URI, climbs with `..`, or holds a NUL or backslash.
    """
    parts = name.split("/")
    if not name or name.startswith("/") or ".." in parts or "://" in name or "\\" in name or "\0" in name:
        raise PhotoError("photo name leads out of the images folder")
    return name


@lru_cache(maxsize=8)
def open_folder(folder: str) -> tuple[FileSystem, str]:
    """Connecting to a remote store takes longer than reading a photo, so a process does it once."""
    return filesystem_of(folder)


def read_photo(folder: str, name: str, max_bytes: int) -> bytes:
    """The bytes of a photo of the images folder, a path or URI.

    Raises:
        PhotoError: its name leads out of the folder, it cannot be read, or it is larger than `max_bytes`.
    """
    filesystem, root = open_folder(folder)
    try:
        with filesystem.open_input_file(posixpath.join(root, check_photo_name(name))) as file:
            if file.size() > max_bytes:
                raise PhotoError(f"photo has {file.size()} bytes, more than {max_bytes}")
            return bytes(file.read())
    except OSError as error:
        raise PhotoError(f"photo cannot be read: {type(error).__name__}") from error


def decode_photo(data: bytes, px: int, want_hash: bool, max_pixels: int) -> Photo:
    """Decode, turn upright, and resize a photo to `px` × `px`.

    JPEG is decoded at a fraction of its size (DCT scaling), several times faster
    than whole; the hash, where asked for, is taken from the whole picture so that
    it equals the one that `imagehash.phash` gives anyone else.

    Raises:
        PhotoError: the bytes are no photo, or one of more than `max_pixels` pixels.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                raise PhotoError(f"photo has {image.width}x{image.height} pixels, more than {max_pixels}")
            phash = None
            if want_hash:
                image.load()
                phash = str(imagehash.phash(image))
            else:
                image.draft("RGB", (px, px))
            upright = ImageOps.exif_transpose(image)
            small = upright.convert("RGB").resize((px, px), Image.Resampling.BICUBIC, reducing_gap=2.0)
            return Photo(np.asarray(small), phash)
    except PhotoError:
        raise
    except Exception as error:  # Pillow raises many kinds on rubbish; all mean the same to us
        raise PhotoError(f"photo cannot be decoded: {type(error).__name__}") from error
