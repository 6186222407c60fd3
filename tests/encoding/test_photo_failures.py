"""What becomes of a catalogue whose photos fail: the closing line and the manifest say how many and why, most of them
failing ends the run, and what may be better tomorrow is tried again tomorrow."""

import csv
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kembar.encoding.photo_counts import PhotoCounts, quarantined_failures
from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import InputError
from kembar.synthetic import write_catalogue
from tests.docs.test_pages import run_main


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """photos/ with twelve photos, and their names."""
    root = tmp_path_factory.mktemp("shop")
    drawn = tmp_path_factory.mktemp("drawn") / "catalogue"
    write_catalogue(drawn, listings=24, seed=5, photo_px=64)
    names = sorted(path.name for path in (drawn / "images").iterdir())[:12]
    (root / "photos").mkdir()
    for name in names:
        (root / "photos" / name).write_bytes((drawn / "images" / name).read_bytes())
    return root, names


def listed(path: Path, names: list[str], title: str = "Kipas angin meja") -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["posting_id", "image", "title"])
        rows.writerows([f"p{n}", name, f"{title} {n}" if title else ""] for n, name in enumerate(names))
    return path


def encode(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    listings: Path,
    images: Path,
    out: Path,
    *more: str,
) -> tuple[str, dict[str, object]]:
    """What the job said, and the counts of its manifest."""
    words = ["encode.py", "--listings", listings, "--images", images, "--output", out, *more]
    monkeypatch.setattr(sys, "argv", [*map(str, words)])
    run_main("encode")
    said = capsys.readouterr()
    return said.out + said.err, json.loads((out / "manifest.json").read_text())["counts"]


def column(out: Path, name: str) -> list[object]:
    return pq.read_table(out / "listings")[name].to_pylist()


