"""A run's output appears whole or not at all, one run at a time, and nothing half-written is taken for a result."""

import json
import multiprocessing
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from kembar.errors import InputError, RunError
from kembar.schemas import CATALOGUE
from kembar.storage import output_folder as runs
from kembar.storage.output_folder import OutputFolder, output_folder
from kembar.storage.ownership import check_output
from kembar.storage.table_parts import NewTable, check_row_counts, table_rows
from kembar.storage.tables import read_arrow, read_table, table_parts, write_arrow
from tests.disks import fill, small_disk


def rows(*names: str) -> pa.Table:
    columns = {"posting_id": list(names), "content": ["x"] * len(names), "group_id": list(names)}
    rows = np.arange(len(names))
    return pa.table(columns | {"component": rows, "cluster": rows, "best_look": rows.astype(np.float32)})


def stage(folder: OutputFolder, *names: str) -> NewTable:
    write_arrow(rows(*names), folder.staged("catalogue", f"part-{folder.run}.parquet"))
    return NewTable([folder.staged("catalogue")])


def run_once(uri: Path, *names: str) -> None:
    with output_folder(str(uri), "match") as folder:
        folder.publish({"catalogue": stage(folder, *names)}, {"submission.csv": b"x"}, {"counts": len(names)})


def listed(uri: Path) -> list[str]:
    return sorted(read_arrow(str(uri / "catalogue"))["posting_id"].to_pylist())


def test_a_run_replaces_the_one_before_and_leaves_nothing_of_it(spark: SparkSession, tmp_path: Path):
    run_once(tmp_path, "a", "b")
    run_once(tmp_path, "c")
    assert listed(tmp_path) == ["c"]
    assert read_table(spark, str(tmp_path / "catalogue"), CATALOGUE).count() == 1
    assert pq.read_table(tmp_path / "catalogue").num_rows == 1, "whoever reads the folder sees the same"
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert table_rows(manifest, "catalogue") == 1
    assert {"pyspark", "kembar", "python"} <= set(manifest["versions"])
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "_lock") == [
        "catalogue",
        "manifest.json",
        "submission.csv",
    ]


def test_parts_that_are_kept_are_not_touched(tmp_path: Path):
    run_once(tmp_path, "a")
    (old,) = (tmp_path / "catalogue").glob("*.parquet")
    before = old.stat().st_mtime_ns, old.stat().st_ino
    with output_folder(str(tmp_path), "match") as folder:
        table = NewTable(stage(folder, "b").staged, kept=[old.name])
        assert folder.rows("catalogue", table) == 2
        folder.publish({"catalogue": table}, {}, {})
    assert listed(tmp_path) == ["a", "b"]
    assert (old.stat().st_mtime_ns, old.stat().st_ino) == before


class Killed(BaseException):
    """A process that is killed: nothing that it would have done afterwards is done."""


def kill_at(patch: pytest.MonkeyPatch, step: int) -> list[str]:
    """From the given step on no file operation of a run is carried out; the operations that were."""
    done: list[str] = []

    def dying(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            if len(done) >= step:
                raise Killed
            done.append(name)
            return real(*arguments)

        return operation

    for name in ("move", "write_bytes", "delete"):
        patch.setattr(runs, name, dying(name, getattr(runs, name)))
    return done


def run_killed(uri: Path, step: int, *names: str, files: dict[str, bytes]) -> bool:
    """A run that is killed at a step; whether it came that far."""
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, step)
        try:
            with output_folder(str(uri), "match") as run:
                run.publish({"catalogue": stage(run, *names)}, files, {})
        except Killed:
            return True
        return False


