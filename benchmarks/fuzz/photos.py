"""Photos that go wrong in every way known, and photos that are only unusual, as bytes with what must come of them."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from kembar.encoding.photo_headers import MOST_PIECES, MOST_SCANS
from kembar.synthetic.products import draw_product
from kembar.synthetic.scene import photograph

Rng = np.random.Generator
Due = Literal["used", "refused", "either"]
PX, BOMB_PX = 96, 30_000


@dataclass(frozen=True)
class PhotoCase:
    """A file's bytes, of which kind, and whether it is `used`, `refused`, or, where chance decides, `either`; same: a
    file that shows the same."""

    kind: str
    data: bytes
    due: Due
    same: bytes | None = None


@cache
def drawn(number: int) -> Image.Image:
    return photograph(draw_product(17, number), 0, PX)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def good_photos() -> dict[str, bytes]:
    """A whole photo of each format, mode and way of saving that shops have."""
    one, two, three = (drawn(number) for number in range(3))
    deep = Image.fromarray((np.asarray(one.convert("L"), np.uint16) << 8) | 0x55)
    moving = {"save_all": True, "append_images": [two, three]}
    transparent = one.convert("RGBA")
    transparent.putalpha(two.convert("L"))
    return {
        "JPEG": saved(one, "JPEG"),
        "progressive JPEG": saved(one, "JPEG", progressive=True),
        "CMYK JPEG": saved(one.convert("CMYK"), "JPEG"),
        "grey JPEG": saved(one.convert("L"), "JPEG"),
        "PNG": saved(one, "PNG"),
        "PNG with alpha": saved(transparent, "PNG"),
        "grey PNG with alpha": saved(transparent.convert("LA"), "PNG"),
        "palette PNG": saved(one.quantize(32), "PNG"),
        "one-bit PNG": saved(one.convert("1"), "PNG"),
        "16-bit PNG": saved(deep, "PNG"),
        "animated PNG": saved(one, "PNG", **moving),
        "GIF": saved(one, "GIF"),
        "animated GIF": saved(one, "GIF", **moving),
        "WebP": saved(one, "WEBP"),
        "lossless WebP": saved(transparent, "WEBP", lossless=True),
        "animated WebP": saved(one, "WEBP", **moving),
        "AVIF": saved(one, "AVIF"),
    }


def _ellipse(number: int) -> tuple[Image.Image, Image.Image]:
    """A product cut out, as colours and as what is seen of them: nothing else, and no half-clear border."""
    whole = drawn(number)
    mask = Image.new("L", whole.size, 0)
    ImageDraw.Draw(mask).ellipse((PX // 8, PX // 5, PX - PX // 8, PX - PX // 5), fill=255)
    return whole, mask


@cache
def on_clear_ground(number: int) -> dict[str, tuple[bytes, bytes]]:
    """One picture on transparent and on white ground, in each mode and format that can have such a ground."""
    whole, mask = _ellipse(number)
    clear = Image.composite(whole, Image.new("RGB", whole.size), mask)  # where nothing is seen editors leave black
    rgba, white = clear.convert("RGBA"), Image.composite(whole, Image.new("RGB", whole.size, "white"), mask)
    rgba.putalpha(mask)
    grey, grey_white = rgba.convert("LA"), white.convert("L")
    holes = np.asarray(mask) == 0
    key = Image.fromarray(np.where(holes[..., None], np.uint8([1, 2, 3]), np.asarray(clear)))
    grey_key = Image.fromarray(np.where(holes, 0, np.maximum(np.asarray(grey_white), 1)).astype(np.uint8))
    deep = Image.fromarray(np.where(holes, 7, (np.asarray(grey_white, np.uint16) << 8) | 0x55).astype(np.uint16))
    table = white.quantize(200)
    index, shown = np.asarray(table), table.convert("RGB")
    palette = Image.fromarray(np.where(holes, 255, index).astype(np.uint8))
    palette.putpalette((table.getpalette()[:600] + [0] * 768)[:768])
    blank = saved(Image.new("L", whole.size, 255), "PNG")
    lossless, plain = {"lossless": True}, saved(white, "PNG")
    grey_plain, table_plain = saved(grey_white, "PNG"), saved(_filled(shown, holes), "PNG")
    return {
        "RGBA PNG": (saved(rgba, "PNG"), plain),
        "LA PNG": (saved(grey, "PNG"), grey_plain),
        "palette PNG, one index": (saved(palette, "PNG", transparency=255), table_plain),
        "palette PNG, a table": (saved(palette, "PNG", transparency=b"\xff" * 255 + b"\0"), table_plain),
        "RGB PNG with a clear colour": (saved(key, "PNG", transparency=(1, 2, 3)), plain),
        "grey PNG with a clear level": (saved(grey_key, "PNG", transparency=0), saved(_filled(grey_key, holes), "PNG")),
        "16-bit PNG with a clear level": (saved(deep, "PNG", transparency=7), saved(_deep_filled(deep, holes), "PNG")),
        "one-bit PNG with a clear level": (saved(Image.fromarray(~holes), "PNG", transparency=0), blank),
        "palette GIF": (saved(palette, "GIF", transparency=255), table_plain),
        "lossless WebP": (saved(rgba, "WEBP", **lossless), plain),
        "lossy WebP": _lossy(rgba, "WEBP"),
        "AVIF": _lossy(rgba, "AVIF"),
    }


def _lossy(rgba: Image.Image, kind: str) -> tuple[bytes, bytes]:
    """A file whose format changes pixels, and what it shows on white, which another file of its kind would not show."""
    data = saved(rgba, kind, quality=90)
    with Image.open(io.BytesIO(data)) as clear:
        return data, saved(Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear.convert("RGBA")), "PNG")


def _filled(image: Image.Image, holes: np.ndarray) -> Image.Image:
    """The picture with white in its holes."""
    pixels = np.asarray(image).copy()
    pixels[holes] = 255
    return Image.fromarray(pixels)


def _deep_filled(image: Image.Image, holes: np.ndarray) -> Image.Image:
    return Image.fromarray(np.where(holes, 0xFFFF, np.asarray(image)).astype(np.uint16))


def png_of(depth: int, colour: int, width: int, height: int, rows: bytes, extra: bytes) -> bytes:
    """A PNG by its parts, for depths that Pillow does not write: rows with their filter bytes, chunks before them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _any_good(rng: Rng) -> bytes:
    return list(good_photos().values())[rng.integers(len(good_photos()))]