@pytest.mark.usefixtures("spark")
def test_names_as_exports_have_them_are_found_one_level_down(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root, names = shop
    spelt = [f"photos\\{names[0]}", f"C:\\a\\{names[1]}", f"https://cdn/x/{names[2]}?v=1", names[3][:-4], *names[4:]]
    said, counts = encode(monkeypatch, capsys, listed(tmp_path / "a.csv", spelt), root, tmp_path / "out")
    assert f"using {root}/photos" in said
    assert "encoded 12 listings, 12 of them now, quarantined 0: " in said
    assert (counts["photos"], counts["photo_failures"]) == (12, {})
    assert column(tmp_path / "out", "failures") == [[]] * 12


@pytest.mark.usefixtures("spark")
def test_a_run_that_lost_most_photos_publishes_nothing_and_says_why(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root, names = shop
    listings = listed(tmp_path / "a.csv", [*(f"gone-{n}.jpg" for n in range(7)), *names[:5]])
    with pytest.raises(InputError) as ended:
        encode(monkeypatch, capsys, listings, root / "photos", tmp_path / "out")
    said = str(ended.value)
    assert "7 of 12 photos could not be used: 7 not found" in said
    assert "photo not found: gone-0.jpg" in said
    assert "--images" in said
    assert "encode.max_failed_share=1" in said
    assert not (tmp_path / "out" / "manifest.json").exists()
    allowed = ("--set", "encode.max_failed_share=0.6")
    said, counts = encode(monkeypatch, capsys, listings, root / "photos", tmp_path / "out", *allowed)
    assert "7 of 12 photos could not be used: 7 not found" in said
    assert counts["photo_failures"] == {"not found": 7}
    again, kept = encode(monkeypatch, capsys, listings, root / "photos", tmp_path / "out", *allowed)
    assert "encoded 12 listings, 0 of them now" in again
    assert "7 of 12 photos could not be used: 7 not found" in again, "what is kept is counted too"
    assert kept["photo_failures"] == counts["photo_failures"]


@pytest.mark.usefixtures("spark")
def test_broken_photos_count_and_so_do_those_of_listings_without_a_title(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    _, names = shop
    (tmp_path / "photos").mkdir()
    for name in names:
        (tmp_path / "photos" / name).write_bytes(b"%!PS-Adobe EPSF-3.0\n")
    for title in ("Panci presto", ""):
        with pytest.raises(InputError, match="12 of 12 photos could not be used: 12 cannot be decoded.*intact photos"):
            encode(monkeypatch, capsys, listed(tmp_path / "a.csv", names, title), tmp_path / "photos", tmp_path / "out")


@pytest.mark.usefixtures("spark")
def test_a_catalogue_without_photos_is_encoded_and_says_so(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "data").mkdir()
    listings = listed(tmp_path / "data" / "train.csv", shop[1])
    said, counts = encode(monkeypatch, capsys, listings, tmp_path / "data", tmp_path / "out")
    assert f"12 of 12 photos could not be used: 12 not found ({tmp_path}/data has no photos)" in said
    assert counts["photo_failures"] == {"not found": 12}


@pytest.mark.usefixtures("spark")
def test_the_closing_line_adds_up(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Listings that are left blind are encoded in vain: they are quarantined, and not among those encoded now."""
    root, names = shop
    (tmp_path / "a.csv").write_text(f"posting_id,image,title\na,{names[0]},Kipas\nb,,★★\nc,,☆\nd,{names[1]},\n")
    said, counts = encode(monkeypatch, capsys, tmp_path / "a.csv", root / "photos", tmp_path / "out")
    assert "encoded 2 listings, 2 of them now, quarantined 2: " in said
    assert counts["rows"] == counts["listings"] + counts["quarantine"]


@pytest.mark.usefixtures("spark")
def test_a_dry_run_says_how_many_photos_are_there(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root, names = shop
    listings = listed(tmp_path / "a.csv", [*names[:9], "gone.jpg"])
    words = ["encode.py", "--listings", listings, "--images", root, "--output", tmp_path / "out", "--dry-run"]
    monkeypatch.setattr(sys, "argv", [*map(str, words)])
    run_main("encode")
    said = capsys.readouterr().out
    assert "photos: 9 of 10 looked for are there" in said
    assert f"using {root}/photos" in said


@pytest.mark.usefixtures("spark")
def test_a_photo_that_cannot_be_read_just_now_is_tried_again_by_the_next_run(
    shop: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A link out of the folder stands for a disk that does not answer: either may be better next time."""
    root, names = shop
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for name in names[1:]:
        (photos / name).write_bytes((root / "photos" / name).read_bytes())
    (photos / names[0]).symlink_to(root / "photos" / names[0])
    listings = listed(tmp_path / "a.csv", names)
    said, _ = encode(monkeypatch, capsys, listings, photos, out)
    assert "1 of 12 photos could not be used: 1 is a link that leads out of the images folder" in said
    first = dict(zip(column(out, "posting_id"), column(out, "content"), strict=True))
    encode(monkeypatch, capsys, listings, photos, out)
    second = dict(zip(column(out, "posting_id"), column(out, "content"), strict=True))
    assert first == second, "for match nothing has changed"
    said, counts = encode(monkeypatch, capsys, listings, photos, out, "--set", "encode.follow_links=true")
    assert "encoded 12 listings, 1 of them now, quarantined 0: " in said
    assert counts["photo_failures"] == {}
    third = dict(zip(column(out, "posting_id"), column(out, "content"), strict=True))
    assert [name for name in first if first[name] != third[name]] == ["p0"]


def test_reasons_are_counted_the_commonest_first_with_an_example_of_each():
    failures = [
        "photo not found: b",
        "photo not found: a",
        "photo is too large: 9 bytes, more than 1",
        "title has no letter",
    ]
    counts = PhotoCounts.of(5, failures)
    assert str(counts) == "3 of 5 photos could not be used: 2 not found, 1 is too large"
    assert counts.examples["photo not found"] == "photo not found: a"
    counts.check(0.6, PhotoFolder("photos"))
    with pytest.raises(InputError, match="3 of 5"):
        counts.check(0.59, PhotoFolder("photos"))
    PhotoCounts.of(0, []).check(0.0, PhotoFolder("photos"))
    assert str(PhotoCounts.of(0, [])) == "no listing names a photo"


def test_what_is_not_found_in_a_folder_without_photos_is_expected_and_the_rest_is_not():
    bare = PhotoFolder("photos", bare=True)
    PhotoCounts.of(4, ["photo not found: a"] * 4).check(0.0, bare)
    with pytest.raises(InputError, match="cannot be read just now"):
        PhotoCounts.of(4, ["photo cannot be read just now: PermissionError"] * 3).check(0.5, bare)


def test_failures_of_quarantined_listings_are_found_in_their_reasons():
    blind = "neither a usable photo nor a usable title"
    reasons = [
        f"{blind}; photo not found: a",
        f"{blind}; title has no letter or digit",
        "line 3: posting_id is missing",
        None,
    ]
    found = list(quarantined_failures(pa.chunked_array([reasons])))
    assert PhotoCounts.of(3, found).by_reason == {"not found": 1}