def test_a_run_that_is_killed_at_any_step_leaves_one_whole_result_and_the_next_run_clears_up(tmp_path: Path):
    """A result, its submission and its summary are of one run; parts of the killed one are gone afterwards."""
    step, seen = 0, set()
    while True:
        out = tmp_path / str(step)
        run_once(out, "a", "b")
        if not run_killed(out, step, "c", files={"submission.csv": b"new", "summary.json": b"{}"}):
            break
        ids = listed(out)
        assert ids in (["a", "b"], ["c"])
        seen.add(tuple(ids))
        with output_folder(str(out), "match"):
            assert listed(out) == ids
            assert (out / "submission.csv").read_bytes() == (b"x" if ids == ["a", "b"] else b"new")
            assert (out / "summary.json").exists() == (ids == ["c"])
            assert pq.read_table(out / "catalogue").num_rows == len(ids), "readers without kembar see the same"
            assert (out / "catalogue" / "_SUCCESS").exists()
        step += 1
    assert seen == {("a", "b"), ("c",)}
    assert step > 8, "a run has that many steps"


def test_a_reader_without_kembar_sees_that_a_table_is_being_replaced(tmp_path: Path):
    """Wherever parts of two runs lie in its folder, the table has no _SUCCESS."""
    step = 0
    while True:
        out = tmp_path / str(step)
        run_once(out, "a")
        if not run_killed(out, step, "b", files={}):
            break
        if len(list((out / "catalogue").glob("*.parquet"))) > 1:
            assert not (out / "catalogue" / "_SUCCESS").exists()
        step += 1


@pytest.mark.parametrize("file", ["submission.csv", "manifest.json"])
def test_a_disk_that_is_full_when_a_result_is_published_keeps_the_one_before(tmp_path: Path, file: str):
    """Whichever file there is no room for."""
    with small_disk(tmp_path / "disk") as disk:
        out = disk / "out"
        run_once(out, "a", "b")
        facts = {"said": "x" * 100_000 if file == "manifest.json" else ""}
        files = {"submission.csv": b"y" * 100_000 if file == "submission.csv" else b"x"}
        with pytest.raises(OSError, match="No space left"), output_folder(str(out), "match") as run:
            table = stage(run, "c")
            ballast = fill(disk, but_bytes=32_768)
            run.publish({"catalogue": table}, files, facts)
        assert listed(out) == ["a", "b"]
        assert not list(out.rglob("*.partial")), "what there was of the file is gone"
        ballast.unlink()
        run_once(out, "c")
        assert listed(out) == ["c"]


def test_a_result_that_is_published_but_not_cleared_up_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run_once(tmp_path, "a")

    def refuse(*_: object) -> None:
        raise OSError("the store is away")

    with pytest.raises(RunError, match="holds the new result, but"), output_folder(str(tmp_path), "match") as run:
        table = stage(run, "b")
        monkeypatch.setattr(runs, "_mark_whole", refuse)
        run.publish({"catalogue": table}, {}, {})
    assert listed(tmp_path) == ["b"]


def test_a_first_run_that_fails_leaves_no_folder_and_one_that_is_killed_nothing_that_looks_finished(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), output_folder(str(tmp_path / "new" / "out"), "match") as run:
        stage(run, "a")
        raise ZeroDivisionError
    assert not (tmp_path / "new").exists()
    step = 0
    while run_killed(out := tmp_path / str(step), step, "a", files={"submission.csv": b"x"}):
        if not (out / "manifest.json").exists():
            assert not list(out.rglob("_SUCCESS"))
            assert not (out / "submission.csv").exists()
        run_once(out, "b")
        assert listed(out) == ["b"]
        step += 1


def hold(uri: str, held: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    with output_folder(uri, "match"):
        held.set()
        done.wait(30)


def test_two_runs_into_one_folder_at_once_are_refused_and_a_killed_one_holds_nothing(tmp_path: Path):
    spawn = multiprocessing.get_context("spawn")
    held, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(str(tmp_path), held, done))
    other.start()
    assert held.wait(60)
    with pytest.raises(RunError, match="another run is writing into"), output_folder(str(tmp_path), "match"):
        pass
    other.kill()
    other.join()
    run_once(tmp_path, "a")
    assert listed(tmp_path) == ["a"]


