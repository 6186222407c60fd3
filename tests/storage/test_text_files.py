"""What kind a file is comes from the file, and a Parquet file's word for a column's type is not believed."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kembar.errors import InputError
from kembar.storage.text_files import list_files, open_text, parquet_schema, shown

TABLE = pa.table({"posting_id": ["a"], "image": ["1.jpg"], "title": ["Kaos"]})
SPARK = "org.apache.spark.sql.parquet.row.metadata"


def text_of(path: Path) -> str:
    with open_text(str(path)) as text:
        return text.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_in_the_encoding_that_it_names(tmp_path: Path, encoding: str):
    (tmp_path / "a.csv").write_bytes("Gấu 熊 🧸\r\n".encode(encoding))
    assert text_of(tmp_path / "a.csv") == "Gấu 熊 🧸\r\n"


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"G\xe4u,Kaos \xf0\x9f\x92,ok\n", "auto", "G\udce4u,Kaos \udcf0\udc9f\udc92,ok\n"),
        (b"\xed\xa0\x80\n", "auto", "\udced\udca0\udc80\n"),
        (b"\xff\xfea\0b", "auto", "a\udc62"),
        ("白".encode("gbk") + b"\xff\n", "gbk", "白\udcff\n"),
    ],
)
def test_each_byte_that_is_no_character_is_marked(tmp_path: Path, data: bytes, encoding: str, text: str):
    (tmp_path / "a.csv").write_bytes(data)
    with open_text(str(tmp_path / "a.csv"), encoding) as file:
        assert file.read() == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named_and_read_by_name(tmp_path: Path, encoding: str):
    (tmp_path / "a.csv").write_bytes("posting_id,image\nGấu 熊".encode(encoding))
    with pytest.raises(InputError, match=f"a.csv: .*set listings.encoding={encoding}"):
        text_of(tmp_path / "a.csv")
    with open_text(str(tmp_path / "a.csv"), encoding) as text:
        assert text.read() == "posting_id,image\nGấu 熊"


def test_packed_text_is_unpacked_by_its_name_and_must_be_whole(tmp_path: Path):
    packed = gzip.compress(b"posting_id\n" * 100_000)
    (tmp_path / "a.csv.gz").write_bytes(packed)
    assert text_of(tmp_path / "a.csv.gz").count("\n") == 100_000
    (tmp_path / "a.csv.gz").write_bytes(packed[:-20])
    with pytest.raises(InputError, match=r"a\.csv\.gz cannot be read to its end"):
        text_of(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [(b"PAR1", "Parquet"), (b"PK\x03\x04", "a zip file"), (b"\x1f\x8b", "gzip"), (b"\xff\xd8", "JPEG")],
)
def test_another_kind_of_file_is_named(tmp_path: Path, begin: bytes, kind: str):
    (tmp_path / "a.csv").write_bytes(begin + bytes(100))
    with pytest.raises(InputError, match=f"expected CSV, received .*{kind}"):
        text_of(tmp_path / "a.csv")


def test_a_folder_is_its_files_but_for_those_that_are_no_data(tmp_path: Path):
    for name in ("b.csv", "a.csv", "_SUCCESS", ".a.csv.crc", "_temporary/c.csv", "deep/d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_files(f"{tmp_path}/") == [f"{tmp_path}/{name}" for name in ("a.csv", "b.csv", "deep/d.csv")]
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "part 1%20#?.csv").write_text("ok")
    for folder in (str(tmp_path / "none"), (tmp_path / "none").as_uri()):
        (found,) = list_files(folder)
        with open_text(found) as text:
            assert text.read() == "ok"
    (tmp_path / "none" / "part 1%20#?.csv").unlink()
    with pytest.raises(InputError, match="folder without files"):
        list_files(str(tmp_path / "none"))


def test_messages_hold_nothing_that_a_terminal_obeys_and_end():
    assert shown("a\x1b]0;title\x07\u202eb\n") == "a\\x1b]0;title\\x07\\u202eb\\n"
    assert shown("\ud800") == "\\ud800"
    assert shown("x" * 300) == "x" * 200 + "…"


def test_a_file_that_is_no_parquet_is_named_in_a_folder_of_others(tmp_path: Path):
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert parquet_schema(str(tmp_path), ["title"]) == {"title": pa.string()}
    whole = (tmp_path / "a.parquet").read_bytes()
    for name, data in {"README.txt": b"hello", "half.parquet": whole[:-9], "empty.parquet": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=f"{name}: expected a whole Parquet file"):
            parquet_schema(str(tmp_path))
        (tmp_path / name).unlink()


def test_files_that_differ_are_named_with_the_column(tmp_path: Path):
    pq.write_table(TABLE, tmp_path / "a.parquet")
    pq.write_table(TABLE.set_column(2, "title", pa.array([7])), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"b\.parquet does not fit .*a\.parquet: title is int64, not string"):
        parquet_schema(str(tmp_path))
    assert list(parquet_schema(str(tmp_path), ["image"])) == ["image"]


@pytest.mark.parametrize("name", ["a.parquet", "_metadata", "_common_metadata"])
def test_a_type_that_names_code_is_refused(tmp_path: Path, name: str):
    """PySpark imports the module that a user-defined type names, as soon as it is asked for the columns."""
    udt = {"type": "udt", "pyClass": "antigravity.Fly", "sqlType": "string"}
    inner = {"type": "array", "elementType": udt, "containsNull": True}
    for kind in (udt, inner):
        field = {"name": "title", "type": kind, "nullable": True, "metadata": {}}
        schema = json.dumps({"type": "struct", "fields": [field]}).replace("udt", "\\u0075dt")
        pq.write_table(TABLE.replace_schema_metadata({SPARK: schema}), tmp_path / name)
        pq.write_table(TABLE, tmp_path / "part.parquet")
        with pytest.raises(InputError, match="user-defined type, which can run code"):
            parquet_schema(str(tmp_path))


def test_plain_spark_metadata_is_no_reason_to_refuse(tmp_path: Path):
    schema = json.dumps({"type": "struct", "fields": [{"name": "title", "type": "string"}]})
    pq.write_table(TABLE.replace_schema_metadata({SPARK: schema}), tmp_path / "a.parquet")
    assert set(parquet_schema(str(tmp_path))) == {"posting_id", "image", "title"}
