"""Decodes photos into pixels on a white ground, and computes the perceptual hash.

`open_picture` is the only place where kembar opens a picture that somebody else made.
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

# kembar's own limit names the photo. Pillow's higher limit, at which it raises an error, stays as it is.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module="PIL")  # on damaged EXIF, without the name of the photo
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
"""The formats of shops. Pillow reads forty more, and starts another program for PostScript."""
NOT_FOUND = "photo not found"
NOT_READ = "photo cannot be read just now"
LINK = "photo is a link that leads out of the images folder"
TOO_LARGE = "photo is too large"
_TRIED_AGAIN = (NOT_READ, LINK, TOO_LARGE)
_LONGEST_REASON = 80


class PhotoError(Exception):
    """Why a photo cannot be used, in words for QUARANTINE and the column `failures`.

    Failures are counted by the text before the colon.
    """


def tried_again(failure: str) -> bool:
    """Whether the next run may succeed with the same file, because a store answers again or a setting changed.

    >>> tried_again(f"{NOT_READ}: PermissionError"), tried_again("photo cannot be decoded: truncated")
    (True, False)
    """
    return failure.startswith(_TRIED_AGAIN)


@dataclass(frozen=True)
class Photo:
    """The pixels for the tower, uint8 RGB `[px, px, 3]`, and the hash if it was wanted."""

    pixels: np.ndarray
    phash: str | None


@contextmanager
def open_picture(data: bytes, max_pixels: int, px: int | None = None) -> Iterator[Image.Image]:
    """Decode the first frame of a photo, with 8 bits a channel and white for transparent ground.

    Any exception of the `with` block also becomes a PhotoError, because the photo causes it.

    Args:
        data: The bytes of the file.
        max_pixels: The most pixels that are decoded.
        px: The shortest side that is needed, in pixels, or None for full size. A JPEG is then decoded several times
            faster at a fraction of its size (DCT scaling).

    Raises:
        PhotoError: The bytes are not a photo, are cut short, or exceed `max_pixels` or a limit of
            `kembar.encoding.photo_headers`.
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
    except Exception as error:  # Pillow raises many kinds on garbage
        reason = str(error).encode("unicode_escape").decode()[:_LONGEST_REASON]  # in one line
        raise PhotoError(f"photo cannot be decoded: {reason or type(error).__name__}") from error


def decode_photo(data: bytes, px: int, want_hash: bool, max_pixels: int) -> Photo:
    """Decode the first frame of a photo, turn it upright, and resize it to `px` × `px` pixels.

    The hash is taken from the full picture, so that it equals that of `imagehash.phash`. It differs only for
    transparent pictures and for more than 8 bits a channel, which imagehash does not show as people see them.

    Raises:
        PhotoError: As `open_picture`.
    """
    with open_picture(data, max_pixels, None if want_hash else px) as picture:
        phash = str(imagehash.phash(picture)) if want_hash else None
        small = upright(picture).convert("RGB").resize((px, px), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return Photo(np.asarray(small), phash)


def upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF says."""
    with suppress(Exception):  # a photo with damaged EXIF can still be used
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _on_white(image: Image.Image, scale: float) -> Image.Image:
    """Make transparent ground white and reduce channels to 8 bits. `scale` is the result of `grey_scale`."""
    key = image.info.get("transparency")
    if image.mode in ("RGBA", "LA", "PA") or (image.mode == "P" and key is not None):
        plain = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
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


def _has_colour(pixels: NDArray[np.uint8], colour: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Which pixels `[h, w]` have the transparent colour of the file."""
    same = pixels == colour
    return same if same.ndim == 2 else same.all(axis=-1)


def _paint_white(picture: Image.Image, where: NDArray[np.bool_]) -> Image.Image:
    picture.paste("white" if picture.mode == "RGB" else 255, mask=Image.fromarray(where))
    return picture
