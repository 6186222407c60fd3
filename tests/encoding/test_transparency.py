"""What is see-through in a photo is white, as shops show it: in the hash, in the pixels and in thumbnails."""

import io
import struct

import numpy as np
import pytest
from fuzz.photos import chunk, on_clear_ground, png_of
from PIL import Image

from kembar.encoding.photos import decode_photo
from kembar.report.thumbnails import Limits, shrink_photo
from kembar.synthetic.products import draw_product
from kembar.synthetic.scene import photograph

PX, LIMIT = 96, 10_000_000
MODES = sorted(on_clear_ground(0))


def thumbnail(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(shrink_photo(data, Limits(48, 10**7, LIMIT)))) as small:
        return np.asarray(small.convert("RGB")).astype(int)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("mode", MODES)
def test_a_picture_on_clear_ground_is_the_picture_on_white(mode: str, number: int):
    """Lossy formats change pixels a little on their own; the hash of either file is the same."""
    clear, white = on_clear_ground(number)[mode]
    ours, want = decode_photo(clear, PX, True, LIMIT), decode_photo(white, PX, True, LIMIT)
    assert bin(int(ours.phash, 16) ^ int(want.phash, 16)).count("1") == 0
    assert np.abs(ours.pixels.astype(int) - want.pixels).mean() < 2
    assert np.abs(thumbnail(clear) - thumbnail(white)).mean() < 2
    unhashed = decode_photo(clear, PX, False, LIMIT)
    assert np.abs(unhashed.pixels.astype(int) - want.pixels).mean() < 2


def test_an_opaque_picture_with_an_alpha_channel_has_the_hash_of_the_one_without():
    plain = photograph(draw_product(3, 1), 0, PX)
    files = []
    for image in (plain, plain.convert("RGBA")):
        image.save(buffer := io.BytesIO(), "PNG")
        files.append(decode_photo(buffer.getvalue(), PX, True, LIMIT))
    assert files[0].phash == files[1].phash
    assert np.array_equal(files[0].pixels, files[1].pixels)


def test_half_clear_shows_half_white():
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 128))
    image.save(buffer := io.BytesIO(), "PNG")
    assert np.unique(decode_photo(buffer.getvalue(), 16, False, LIMIT).pixels).tolist() == [127]


def test_a_colour_is_clear_in_the_depth_of_its_file():
    """A grey PNG of 4 bits that declares its level 0 clear, and one of 16 bits a channel in colour."""
    four = png_of(4, 0, 4, 2, b"\x00\x0f\x00" * 2, chunk(b"tRNS", struct.pack(">H", 0)))
    assert decode_photo(four, 4, False, LIMIT).pixels.min() == 255
    row = b"\x00" + struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC) * 2
    deep = png_of(16, 2, 2, 2, row * 2, chunk(b"tRNS", struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC)))
    assert decode_photo(deep, 4, False, LIMIT).pixels.min() == 255
    opaque = png_of(16, 2, 2, 2, row * 2, b"")
    assert decode_photo(opaque, 4, False, LIMIT).pixels.max() < 255