def _truncated(rng: Rng) -> PhotoCase:
    data = _any_good(rng)
    return PhotoCase("cut short", data[: rng.integers(len(data))], "either")


def _flipped(rng: Rng) -> PhotoCase:
    data = bytearray(_any_good(rng))
    for _ in range(int(rng.integers(1, 20))):
        data[rng.integers(len(data))] = rng.integers(256)
    return PhotoCase("bytes changed", bytes(data), "either")


def _header_flipped(rng: Rng) -> PhotoCase:
    data = bytearray(_any_good(rng))
    for _ in range(int(rng.integers(1, 6))):
        data[rng.integers(min(64, len(data)))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(256)])
    return PhotoCase("header changed", bytes(data), "either")


def _spliced(rng: Rng) -> PhotoCase:
    one, two = _any_good(rng), _any_good(rng)
    return PhotoCase("two files in one", one[: rng.integers(len(one))] + two[rng.integers(len(two)) :], "either")


def _zeroed(rng: Rng) -> PhotoCase:
    data = bytearray(_any_good(rng))
    at = int(rng.integers(len(data)))
    data[at : at + 512] = bytes(len(data[at : at + 512]))
    return PhotoCase("a run of zeros", bytes(data), "either")


def _repeated(rng: Rng) -> PhotoCase:
    data = _any_good(rng)
    at, length = int(rng.integers(len(data))), int(rng.integers(1, 64))
    return PhotoCase(
        "a part repeated", data[:at] + data[at : at + length] * int(rng.integers(2, 400)) + data[at:], "either"
    )


def _clear_ground(rng: Rng) -> PhotoCase:
    pairs = list(on_clear_ground(int(rng.integers(3))).values())
    clear, white = pairs[rng.integers(len(pairs))]
    return PhotoCase("on transparent ground", clear, "used", white)


def _rubbish(rng: Rng) -> PhotoCase:
    begins = (
        b"",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\xff\0\0\0WEBPVP8X",
        b"\0\0\0\x1cftypavif",
    )
    noise = rng.integers(0, 256, int(rng.integers(0, 4096)), dtype=np.uint8).tobytes()
    return PhotoCase("noise", begins[rng.integers(len(begins))] + noise, "refused")


def _no_photo(rng: Rng) -> PhotoCase:
    texts = (
        "<html>404 Not Found</html>",
        "posting_id,image\n",
        "%PDF-1.7\n",
        "<svg xmlns='x'/>",
        "%!PS-Adobe EPSF-3.0\n",
    )
    text = texts[rng.integers(len(texts))] * int(rng.integers(1, 50))
    return PhotoCase("text as a photo", text.encode(), "refused")


