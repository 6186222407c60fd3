"""Where photos are looked for: the folder that was meant, and the file that a name means, never outside that folder."""

import errno
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from pyarrow.fs import LocalFileSystem
from pyspark.sql import SparkSession

from kembar.config import EncodeSettings, load_settings
from kembar.encoding import photo_folder, photo_listing
from kembar.encoding.find_photo_folder import find_photo_folder, photo_folder_of, require_photo_folder, sample_names
from kembar.encoding.photo_folder import ABSENT, UNKNOWN, PhotoFolder
from kembar.encoding.photo_names import can_be_shortened, possible_paths
from kembar.encoding.photos import PhotoError, tried_again
from kembar.errors import InputError
from kembar.stages.check_photos import draw_names, find_photos

MOST = 1_000


@pytest.fixture
def encode() -> EncodeSettings:
    return load_settings().encode


def fill(folder: Path, *names: str) -> Path:
    """Files that hold their own names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


NFC, NFD = unicodedata.normalize("NFC", "kopi_é.jpg"), unicodedata.normalize("NFD", "kopi_é.jpg")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("abc.jpg", "photos\\abc.jpg"),
        ("abc.jpg", "C:\\shop\\photos\\abc.jpg"),
        ("abc.jpg", "\\\\server\\share\\abc.jpg"),
        ("abc.jpg", "/home/me/photos/abc.jpg"),
        ("abc.jpg", "./abc.jpg"),
        ("abc.jpg", "photos/abc.jpg"),
        ("abc.jpg", "https://cdn.shop.com/x/abc.jpg?x=1&y=2#z"),
        ("abc.jpg", "s3://bucket/photos/abc.jpg"),
        ("abc.jpg", "file:///C:/shop/abc.jpg"),
        ("abc.jpg", "abc.jpg?v=3"),
        ("a b.jpg", "https://cdn/a%20b.jpg"),
        ("a b.jpg", "a%20b.jpg"),
        ("a%20b.jpg", "https://cdn/x/a%20b.jpg?v=1"),
        ("abc.jpg", "abc"),
        ("abc.JPG", "abc.jpg"),
        ("abc.jpg", "ABC.JPG"),
        ("abc", "abc.jpg"),
        ("sub/abc.jpg", "photos\\sub\\abc"),
        ("sub/abc.jpg", "https://cdn/photos/sub/abc.jpg"),
        (NFD, NFC),
        (NFC, NFD),
        (NFD, f"C:\\photos\\{NFC.upper()}"),
    ],
)
def test_a_name_means_the_one_file_that_fits(tmp_path: Path, file: str, name: str):
    photos = PhotoFolder(str(fill(tmp_path / "photos", file, "other.jpg")))
    assert photos.read(name, MOST) == file.encode()
    assert photos.states([name, file])[0] == photos.states([file])[0] != ABSENT


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (("abc.jpg", "abc.png"), "abc"),
        (("abc.jpg", "ABC.jpg"), "Abc.jpg"),
        (("abc.jpg",), "abc.png"),
        (("abc.jpg",), "bc.jpg"),
        ((f"x/{NFC}", f"y/{NFC}"), NFD),
    ],
)
def test_a_name_that_fits_several_files_or_none_means_none(tmp_path: Path, files: tuple[str, ...], name: str):
    photos = PhotoFolder(str(fill(tmp_path, *files)))
    assert photos.states([name]) == [ABSENT]
    with pytest.raises(PhotoError, match="photo not found: "):
        photos.read(name, MOST)


def test_a_file_of_just_that_name_goes_before_all_others(tmp_path: Path):
    names = ["abc", "abc.jpg", "abc.JPG", "a%20b.jpg", "a b.jpg", "sub/abc.jpg", "abc.jpg?v=3", NFC, NFD]
    photos = PhotoFolder(str(fill(tmp_path, *names)))
    for name in names:
        assert photos.read(name, MOST) == name.encode()


@pytest.mark.parametrize(
    "name",
    ["../s.jpg", "..\\s.jpg", "C:\\..\\s.jpg", "https://cdn/../s.jpg", "https://cdn/%2e%2e/s.jpg", "a/../../s.jpg"],
)
def test_no_name_climbs_however_it_is_written(tmp_path: Path, name: str):
    fill(tmp_path, "s.jpg", "photos/in.jpg")
    with pytest.raises(PhotoError, match="leads out of|not found"):
        PhotoFolder(str(tmp_path / "photos")).read(name, MOST)
    assert all(".." not in path.split("/") for path in possible_paths(name, "photos", True))


def test_an_absolute_path_is_never_opened_as_it_stands(tmp_path: Path):
    secret = fill(tmp_path, "secret.jpg") / "secret.jpg"
    photos = PhotoFolder(str(fill(tmp_path / "photos", "in.jpg")))
    for name in (str(secret), secret.as_uri(), "C:" + str(secret), str(secret).replace("/", "\\")):
        with pytest.raises(PhotoError, match="photo not found"):
            photos.read(name, MOST)


def test_names_are_not_shortened_where_that_would_show_one_photo_for_many(tmp_path: Path, encode: EncodeSettings):
    names = ["https://cdn/1/main.jpg", "https://cdn/2/main.jpg", "other.jpg"]
    assert not can_be_shortened(names)
    assert can_be_shortened(["https://cdn/1/a.jpg?x=1", "https://cdn/1/a.jpg?x=2", "b.jpg"])
    photos, _ = photo_folder_of(str(fill(tmp_path, "main.jpg", "other.jpg")), names, encode)
    assert photos.states(names)[:2] == [ABSENT, ABSENT]
    deeper, _ = photo_folder_of(str(fill(tmp_path / "deeper", "1/main.jpg", "2/main.jpg")), names, encode)
    assert deeper.read(names[0], MOST) == b"1/main.jpg"


def test_a_failure_says_what_was_looked_for(tmp_path: Path):
    with pytest.raises(PhotoError, match=r"photo not found: https://cdn/x/a\.jpg, nor x/a\.jpg or a\.jpg"):
        PhotoFolder(str(tmp_path)).read("https://cdn/x/a.jpg", MOST)


def test_links_out_of_the_folder_are_followed_where_the_settings_say_so(tmp_path: Path):
    """As caches of data sets lay them out: names in one folder, contents in another."""
    fill(tmp_path, "blobs/1")
    images = fill(tmp_path / "images", "in.jpg")
    (images / "a.jpg").symlink_to("../blobs/1")
    (images / "zero.jpg").symlink_to("/dev/zero")
    with pytest.raises(PhotoError, match=r"out of the images folder: set encode\.follow_links=true") as refused:
        PhotoFolder(str(images)).read("a.jpg", MOST)
    assert tried_again(str(refused.value)), "the next run may have the setting"
    trusting = PhotoFolder(str(images), follow_links=True)
    assert trusting.read("a.jpg", MOST) == b"blobs/1"
    with pytest.raises(PhotoError, match="no file"):
        trusting.read("zero.jpg", MOST)


@pytest.mark.parametrize(
    ("name", "said"), [("photos.zip", "an archive.*unpack it"), ("list.csv", "a file.*name the folder")]
)
def test_what_is_no_folder_is_named_with_the_remedy(tmp_path: Path, name: str, said: str):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match=said):
        require_photo_folder(str(tmp_path / name))


def test_an_archive_is_known_by_its_content(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "photos.download", "w") as archive:
        archive.writestr("a.jpg", "x")
    with pytest.raises(InputError, match="an archive"):
        require_photo_folder(str(tmp_path / "photos.download"))


def test_a_missing_images_folder_is_no_empty_one(tmp_path: Path):
    require_photo_folder(str(tmp_path))
    with pytest.raises(InputError, match="name an empty folder"):
        require_photo_folder(str(tmp_path / "typo"))


@pytest.mark.parametrize("below", ["up", "up/photos", "2024 sale/[a] é"])
def test_the_one_folder_below_that_has_the_photos_is_used_and_named(tmp_path: Path, encode: EncodeSettings, below: str):
    names = [f"{n}.jpg" for n in range(5)]
    fill(tmp_path / below, *names)
    fill(tmp_path / "thumbs", "other.jpg")
    fill(tmp_path / "__MACOSX" / below, *names)
    found, note = photo_folder_of(str(tmp_path), names, encode)
    assert found.folder == str(tmp_path / below)
    assert note and found.folder in note
    assert found.read("3.jpg", MOST) == b"3.jpg"


def test_photos_in_the_folder_itself_go_before_those_below(tmp_path: Path, encode: EncodeSettings):
    fill(tmp_path, "a.jpg", "copy/a.jpg", "copy/b.jpg")
    assert photo_folder_of(str(tmp_path), ["a.jpg", "b.jpg"], encode) == (
        PhotoFolder(str(tmp_path), patience_s=encode.photo_seconds),
        None,
    )


def test_two_folders_that_have_the_photos_are_an_error_that_names_them(tmp_path: Path, encode: EncodeSettings):
    fill(tmp_path, "large/a.jpg", "small/a.jpg", "small/b.jpg")
    with pytest.raises(InputError, match=r"large \(1 of 2\), .*small \(2 of 2\): name one"):
        photo_folder_of(str(tmp_path), ["a.jpg", "b.jpg"], encode)


def test_a_folder_without_any_photo_is_a_catalogue_without_photos(tmp_path: Path, encode: EncodeSettings):
    for files, bare in (
        ((), True),
        (("train.csv", "notes/README"), True),
        (("b.jpg",), False),
        (("deep/er/still/b.WEBP",), False),
        (("b.zip",), False),
    ):
        folder = tmp_path / str(abs(hash(files)))
        folder.mkdir()
        assert photo_folder_of(str(fill(folder, *files)), ["a.jpg"], encode)[0].bare == bare, files
    (tmp_path / "hashed").mkdir()
    (tmp_path / "hashed" / "953fcf72").write_bytes(b"\xff\xd8\xff\xe0")
    assert not photo_folder_of(str(tmp_path / "hashed"), ["a.jpg"], encode)[0].bare


def test_spark_and_the_report_find_the_same_folder(spark: SparkSession, tmp_path: Path, encode: EncodeSettings):
    names = [f"C:\\shop\\{n}-é.jpg" for n in range(600)]
    fill(tmp_path / "up", *(f"{n}-é.jpg" for n in range(600)))
    listings = spark.createDataFrame([(name,) for name in [*names, *names, None]], "image string")
    assert draw_names(listings) == sample_names(names)
    said: list[str] = []
    assert find_photos(str(tmp_path), listings, encode, said.append) == photo_folder_of(str(tmp_path), names, encode)[0]
    assert len(said) == 1
    twice = listings.union(spark.createDataFrame([("D:\\7-é.jpg",)], "image string"))
    assert not find_photos(str(tmp_path / "up"), twice, encode, said.append).shorten


@pytest.mark.slow
def test_seventy_thousand_names_are_looked_up_from_one_listing(tmp_path: Path):
    """Of which a third is spelt in another way: the folder is listed once."""
    for n in range(3_000):
        (tmp_path / f"{n}.JPG").touch()
    photos = PhotoFolder(str(tmp_path))
    names = [f"{n}.jpg" for n in range(70_000)]
    listed: list[str] = []
    original = photo_listing.list_names
    photo_listing.list_names = lambda folder, most: listed.append(folder) or original(folder, most)  # type: ignore[assignment]
    try:
        states = photos.states(list(names))
    finally:
        photo_listing.list_names = original
    assert [state == ABSENT for state in states] == [n >= 3_000 for n in range(70_000)]
    assert len(listed) == 1


class Flaky:
    """A disk that fails some times with an error, and then answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: OSError, times: int) -> None:
        self.left, self.tries, self.slept = times, 0, list[float]()
        whole = PhotoFolder._read_path

        def read(photos: PhotoFolder, path: str, most: int) -> bytes:
            self.tries += 1
            if self.left:
                self.left -= 1
                raise error
            return whole(photos, path, most)

        monkeypatch.setattr(PhotoFolder, "_read_path", read)
        monkeypatch.setattr(photo_folder, "_pause", self.slept.append)
        photo_folder._luck_of.cache_clear()


