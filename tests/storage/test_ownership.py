"""No file that kembar did not write is changed or deleted, whatever lies in the folder that a job is to write into."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kembar.errors import InputError, RunError
from kembar.storage import output_folder as runs
from kembar.storage.files import write_bytes
from kembar.storage.folder_contents import OUTPUTS
from kembar.storage.output_folder import output_folder
from kembar.storage.ownership import check_output, check_output_file
from kembar.storage.table_parts import NewTable
from kembar.storage.tables import write_arrow
from tests.trees import plant, snapshot

pytestmark = pytest.mark.slow

TREES = 500
EARLIER = ("nothing", "a result", "a killed run", "another job's result", "an old version's result")
OUTCOMES = ("success", "failure", "kill", "kill twice")


class Killed(BaseException):
    """A process that is killed."""


def work(uri: Path, job: str, mark: str, end: Callable[[], None] = lambda: None) -> None:
    """What a job does with its folder: tables staged by Spark and by tasks, single files, files of folders."""
    with output_folder(str(uri), job) as folder:
        tables, outputs = {}, OUTPUTS[job]
        for name in outputs.tables:
            part = f"part-{mark}-{folder.run}.parquet"
            write_arrow(pa.table({"posting_id": [mark]}), folder.staged(name, part))
            write_bytes(folder.staged(name, "_SUCCESS"), b"")
            tables[name] = NewTable([folder.staged(name)])
        staged = [f"{name}/{mark}.txt" for name in outputs.folders]
        for path in staged:
            write_bytes(folder.staged("files", path), mark.encode())
        end()
        files = dict.fromkeys((name for name in outputs.files if name != "drift.md"), mark.encode())
        bundle = {"kembar": "1", "format": 3, "image_tower": "x", "sha256": {}}
        facts = bundle if job == "train" else {"counts": {}}
        folder.publish(tables, files, facts, staged, stamped=job != "train")


def kill_after(patch: pytest.MonkeyPatch, steps: int) -> None:
    """Let a run's file operations work so many times, and none after that."""
    left = [steps]

    def limited(real: Callable[..., object]) -> Callable[..., object]:
        def operation(*arguments: object) -> object:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*arguments)

        return operation

    for name in ("move", "write_bytes", "delete"):
        patch.setattr(runs, name, limited(getattr(runs, name)))


def attempt(uri: Path, job: str, outcome: str, rng: np.random.Generator) -> bool:
    """Run a job to an outcome; whether it was let in."""

    def fail() -> None:
        raise ZeroDivisionError

    try:
        with pytest.MonkeyPatch.context() as patch:
            if outcome.startswith("kill"):
                kill_after(patch, int(rng.integers(0, 30)))
            work(uri, job, str(rng.integers(1000)), fail if outcome == "failure" else lambda: None)
    except (InputError, RunError):
        return False
    except (ZeroDivisionError, Killed):
        return True
    return True


def prepare(uri: Path, job: str, earlier: str, rng: np.random.Generator) -> None:
    """What kembar left in the folder before."""
    other = str(rng.choice([name for name in OUTPUTS if name != job]))
    if earlier == "a killed run":
        attempt(uri, job, "kill", rng)
    elif earlier != "nothing":
        attempt(uri, other if earlier.startswith("another") else job, "success", rng)
    manifest = uri / "manifest.json"
    if earlier.startswith("an old") and job != "train":
        known = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({k: v for k, v in known.items() if k not in ("made_by", "format", "files")}))


def test_no_tree_no_job_and_no_outcome_costs_a_foreign_file(tmp_path: Path):
    """500 trees; in each every job meets the same files with an earlier state and an outcome of its own."""
    let_in = 0
    for seed in range(TREES):
        for number, job in enumerate(OUTPUTS):
            rng = np.random.default_rng([seed, number])
            uri = tmp_path / f"{seed}" / job
            prepare(uri, job, EARLIER[(seed + number) % len(EARLIER)], rng)
            planted = plant(uri, np.random.default_rng(seed)) if seed % 10 else {}
            outcome = OUTCOMES[seed // 5 % len(OUTCOMES)]
            for _ in range(2 if outcome == "kill twice" else 1):
                let_in += attempt(uri, job, outcome, rng)
            let_in += attempt(uri, job, "success", rng)
            after = snapshot(uri)
            harmed = [path for path, data in planted.items() if after.get(path) != data]
            assert not harmed, (seed, job, outcome)
    assert let_in > TREES, "and not because every job refuses every folder"


@pytest.mark.parametrize("job", list(OUTPUTS))
def test_a_job_refuses_a_folder_with_any_file_in_it_and_names_the_file(tmp_path: Path, job: str):
    for foreign in (
        "notes.txt",
        ".hidden",
        "groups/mine.parquet",
        "static/logo.css",
        "deep/er/x",
        "_staging/codes/part-0",
    ):
        place = tmp_path / foreign.replace("/", "-")
        (place / foreign).parent.mkdir(parents=True)
        (place / foreign).write_text("mine")
        with pytest.raises(InputError, match=f"holds {foreign}, which jobs/{job}.py did not write"):
            check_output(str(place), job)
        assert snapshot(place) == {place / foreign: b"mine"}


def test_what_an_operating_system_leaves_in_a_folder_does_not_count(tmp_path: Path):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_text("x")
    work(tmp_path, "encode", "1")
    assert (tmp_path / ".DS_Store").read_text() == "x"


def test_files_beside_a_result_stay_and_those_in_a_table_are_named(tmp_path: Path):
    """A note beside a result is nobody's concern; readers would take a file in a table for a part of it."""
    work(tmp_path, "match", "1")
    (tmp_path / "notes.txt").write_text("mine")
    work(tmp_path, "match", "2")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "groups" / "mine.parquet").write_text("mine")
    with pytest.raises(InputError, match=r"holds groups/mine\.parquet, which jobs/match\.py did not write"):
        work(tmp_path, "match", "3")
    assert (tmp_path / "submission.csv").read_text() == "2"


