"""Only what is new or changed is encoded; parts of which every row is wanted stay as they are."""

import posixpath
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from kembar.encoding.assembly import ENCODED_ARROW, write_codes
from kembar.encoding.photo_folder import PhotoFolder
from kembar.incremental.encode_plan import Changes, Increment, plan_increment
from kembar.schemas import LISTINGS
from kembar.storage.parts import PartFolder
from kembar.storage.tables import write_arrow


def part(folder: Path, name: str, contents: dict[str, str], encoder: str = "e") -> str:
    rows = [
        {"posting_id": k, "content": v, "encoder": encoder, "terms": [], "attributes": [], "failures": []}
        for k, v in contents.items()
    ]
    uri = str(folder / f"{name}.parquet")
    write_arrow(pa.Table.from_pylist(rows, ENCODED_ARROW), uri)
    return uri


def catalogue(spark: SparkSession, contents: dict[str, str]) -> DataFrame:
    names = ", ".join(f"{name} string" for name in [*LISTINGS.names, "content"])
    return spark.createDataFrame([(k, "x.jpg", None, "kaos", None, v) for k, v in contents.items()], names)


def ids(table: DataFrame) -> list[str]:
    return sorted(row.posting_id for row in table.collect())


def rows_left(plan: Increment) -> dict[str, list[bool]]:
    return {posixpath.basename(uri): wanted.tolist() for uri, wanted in plan.rest.items()}


def test_without_parts_all_is_new(spark: SparkSession):
    plan = plan_increment(catalogue(spark, {"a": "1", "b": "1"}), [], "e")
    assert (ids(plan.fresh), plan.kept, plan.rest) == (["a", "b"], [], {})
    assert plan.changes == Changes(unchanged=0, new=2, changed=0, outdated=0, removed=0)


def test_each_part_is_kept_written_anew_or_dropped_by_what_is_still_wanted(spark: SparkSession, tmp_path: Path):
    whole = part(tmp_path, "whole", {"a": "1", "b": "1"})
    mixed = part(tmp_path, "mixed", {"c": "1", "d": "1", "e": "1"})
    gone = part(tmp_path, "gone", {"f": "1"})
    now = catalogue(spark, {"a": "1", "b": "1", "c": "1", "d": "2", "g": "1"})
    plan = plan_increment(now, [whole, mixed, gone], "e")
    assert plan.kept == [whole]
    assert rows_left(plan) == {"mixed.parquet": [True, False, False]}
    assert ids(plan.fresh) == ["d", "g"]
    assert plan.changes == Changes(unchanged=3, new=1, changed=1, outdated=0, removed=2)


def test_another_encoder_leaves_no_code_to_keep(spark: SparkSession, tmp_path: Path):
    plan = plan_increment(catalogue(spark, {"a": "1", "b": "2"}), [part(tmp_path, "p", {"a": "1", "b": "1"})], "other")
    assert (ids(plan.fresh), plan.kept, plan.rest) == (["a", "b"], [], {})
    assert plan.changes == Changes(unchanged=0, new=0, changed=1, outdated=1, removed=0)


def test_a_listing_that_two_parts_have_is_taken_from_one(spark: SparkSession, tmp_path: Path):
    """One published before the listing changed and changed back, and one of a run that was killed."""
    parts = [part(tmp_path, "1", {"a": "1", "b": "1"}), part(tmp_path, "2", {"a": "1", "c": "1"})]
    plan = plan_increment(catalogue(spark, {"a": "1", "b": "1", "c": "1"}), parts, "e")
    assert plan.kept == parts[:1]
    assert rows_left(plan) == {"2.parquet": [False, True]}
    assert ids(plan.fresh) == []


def test_many_small_parts_are_put_together(spark: SparkSession, tmp_path: Path):
    parts = [part(tmp_path, f"{n:02}", {f"p{n}": "1"}) for n in range(33)]
    now = {f"p{n}": "1" for n in range(33)}
    plan = plan_increment(catalogue(spark, now), parts, "e")
    assert (plan.kept, len(plan.rest)) == ([], 33)
    table = plan.table(str(tmp_path), [], str(tmp_path / "rest"))
    assert [len(pq.read_table(part)) for part in table.staged] == [33]
    assert plan_increment(catalogue(spark, now), parts[:32], "e").kept == parts[:32]


