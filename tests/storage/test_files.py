"""Files appear whole or not at all, tables fit their schema, and an unfinished folder is told from a finished one."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from kembar.errors import InputError
from kembar.model.fingerprints import require_finished
from kembar.schemas import GROUPS, conform
from kembar.scoring.summary import least_kept
from kembar.storage.files import SUCCESS, delete, exists, join_uri, read_json, write_bytes, write_json
from kembar.storage.tables import read_table, write_arrow, write_table


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_path_and_its_uri_are_the_same_file(tmp_path: Path, scheme: str):
    uri = join_uri(f"{scheme}{tmp_path}/", "deep", "er", "x.json")
    write_json(uri, {"a": "ä"})
    assert read_json(uri) == {"a": "ä"}
    assert [p.name for p in (tmp_path / "deep" / "er").iterdir()] == ["x.json"], "no half-written file stays"
    delete(uri, join_uri(f"{scheme}{tmp_path}", "deep"), "/no/such/file")
    assert not exists(uri)


def test_what_is_no_json_object_is_named(tmp_path: Path):
    for text, said in (("{", "is not JSON"), ("[1]", "expected a JSON object, received list")):
        write_bytes(str(tmp_path / "x.json"), text.encode())
        with pytest.raises(InputError, match=said):
            read_json(str(tmp_path / "x.json"))


def test_a_table_comes_back_and_one_that_was_not_finished_is_refused(spark: SparkSession, tmp_path: Path):
    uri = str(tmp_path / "groups")
    write_table(spark.createDataFrame([("a", "a", 1)], GROUPS), uri, GROUPS)
    assert read_table(spark, uri, GROUPS).collect() == [("a", "a", 1)]
    (tmp_path / "groups" / "_SUCCESS").unlink()
    with pytest.raises(InputError, match="the mark of a finished write in table .*groups not found"):
        read_table(spark, uri, GROUPS)
    with pytest.raises(InputError, match="table not found"):
        read_table(spark, str(tmp_path / "other"), GROUPS)


def test_every_column_that_does_not_fit_is_named_at_once(spark: SparkSession):
    table = spark.createDataFrame([("a", 1.5, 1)], "posting_id string, group_size double, more int")
    with pytest.raises(InputError) as caught:
        conform(table, GROUPS, "groups")
    for said in ("group_id: missing", "more: not expected", "group_size: is double, expected int"):
        assert said in str(caught.value)


def test_a_part_that_does_not_fit_is_named_whichever_it_is(spark: SparkSession, tmp_path: Path):
    good = pa.table({"posting_id": ["a"], "group_id": ["a"], "group_size": pa.array([1], pa.int32())})
    for name, table in (("part-0", good), ("part-1", good.drop_columns("group_size"))):
        write_arrow(table, str(tmp_path / "groups" / f"{name}.parquet"))
    (tmp_path / "groups" / SUCCESS).touch()
    with pytest.raises(InputError, match="part-1.*group_size is missing"):
        read_table(spark, str(tmp_path / "groups"), GROUPS)


def test_a_folder_encoded_by_another_bundle_or_not_to_the_end_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="the run did not finish"):
        require_finished(str(tmp_path), "one")
    write_json(str(tmp_path / "manifest.json"), {"encoder": "other"})
    with pytest.raises(InputError, match="encoded by other, and this bundle's encoder is one"):
        require_finished(str(tmp_path), "one")
    assert require_finished(str(tmp_path), "other") == {"encoder": "other"}


def test_pairs_are_kept_from_the_probability_that_the_manifest_says(tmp_path: Path):
    assert least_kept(str(tmp_path)) == 0.0
    write_json(str(tmp_path / "manifest.json"), {"settings": {"scoring": {"keep_probability": 0.3}}})
    assert least_kept(str(tmp_path)) == 0.3
