"""Executors that do not see what the driver sees are found out before the work, by name, with what to do."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import RunError
from kembar.stages.check_cluster import judge_sight, probe_executors
from udfs.sight import Probe

TOKEN = "t0"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the driver and two tasks wrote the token."""
    folder = tmp_path / "out" / "_staging" / "probe"
    folder.mkdir(parents=True)
    for name in ("part-driver", "part-00000", "part-00001"):
        (folder / name).write_text(TOKEN)
    return folder


def photos_of(tmp_path: Path) -> PhotoFolder:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"12345")
    return PhotoFolder(str(tmp_path / "photos"))


def test_executors_that_share_both_folders_pass_and_leave_nothing(spark: SparkSession, tmp_path: Path):
    probe_executors(spark, str(tmp_path / "_staging" / "probe"), photos_of(tmp_path), ["a.jpg", "missing.jpg"])
    assert list((tmp_path / "_staging").iterdir()) == []


def test_an_executor_with_another_disk_is_named(place: Path):
    elsewhere = Probe(str(place.parent / "no such place"), TOKEN)
    fault = elsewhere.fault(0)
    assert fault and "cannot read the driver's file in the output" in fault
    with pytest.raises(RunError, match=r"executor worker-7: it cannot read .*mount the same disk .*s3a://"):
        judge_sight(Probe(str(place), TOKEN), [("worker-1", None), ("worker-7", fault)])


def test_an_executor_with_a_file_of_its_own_in_that_place_is_named(place: Path):
    (place / "part-driver").write_text("of yesterday")
    assert "another file" in (Probe(str(place), TOKEN).fault(0) or "")


def test_a_driver_that_does_not_see_what_executors_write_says_so(place: Path):
    (place / "part-00001").unlink()
    with pytest.raises(RunError, match=r"executor worker-1: the driver cannot read the file that it wrote"):
        judge_sight(Probe(str(place), TOKEN), [("worker-1", None), ("worker-1", None)])


@pytest.mark.parametrize("state", ["4 1", "absent"])
def test_an_executor_that_sees_other_photos_is_named_with_one_of_them(place: Path, tmp_path: Path, state: str):
    photos = photos_of(tmp_path)
    probe = Probe(str(place), TOKEN, photos, {"a.jpg": "5 99", "b.jpg": state})
    fault = probe.fault(0)
    assert (fault is None) == (state == "absent"), "b.jpg is not there"
    if fault:
        assert "does not see the same photo b.jpg" in fault
        with pytest.raises(RunError, match=f"executor w: .*b.jpg in {photos.folder}"):
            judge_sight(probe, [("w", fault)])


def test_a_store_is_a_matter_of_rights(place: Path):
    probe = Probe("s3a://shop/out/_staging/probe", TOKEN)
    with pytest.raises(RunError, match="give every executor the permissions"):
        judge_sight(probe, [("w", "it cannot write to the output s3a://shop/out (OSError)")])
