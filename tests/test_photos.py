"""Photos are opened safely, and their hash is the one that imagehash gives anyone else."""

import io
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image

from kembar.photos import PhotoError, check_photo_name, decode_photo, read_photo

LIMIT = 10_000_000


def jpeg(width: int = 300, height: int = 200, mode: str = "RGB", kind: str = "JPEG") -> bytes:
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack([x % 256, y % 256, (x + y) % 256], -1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "/etc/passwd", "a/../../b.jpg", "..", "", "a\\..\\b.jpg", "a\0.jpg", "file:///etc/passwd"]
)
def test_a_name_cannot_lead_out_of_the_folder(name: str):
    with pytest.raises(PhotoError):
        check_photo_name(name)


@pytest.mark.parametrize("name", ["a.jpg", "shop/2020/a.jpg", "..a.jpg", "a b.jpg", "gấu.png"])
def test_ordinary_names_are_kept(name: str):
    assert check_photo_name(name) == name


def test_the_hash_is_that_of_the_whole_picture():
    data = jpeg(900, 700)
    assert decode_photo(data, 64, True, LIMIT).phash == str(imagehash.phash(Image.open(io.BytesIO(data))))


def test_pixels_have_the_towers_size_whatever_the_mode_and_format():
    for mode, kind in (
        ("RGB", "JPEG"),
        ("L", "JPEG"),
        ("CMYK", "JPEG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("RGB", "WEBP"),
    ):
        photo = decode_photo(jpeg(mode=mode, kind=kind), 96, False, LIMIT)
        assert photo.pixels.shape == (96, 96, 3)
        assert photo.pixels.dtype == np.uint8


def test_decoding_at_a_fraction_hardly_changes_the_picture():
    data = jpeg(1600, 1200)
    whole = np.asarray(
        Image.open(io.BytesIO(data)).convert("RGB").resize((96, 96), Image.Resampling.BICUBIC), np.float32
    )
    assert np.abs(decode_photo(data, 96, False, LIMIT).pixels - whole).mean() < 12


def test_broken_bytes_and_bombs_are_refused_with_a_reason():
    with pytest.raises(PhotoError, match="cannot be decoded"):
        decode_photo(b"not a photo", 96, True, LIMIT)
    with pytest.raises(PhotoError, match="cannot be decoded"):
        decode_photo(jpeg()[:400], 96, True, LIMIT)
    with pytest.raises(PhotoError, match="300x200 pixels, more than 1000"):
        decode_photo(jpeg(), 96, True, 1000)


def test_a_missing_or_huge_file_is_refused_with_a_reason(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(b"x" * 100)
    assert read_photo(str(tmp_path), "a.jpg", 100) == b"x" * 100
    with pytest.raises(PhotoError, match="100 bytes, more than 99"):
        read_photo(str(tmp_path), "a.jpg", 99)
    with pytest.raises(PhotoError, match="FileNotFoundError"):
        read_photo(str(tmp_path), "b.jpg", 100)


def test_any_name_is_read_from_a_path_or_uri(tmp_path: Path):
    for name in ("a b%20ü.jpg", "shop/#1?.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        assert read_photo(str(tmp_path), name, 100) == read_photo(tmp_path.as_uri(), name, 100) == b"x"