def test_the_new_table_has_kept_parts_where_they_are_and_staged_ones_moved(spark: SparkSession, tmp_path: Path):
    home, staged = tmp_path / "listings", tmp_path / "_staging"
    parts = [part(home, "1", {"a": "1"}), part(staged, "2", {"b": "1"}), part(staged, "3", {"c": "1", "d": "1"})]
    plan = plan_increment(catalogue(spark, {"a": "1", "b": "1", "c": "1"}), parts, "e")
    table = plan.table(str(home), ["made.parquet"], str(tmp_path / "rest"))
    assert table.kept == ["1.parquet"]
    assert table.staged[:2] == [parts[1], "made.parquet"]
    assert [pq.read_table(part)["posting_id"].to_pylist() for part in table.staged[2:]] == [["c"]]


def test_an_empty_catalogue_is_a_table_without_rows(spark: SparkSession, tmp_path: Path):
    table = plan_increment(catalogue(spark, {}), [], "e").table(str(tmp_path), [], str(tmp_path / "rest"))
    assert [len(pq.read_table(part)) for part in table.staged] == [0]


def assembled(**reasons: str | None) -> pa.RecordBatch:
    rows = [
        {"posting_id": k, "row": r and "{}", "reason": r, "terms": [], "attributes": [], "failures": []}
        for k, r in reasons.items()
    ]
    schema = pa.schema([*ENCODED_ARROW, ("row", pa.string()), ("reason", pa.string())])
    return pa.RecordBatch.from_pylist(rows, schema)


def test_a_part_has_its_name_once_it_is_whole(tmp_path: Path):
    """Until its task has run to the end there is no part, so that a killed one leaves nothing to go on with."""
    codes = PartFolder(str(tmp_path / "codes"), "run", ENCODED_ARROW)
    task = write_codes(codes, 7, iter([assembled(a=None, b="blind"), assembled(c=None)]))
    assert next(task).to_pylist() == [{"posting_id": "b", "row": "{}", "reason": "blind"}]
    assert codes.parts() == []
    assert [batch.num_rows for batch in task] == [0]
    assert [posixpath.basename(uri) for uri in codes.parts()] == ["part-00007-run.parquet"]
    assert pq.read_table(codes.parts()[0])["posting_id"].to_pylist() == ["a", "c"]
    assert PartFolder(str(tmp_path / "codes"), "other", ENCODED_ARROW).parts() == []


def test_an_attempt_that_was_given_up_and_lives_on_harms_no_part(tmp_path: Path):
    """Its executor was lost, or so Spark thought, and the task runs elsewhere already."""
    writer = PartFolder(str(tmp_path), "run", ENCODED_ARROW)
    batches = [assembled(a=None, b=None), assembled(c=None)]
    lost, again = (write_codes(writer, 3, iter(batches)) for _ in range(2))
    next(lost), next(again), next(lost), next(again)
    for attempt in (again, lost):
        assert list(attempt) == []
        assert pq.read_table(writer.parts()[0])["posting_id"].to_pylist() == ["a", "b", "c"]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_attempt_that_fails_leaves_nothing(tmp_path: Path):
    def cut() -> Iterator[pa.RecordBatch]:
        yield assembled(a=None)
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(write_codes(PartFolder(str(tmp_path), "run", ENCODED_ARROW), 0, cut()))
    assert list(tmp_path.iterdir()) == []


def test_a_task_without_a_usable_listing_leaves_no_part(tmp_path: Path):
    codes = PartFolder(str(tmp_path), "run", ENCODED_ARROW)
    assert [batch.num_rows for batch in write_codes(codes, 0, iter([assembled(a="blind")]))] == [1]
    assert list(tmp_path.iterdir()) == []
    assert [len(pq.read_table(part)) for part in codes.finish()] == [0], "but a table has a part"


def test_a_photo_is_another_when_its_size_or_time_is_or_when_it_comes_and_goes(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(b"1")
    names = ["a.jpg", "gone.jpg", None, "../a.jpg", "a.jpg"]
    first = PhotoFolder(str(tmp_path)).states(names)
    assert first[1:4] == ["absent", "", "absent"]
    assert first[0] == first[4] != "absent"
    (tmp_path / "a.jpg").write_bytes(b"22")
    assert PhotoFolder(str(tmp_path)).states(names)[0] != first[0]


@pytest.mark.parametrize("folder", ["", "file://"])
def test_photos_are_looked_up_by_path_and_uri(tmp_path: Path, folder: str):
    (tmp_path / "a.jpg").write_bytes(b"1")
    assert PhotoFolder(f"{folder}{tmp_path}").states(["a.jpg"])[0].startswith("1 ")