BUSY = [OSError(errno.EIO, "I/O error"), TimeoutError(errno.ETIMEDOUT, "timed out"), OSError("AWS Error SLOW_DOWN")]


@pytest.mark.parametrize("error", BUSY, ids=lambda error: str(error))
def test_a_photo_that_cannot_be_read_just_now_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
):
    disk = Flaky(monkeypatch, error, times=2)
    assert PhotoFolder(str(fill(tmp_path, "a.jpg"))).read("a.jpg", MOST) == b"a.jpg"
    assert disk.tries == 3
    assert disk.slept == sorted(disk.slept)
    assert 0 < sum(disk.slept) < 5


def test_one_that_still_cannot_be_read_is_of_a_kind_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    disk = Flaky(monkeypatch, PermissionError(errno.EACCES, "denied"), times=10**6)
    photos = PhotoFolder(str(fill(tmp_path, "a.jpg")))
    with pytest.raises(PhotoError, match="photo cannot be read just now: PermissionError") as failed:
        photos.read("a.jpg", MOST)
    assert tried_again(str(failed.value))
    assert disk.slept == [], "a right that is missing does not come in seconds"


def test_a_dead_store_is_not_waited_for_once_for_each_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = [f"{n}.jpg" for n in range(500)]
    disk = Flaky(monkeypatch, OSError(errno.EIO, "I/O error"), times=10**6)
    photos = PhotoFolder(str(fill(tmp_path, *names)), patience_s=120)
    for name in names:
        with pytest.raises(PhotoError, match="just now"):
            photos.read(name, MOST)
    assert len(disk.slept) == 3 * photo_folder._NO_MORE_WAITS
    assert sum(PhotoFolder(str(tmp_path), patience_s=1).patience_s / 4 >= wait for wait in photo_folder._WAITS) == 1


def test_a_file_of_which_the_disk_says_nothing_has_an_unknown_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Mute(LocalFileSystem):
        def get_file_info(self, paths):
            if "b.jpg" in str(paths):
                raise PermissionError(errno.EACCES, "denied")
            return LocalFileSystem().get_file_info(paths)

    fill(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    monkeypatch.setattr(photo_folder, "open_folder", lambda folder: (Mute(), folder))
    states = PhotoFolder(str(tmp_path)).states(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    assert states[1] == UNKNOWN
    assert states[3] == ABSENT
    assert {states[0].split()[0], states[2].split()[0]} == {"5"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_not_an_empty_one(tmp_path: Path, encode: EncodeSettings):
    folder = fill(tmp_path / "locked", "a.jpg")
    folder.chmod(0)
    try:
        assert not find_photo_folder(str(folder), ["a.jpg"], True, encode)[0].bare
    finally:
        folder.chmod(0o755)