def _other_format(rng: Rng) -> PhotoCase:
    kind = ("BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "EPS", "JPEG2000")[rng.integers(8)]
    return PhotoCase("a format that shops do not show", saved(drawn(int(rng.integers(3))), kind), "refused")


def _unusual(rng: Rng) -> PhotoCase:
    name = list(good_photos())[rng.integers(len(good_photos()))]
    return PhotoCase("whole, of any format", good_photos()[name], "used")


def _shaped(rng: Rng) -> PhotoCase:
    shapes = ((1, 1), (1, 2), (1, 8000), (8000, 1), (3, 4000), (2, 2), (16, 9))
    image = Image.new("RGB", shapes[rng.integers(len(shapes))], tuple(rng.integers(0, 256, 3).tolist()))
    return PhotoCase("of an extreme shape", saved(image, ("JPEG", "PNG", "GIF", "WEBP")[rng.integers(4)]), "used")


def _turned(rng: Rng) -> PhotoCase:
    exif = Image.Exif()
    exif[0x0112] = int(rng.integers(0, 12))
    data = saved(drawn(0), ("JPEG", "PNG", "WEBP")[rng.integers(3)], exif=exif)
    return PhotoCase("turned by EXIF", data, "used")


def _broken_notes(rng: Rng) -> PhotoCase:
    """A whole photo whose EXIF is damaged: nobody sees the difference."""
    notes = b"Exif\0\0II*\0" + rng.integers(0, 256, 60, dtype=np.uint8).tobytes()
    return PhotoCase("broken EXIF", saved(drawn(1), "JPEG", exif=notes), "used")


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def bombs(px: int = BOMB_PX) -> dict[str, bytes]:
    """Files of a few KB that ask for px × px pixels, or for work without end."""
    png, gif, jpeg = saved(drawn(0), "PNG"), saved(drawn(0), "GIF"), saved(drawn(0), "JPEG")
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", px, px, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((px // 8 + 2) * px))
    frame = jpeg.index(b"\xff\xc0")
    webp = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (px - 1).to_bytes(3, "little") * 2
    scans = saved(drawn(0), "JPEG", progressive=True)
    last = scans.rindex(b"\xff\xda")
    comment = gif.index(b",", 13)
    return {
        "PNG": png[:8] + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""),
        "GIF": gif[:6] + struct.pack("<HH", px, px) + gif[10:],
        "JPEG": jpeg[: frame + 5] + struct.pack(">HH", px, px) + jpeg[frame + 9 :],
        "WebP": b"RIFF" + struct.pack("<I", 4 + len(webp)) + b"WEBP" + webp,
        "TIFF": b"II*\0" + struct.pack("<IHHHIIHHIII", 8, 2, 256, 4, 1, px, 257, 4, 1, px, 0),
        "JPEG of many scans": scans[:-2] + scans[last:-2] * MOST_SCANS + scans[-2:],
        "JPEG of many segments": jpeg[:2] + b"\xff\xe5\0\2" * (MOST_PIECES + 1) + jpeg[2:],
        "JPEG after much filling": jpeg[:2] + b"\xff" * (MOST_PIECES + 2) + jpeg[2:],
        "PNG of many chunks": png[:33] + chunk(b"prVt", b"") * (MOST_PIECES + 1) + png[33:],
        "PNG of large texts": png[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2_000_000))) * 9 + png[33:],
        "GIF of a comment in crumbs": gif[:comment] + b"!\xfe" + b"\1a" * (MOST_PIECES + 1) + b"\0" + gif[comment:],
    }


def _bomb(rng: Rng) -> PhotoCase:
    return PhotoCase("a bomb", list(bombs().values())[rng.integers(len(bombs()))], "refused")


_MAKERS: tuple[tuple[int, Callable[[Rng], PhotoCase]], ...] = (
    (18, _truncated),
    (18, _flipped),
    (14, _header_flipped),
    (8, _spliced),
    (8, _zeroed),
    (6, _repeated),
    (6, _rubbish),
    (6, _clear_ground),
    (3, _no_photo),
    (3, _other_format),
    (6, _unusual),
    (3, _shaped),
    (3, _turned),
    (2, _broken_notes),
    (2, _bomb),
)


def photo_cases(count: int, seed: int) -> Iterator[PhotoCase]:
    """So many cases, the same for one seed; all kinds come in proportion."""
    weights = np.array([weight for weight, _ in _MAKERS], float)
    rng = np.random.default_rng((seed, 1))
    for turn in rng.choice(len(_MAKERS), count, p=weights / weights.sum()):
        yield _MAKERS[turn][1](rng)
