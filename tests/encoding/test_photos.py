"""Photos are opened safely, and their hash is the one that imagehash gives anyone else."""

import io
import os
import struct
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageOps

from kembar.config import load_settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photo_names import check_photo_name
from kembar.encoding.photos import PhotoError, decode_photo
from kembar.errors import ConfigError

LIMIT = 10_000_000


def jpeg(width: int = 300, height: int = 200, mode: str = "RGB", kind: str = "JPEG") -> bytes:
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack([x % 256, y % 256, (x + y) % 256], -1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jpg",
        "/etc/passwd",
        "a/../../b.jpg",
        "..",
        "",
        "a\\..\\b.jpg",
        "a\0.jpg",
        "file:///etc/passwd",
        "http://example.com/a.jpg",
        "s3://bucket/a.jpg",
        "C:/a.jpg",
        "c:a.jpg",
    ],
)
def test_a_name_cannot_lead_out_of_the_folder(name: str):
    with pytest.raises(PhotoError):
        check_photo_name(name)


@pytest.mark.parametrize("name", ["a.jpg", "shop/2020/a.jpg", "..a.jpg", "a..", "a b.jpg", "gấu.png", "shop:1.jpg"])
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
    assert PhotoFolder(str(tmp_path)).read("a.jpg", 100) == b"x" * 100
    with pytest.raises(PhotoError, match="100 bytes, more than 99"):
        PhotoFolder(str(tmp_path)).read("a.jpg", 99)
    with pytest.raises(PhotoError, match="photo not found: b.jpg"):
        PhotoFolder(str(tmp_path)).read("b.jpg", 100)


def test_any_name_is_read_from_a_path_or_uri(tmp_path: Path):
    for name in ("a b%20ü.jpg", "shop/#1?.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        assert PhotoFolder(str(tmp_path)).read(name, 100) == PhotoFolder(tmp_path.as_uri()).read(name, 100) == b"x"


def test_a_link_is_followed_within_the_folder_and_not_out_of_it(tmp_path: Path):
    images, secret = tmp_path / "images", tmp_path / "secret.jpg"
    (images / "shop").mkdir(parents=True)
    (images / "a.jpg").write_bytes(b"a")
    secret.write_bytes(b"secret")
    (images / "shop" / "b.jpg").symlink_to(images / "a.jpg")
    (images / "c.jpg").symlink_to(secret)
    (images / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(images)
    for folder in (images, tmp_path / "elsewhere"):
        assert PhotoFolder(str(folder)).read("shop/b.jpg", 100) == b"a"
        for name in ("c.jpg", "up/secret.jpg", "up/images/../secret.jpg"):
            with pytest.raises(PhotoError, match="out of the images folder"):
                PhotoFolder(str(folder)).read(name, 100)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path):
    """A pipe would keep its reader waiting until somebody writes."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "itself.jpg").symlink_to(tmp_path / "itself.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "empty.jpg").touch()
    for name in ("pipe.jpg", "folder.jpg", "itself.jpg", "zero.jpg", "empty.jpg", ".", "a" * 5000, "\ud800.jpg"):
        with pytest.raises(PhotoError):
            PhotoFolder(str(tmp_path)).read(name, 100)


def test_a_photo_is_turned_upright_as_its_exif_says():
    """Against the picture turned beforehand; the tag's eight values are all ways to turn and mirror a picture."""
    upright = Image.open(io.BytesIO(jpeg(300, 200, kind="PNG")))
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    undo |= {2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    undo |= {5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE}
    want = decode_photo(jpeg(300, 200, kind="PNG"), 64, False, LIMIT).pixels.astype(int)
    for value, transpose in undo.items():
        exif, buffer = Image.Exif(), io.BytesIO()
        exif[0x0112] = value
        upright.transpose(transpose).save(buffer, "PNG", exif=exif)
        for want_hash in (False, True):
            assert np.abs(decode_photo(buffer.getvalue(), 64, want_hash, LIMIT).pixels - want).max() <= 1, value


def test_a_photo_with_damaged_notes_is_used_and_still_turned():
    """Orientation 6 (turned left) beside an entry that Pillow fails to write back: it raises, after it has turned."""
    entries = struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<HHII", 0xA005, 5, 2, 84)
    notes = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entries + bytes(range(1, 90))
    plain = jpeg()
    damaged = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(notes) + 2) + notes + plain[2:]
    with pytest.raises(struct.error):
        ImageOps.exif_transpose(Image.open(io.BytesIO(damaged)))
    want = np.rot90(decode_photo(plain, 64, True, LIMIT).pixels.astype(int), -1)
    assert np.abs(decode_photo(damaged, 64, True, LIMIT).pixels - want).max() <= 3


def test_sixteen_bits_are_read_as_the_eight_that_count():
    """Pillow alone would cut them off at 255 of 65,535, which makes every such picture white."""
    grey = np.tile(np.arange(256, dtype=np.uint16), (200, 1))
    deep, plain = io.BytesIO(), io.BytesIO()
    Image.fromarray(grey << 8).save(deep, "PNG")
    Image.fromarray(grey.astype(np.uint8)).save(plain, "PNG")
    ours, want = (decode_photo(data.getvalue(), 64, True, LIMIT) for data in (deep, plain))
    assert np.array_equal(ours.pixels, want.pixels)
    assert ours.phash == want.phash


@pytest.mark.parametrize("kind", ["TIFF", "EPS", "PPM", "ICO", "BMP", "JPEG2000"])
def test_other_formats_are_refused_by_name_whatever_the_file_is_called(kind: str):
    with pytest.raises(PhotoError, match="it is no JPEG, PNG, WEBP, GIF, AVIF"):
        decode_photo(jpeg(kind=kind), 64, True, LIMIT)


def test_pillows_own_limit_is_left_in_place():
    """It holds before a decoder takes memory; ours may not be larger."""
    assert Image.MAX_IMAGE_PIXELS
    with pytest.raises(ConfigError, match="178956970"):
        load_settings(overrides=["encode.max_photo_pixels=200000000"])
    assert 2 * Image.MAX_IMAGE_PIXELS == 178_956_970
