"""A thumbnail is the photo, small and upright; it is made once, and what cannot be shown is left out."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kembar.config import load_settings
from kembar.encoding.photos import PhotoError
from kembar.report.thumbnails import Limits, link_photos, show_photos, shrink_photo
from kembar.storage.files import list_paths
from kembar.storage.output_folder import output_folder

LIMITS = Limits(px=32, max_bytes=10**6, max_pixels=10**6)


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(width: int, height: int) -> Image.Image:
    """Red above, blue below."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = pixels[height // 2 :, :, 2] = 255
    return Image.fromarray(pixels)


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("size", [(640, 320), (320, 640), (300, 300), (20, 10)])
def test_it_keeps_its_shape_and_is_never_enlarged(size: tuple[int, int]):
    width, height = Image.open(io.BytesIO(shrink_photo(saved(halves(*size)), LIMITS))).size
    assert max(width, height) == min(32, max(size))
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)


def test_it_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 3  # the camera was held upside down
    pixels = opened(shrink_photo(saved(halves(64, 64), exif=exif), LIMITS))
    assert pixels[4, 16, 2] > 200
    assert pixels[-4, 16, 0] > 200


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_see_through_is_white(mode: str):
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0)).convert(mode)
    options = {"transparency": 0} if mode == "P" else {}
    assert opened(shrink_photo(saved(clear, "PNG", **options), LIMITS)).min() > 250


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xd8 no photo", "cannot be decoded"),
        (saved(halves(2000, 600)), "more than 1000000"),
        (saved(halves(64, 64), "EPS"), "it is no JPEG"),
    ],
)
def test_what_is_no_photo_or_too_large_is_refused(data: bytes, said: str):
    with pytest.raises(PhotoError, match=said):
        shrink_photo(data, LIMITS)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(saved(halves(64, 48)))
    (folder / "deep" / "b c.png").write_bytes(saved(halves(48, 64), "PNG"))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "secret.jpg").write_bytes(saved(halves(64, 64)))
    return folder


NAMES = ("a.jpg", "deep/b c.png", "broken.jpg", "missing.jpg", "../secret.jpg", "/etc/passwd", "deep")


def make(images: Path, names: tuple[str, ...] = NAMES, workers: int = 1) -> dict[str, str]:
    """The thumbnails of a report beside the images folder, as the report's job makes them."""
    settings = load_settings(overrides=[f"report.workers={workers}", "report.thumbnail_px=32"])
    with output_folder(str(images.parent / "report"), "report") as folder:
        thumbs = show_photos(str(images), names, folder, settings).thumbs
        made = list_paths(folder.staged("files"))
        folder.publish({}, {}, {}, staged_files=made, kept_files=set(thumbs.values()) - set(made))
    return thumbs


def test_only_photos_within_the_folder_that_can_be_read_are_shown(images: Path):
    made, report = make(images), images.parent / "report"
    assert set(made) == {"a.jpg", "deep/b c.png"}
    assert set(list_paths(str(report))) == {*made.values(), "manifest.json"}
    assert Image.open(report / made["a.jpg"]).size == (32, 24)


def test_it_is_made_once_until_the_photo_is_another(images: Path):
    first, report = make(images), images.parent / "report"
    times = {path: (report / path).stat().st_mtime_ns for path in first.values()}
    assert make(images) == first
    assert {path: (report / path).stat().st_mtime_ns for path in first.values()} == times
    (images / "a.jpg").write_bytes(saved(halves(32, 64)))
    second = make(images)
    assert second["deep/b c.png"] == first["deep/b c.png"]
    assert Image.open(report / second["a.jpg"]).size == (16, 32)
    assert not (report / first["a.jpg"]).exists(), "what no page shows is gone"


def test_many_processes_make_what_one_makes(images: Path):
    names = [f"{i}.jpg" for i in range(130)]
    for i, name in enumerate(names):
        (images / name).write_bytes(saved(halves(40 + i, 40)) if i % 7 else b"")
    alone = make(images, tuple(names))
    contents = {path: (images.parent / "report" / path).read_bytes() for path in alone.values()}
    make(images, ())
    assert make(images, tuple(names), workers=2) == alone
    assert set(alone) == {name for i, name in enumerate(names) if i % 7}
    assert {path: (images.parent / "report" / path).read_bytes() for path in alone.values()} == contents


def test_a_page_reaches_the_photos_only_on_the_same_disk(tmp_path: Path):
    assert link_photos(str(tmp_path / "images"), str(tmp_path / "out" / "report")) == "../../images"
    assert link_photos("s3://bucket/images", str(tmp_path)) is None