@pytest.mark.parametrize("text", ['{"name": "my shop"}', "[]", "not JSON", '{"job": "match", "tables": {}}', ""])
def test_somebody_elses_manifest_is_left_alone(tmp_path: Path, text: str):
    (tmp_path / "manifest.json").write_text(text)
    for job in OUTPUTS:
        with pytest.raises(InputError, match=r"holds a manifest\.json that kembar did not write"):
            check_output(str(tmp_path), job)
    assert (tmp_path / "manifest.json").read_text() == text


def test_a_folder_of_another_job_is_refused_by_name(tmp_path: Path):
    work(tmp_path, "encode", "1")
    with pytest.raises(InputError, match=r"holds the result of jobs/encode\.py: name another folder"):
        check_output(str(tmp_path), "match")


def test_a_folder_of_a_newer_version_is_refused_by_name(tmp_path: Path):
    work(tmp_path, "encode", "1")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(InputError, match="written by a newer kembar"):
        check_output(str(tmp_path), "encode")


def test_a_table_that_is_a_link_is_not_written_through(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    work(tmp_path / "out", "encode", "1")
    (tmp_path / "out" / "listings").rename(tmp_path / "elsewhere" / "listings")
    (tmp_path / "out" / "listings").symlink_to(tmp_path / "elsewhere" / "listings")
    with pytest.raises(InputError, match="holds listings, a link"):
        check_output(str(tmp_path / "out"), "encode")


HARM = [
    ("encode", "shop", {"listings": "shop"}, "is --listings itself"),
    ("encode", "shop", {"listings": "shop/listings"}, "holds --listings"),
    ("encode", "shop", {"images": "shop/photos"}, "holds --images"),
    ("encode", "shop/listings/out", {"listings": "shop/listings"}, "lies in --listings"),
    ("match", "encoded", {"encoded": "encoded"}, "is --encoded itself"),
    ("match", "encoded/listings", {"encoded": "encoded"}, "lies in a table of --encoded"),
    ("match", "encoded/listings/x", {"encoded": "encoded"}, "lies in a table of --encoded"),
    ("match", "out", {"decisions": "out/decisions.csv"}, "holds --decisions"),
    ("report", "matched/groups", {"matched": "matched"}, "lies in a table of --matched"),
    ("report", "matched", {"matched": "matched"}, "is --matched itself"),
    ("train", "mine", {"images": "mine/photos"}, "holds --images"),
]


@pytest.mark.parametrize("by_uri", [False, True])
@pytest.mark.parametrize(("job", "output", "inputs", "said"), HARM)
def test_an_output_that_could_harm_an_input_is_refused(
    tmp_path: Path, job: str, output: str, inputs: dict[str, str], said: str, by_uri: bool
):
    """However either is written: as path or URI, through a link, with dots."""
    (tmp_path / "link").symlink_to(tmp_path)
    for place in inputs.values():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
    for root in (f"{tmp_path}", f"{tmp_path}/link", f"{tmp_path}/x/.."):
        where = f"file://{tmp_path}/{output}/" if by_uri else f"{tmp_path}/{output}"
        with pytest.raises(InputError, match=said):
            check_output(where, job, **{name: f"{root}/{place}" for name, place in inputs.items()})


def test_what_does_no_harm_is_let_through(tmp_path: Path):
    """A run updates its own folder; a report lies in a run's folder, decisions beside a result, photos all over."""
    work(tmp_path / "matched", "match", "1")
    check_output(str(tmp_path / "matched"), "match", previous=str(tmp_path / "matched"))
    check_output(str(tmp_path / "matched" / "report"), "report", matched=str(tmp_path / "matched"))
    (tmp_path / "matched" / "decisions.csv").write_text("mine")
    check_output(str(tmp_path / "matched"), "match", decisions=str(tmp_path / "matched" / "decisions.csv"))
    check_output(str(tmp_path / "encoded"), "encode", images=str(tmp_path), bundle=None)


def test_a_single_file_replaces_only_an_earlier_one_of_its_kind(tmp_path: Path):
    out = tmp_path / "metrics.json"
    check_output_file(str(out), "earlier scores", bytes.isdigit)
    out.write_text("12")
    check_output_file(str(out), "earlier scores", bytes.isdigit)
    out.write_text("prices")
    with pytest.raises(InputError, match="is there already and does not hold earlier scores"):
        check_output_file(str(out), "earlier scores", bytes.isdigit)
    with pytest.raises(InputError, match="is a folder"):
        check_output_file(str(tmp_path), "earlier scores", bytes.isdigit)
    with pytest.raises(InputError, match="is --submission itself"):
        check_output_file(str(out), "earlier scores", bytes.isdigit, submission=str(out))
    with pytest.raises(InputError, match="is among the files of --encoded"):
        inner = tmp_path / "encoded" / "listings" / "x.json"
        check_output_file(str(inner), "earlier scores", bytes.isdigit, encoded=str(tmp_path / "encoded"))


def test_a_lock_that_is_no_lock_of_kembars_is_left_alone(tmp_path: Path):
    work(tmp_path, "encode", "1")
    (tmp_path / "_lock").write_text("mine")
    with pytest.raises(InputError, match="holds _lock, which"):
        work(tmp_path, "encode", "2")
    assert (tmp_path / "_lock").read_text() == "mine"
    (tmp_path / "_lock").unlink()
    os.mkfifo(tmp_path / "_lock")
    with pytest.raises(InputError, match="holds _lock, which"):
        check_output(str(tmp_path), "encode")