def test_a_run_that_looks_while_another_stages_is_told_of_that_run(tmp_path: Path):
    """It may have looked for the journal a moment before there was one: what it sees then is not a stranger's."""
    with output_folder(str(tmp_path), "match") as other:
        stage(other, "a")
        (tmp_path / "_staging" / "run.json").unlink()
        with pytest.raises(RunError, match="another run is writing into"), output_folder(str(tmp_path), "match"):
            pass
        with pytest.raises(RunError, match="another run is writing into"):
            check_output(str(tmp_path), "match")
    with pytest.raises(InputError, match="holds _staging/"):
        check_output(str(tmp_path), "match")


def try_to_publish(uri: str, start: "multiprocessing.synchronize.Barrier") -> str:
    """Begin a run at the same moment as the other process, and stay until that one has tried too."""
    start.wait(60)
    try:
        with output_folder(uri, "match") as folder:
            table = stage(folder, str(multiprocessing.current_process().pid))
            start.wait(60)
            folder.publish({"catalogue": table}, {}, {})
        return "published"
    except RunError:
        start.wait(60)
        return "refused"


def race(root: str, tries: int, start: "multiprocessing.synchronize.Barrier", answers: "multiprocessing.Queue") -> None:
    """Answer what became of each try. An error is an answer too, and frees the other process, which waits."""
    said: list[str] = []
    try:
        said += [try_to_publish(f"{root}/{turn}", start) for turn in range(tries)]
    except Exception:
        said.append(traceback.format_exc())
        start.abort()
    answers.put(said)


def test_of_two_runs_that_begin_at_once_exactly_one_publishes(tmp_path: Path):
    """50 tries, each into a new folder, which both processes would make."""
    spawn, tries = multiprocessing.get_context("spawn"), 50
    start, answers = spawn.Barrier(2), spawn.Queue()
    both = [spawn.Process(target=race, args=(str(tmp_path), tries, start, answers)) for _ in range(2)]
    for each in both:
        each.start()
    said = [answers.get(timeout=120) for _ in both]
    for each in both:
        each.join()
    errors = [answer for each in said for answer in each if answer not in ("published", "refused")]
    assert not errors, "\n".join(errors)
    assert [sorted(pair) for pair in zip(*said, strict=True)] == [["published", "refused"]] * tries
    assert all(len(listed(tmp_path / str(turn))) == 1 for turn in range(tries))


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_part_is_named_and_is_none_to_go_on_with(tmp_path: Path, harm: str):
    run_once(tmp_path, "a", "b")
    (part,) = (tmp_path / "catalogue").glob("*.parquet")
    if harm == "cut":
        part.write_bytes(part.read_bytes()[:-10])
    else:
        part.unlink()
    with pytest.raises(InputError, match=rf"{part.name} has \d+ bytes, \d+ were written"):
        table_parts(str(tmp_path / "catalogue"))
    with output_folder(str(tmp_path), "match") as folder:
        assert folder.intact_parts("catalogue") == []


def test_staged_parts_of_a_run_that_was_killed_are_gone_on_with_where_the_job_can(tmp_path: Path):
    with output_folder(str(tmp_path), "encode", keep_staged=True) as folder:
        stage(folder, "a")
        (Path(folder.staged("catalogue")) / "part-x.parquet").write_bytes(b"PAR1 half")
    with output_folder(str(tmp_path), "encode", keep_staged=True) as folder:
        assert len(folder.intact_parts("catalogue", "catalogue")) == 1
    with output_folder(str(tmp_path), "encode") as folder:
        assert folder.intact_parts("catalogue", "catalogue") == []


def test_a_run_that_fails_before_it_staged_anything_leaves_nothing(tmp_path: Path):
    """Even where the job could go on with what it staged: a refused input must not fill the output folder."""
    output = tmp_path / "out"
    with pytest.raises(InputError), output_folder(str(output), "encode", keep_staged=True):
        raise InputError("no catalogue")
    assert [path for path in output.rglob("*") if path.is_file()] == []


def test_rows_that_are_lost_fail_the_run_and_say_where():
    check_row_counts("encode", 3, listings=2, quarantine=1)
    with pytest.raises(RunError, match="stage encode does not add up: 4 rows came in, 2 listings \\+"):
        check_row_counts("encode", 4, listings=2, quarantine=1)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"), output_folder(str(tmp_path / "file" / "x"), "match"):
        pass
