"""Photos: from a file's bytes to pixels on white ground, and the perceptual hash.

`open_picture` is the one place where kembar opens a picture that somebody else made.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from kembar.encoding.photo_headers import grey_scale, header_fault

# Our own limit names the photo. Pillow's, at which it refuses before a decoder takes memory, stays as it is.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # of damaged notes, and not of which photo
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
"""What shops show. Pillow reads forty formats more, among them PostScript, for which it starts another program."""
NOT_FOUND = "photo not found"
NOT_READ = "photo cannot be read just now"
LINK = "photo is a link that leads out of the images folder"
TOO_LARGE = "photo is too large"
_TRIED_AGAIN = (NOT_READ, LINK, TOO_LARGE)
_LONGEST_REASON = 80


class PhotoError(Exception):
    """Why a photo cannot be used, in words for the quarantine and the `failures` column.

    What stands before a colon is the kind of failure, by which failures are counted.
    """


def tried_again(failure: str) -> bool:
    """Whether the next run may succeed though the file is the same: a store answers again, or a setting was changed.

    >>> tried_again(f"{NOT_READ}: PermissionError"), tried_again("photo cannot be decoded: truncated")
    (True, False)
    """
    return failure.startswith(_TRIED_AGAIN)


@dataclass(frozen=True)
class Photo:
    """Pixels as the tower takes them, uint8 `[px, px, 3]` RGB, and the hash where it was asked for."""

    pixels: np.ndarray
    phash: str | None


@contextmanager
def open_picture(data: bytes, max_pixels: int, px: int | None = None) -> Iterator[Image.Image]:
    """The first frame of a photo, decoded, with 8 bits a channel, what is see-through in it white.

    Whatever the block around it raises on the picture is the picture's fault too, and becomes a PhotoError.

    Args:
        data: The file's bytes.
        max_pixels: A photo of more is not decoded.
        px: The least side that is needed; a JPEG may then be decoded at a fraction of its size (DCT scaling), which
            is several times faster. None for the whole picture.

    Raises:
        PhotoError: The bytes are no photo, are cut short, or have more than `max_pixels` pixels, or more parts than a
            photo has (see `kembar.encoding.photo_headers`).
    """
    if fault := header_fault(data):
        raise PhotoError(fault)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise PhotoError(f"{TOO_LARGE}: {image.width}x{image.height} pixels, more than {max_pixels}")
            if px is not None:
                image.draft("RGB", (px, px))
            image.load()
            yield _on_white(image, grey_scale(data))
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{TOO_LARGE}: more than {max_pixels} pixels") from error
    except UnidentifiedImageError as error:
        raise PhotoError(f"photo cannot be decoded: it is no {', '.join(_FORMATS)}") from error
    except Exception as error:  # Pillow raises many kinds on rubbish; all mean the same to us
        raise PhotoError(f"photo cannot be decoded: {_in_one_line(error)}") from error


def _in_one_line(error: Exception) -> str:
    text = str(error).encode("unicode_escape").decode()[:_LONGEST_REASON]
    return text or type(error).__name__


def decode_photo(data: bytes, px: int, want_hash: bool, max_pixels: int) -> Photo:
    """Decode the first frame, turn it upright, and resize it to `px` × `px`.

    The hash, where asked for, is taken from the whole picture so that it equals the one that `imagehash.phash` gives
    anyone else, but for what imagehash would not show as people see it: transparent ground, and more than 8 bits a
    channel.

    Raises:
        PhotoError: As `open_picture`.
    """
    with open_picture(data, max_pixels, None if want_hash else px) as picture:
        phash = str(imagehash.phash(picture)) if want_hash else None
        small = upright(picture).convert("RGB").resize((px, px), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return Photo(np.asarray(small), phash)


def upright(picture: Image.Image) -> Image.Image:
    """The same picture, turned as its EXIF says."""
    with suppress(Exception):  # what is wrong with a photo's notes is not wrong with the photo
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _on_white(image: Image.Image, scale: float) -> Image.Image:
    """The picture with 8 bits a channel, transparent ground shown as white; the image itself where it is that already.

    scale: see `kembar.encoding.photo_headers.grey_scale`.
    """
    key = image.info.get("transparency")
    if image.mode in ("RGBA", "LA", "PA") or (image.mode == "P" and key is not None):
        plain = _flatten(image.convert("RGBA"))
    elif image.mode.startswith("I"):
        deep = np.asarray(image)
        plain = Image.fromarray((np.clip(deep, 0, 0xFFFF) >> 8).astype(np.uint8))
        plain = plain if key is None else _paint_white(plain, deep == key)
    elif key is not None and image.mode in ("1", "L", "RGB"):
        plain = image.convert("L") if image.mode == "1" else image.copy()
        plain = _paint_white(plain, _has_colour(np.asarray(plain), np.multiply(key, scale).astype(int)))
    else:
        return image
    plain.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return plain


def _flatten(clear: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(ground, clear).convert("RGB")


def _has_colour(pixels: NDArray[np.uint8], colour: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Which pixels `[h, w]` have the colour that a file declares transparent."""
    same = pixels == colour
    return same if same.ndim == 2 else same.all(axis=-1)


def _paint_white(picture: Image.Image, where: NDArray[np.bool_]) -> Image.Image:
    picture.paste("white" if picture.mode == "RGB" else 255, mask=Image.fromarray(where))
    return picture
