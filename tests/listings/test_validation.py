"""Whatever a catalogue file holds, its good rows go on and its bad ones are kept with the reason."""

import json
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from kembar.config import load_settings
from kembar.errors import InputError
from kembar.listings.titles import LONGEST_TITLE, normalise_title
from kembar.listings.validation import label_listings, read_listings, validate_listings
from kembar.schemas import LISTINGS

CSV = load_settings(None, ["listings.format=csv"]).listings
HEADER = "posting_id,image,image_phash,title,label_group\n"


def read(spark: SparkSession, path: Path, text: str | bytes) -> tuple[dict, dict]:
    """Good rows by id, and reasons by id."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    good, bad = validate_listings(read_listings(spark, str(path)))
    reasons: dict = {}
    for row in bad.collect():
        reasons.setdefault(row.posting_id, []).append(row.reason)
    return {row.posting_id: row for row in good.collect()}, reasons


def test_quotes_commas_and_line_breaks_within_titles_are_text(spark: SparkSession, tmp_path: Path):
    text = HEADER + 'a,1.jpg,,"Kaos ""Anak"", merah\nukuran L",7\nb,2.jpg,,Botol 5\' x 3,7\n'
    good, reasons = read(spark, tmp_path / "t.csv", text)
    assert good["a"].title == 'Kaos "Anak", merah\nukuran L'
    assert good["b"].title == "Botol 5' x 3"
    assert reasons == {}


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_data(spark: SparkSession, tmp_path: Path):
    text = b"\xef\xbb\xbf" + (HEADER + "a,1.jpg,,Gấu Bông,7\n").replace("\n", "\r\n").encode()
    good, reasons = read(spark, tmp_path / "t.csv", text)
    assert (good["a"].title, good["a"].label_group, reasons) == ("Gấu Bông", "7", {})


def test_columns_in_any_order_and_optional_ones_absent(spark: SparkSession, tmp_path: Path):
    good, _ = read(spark, tmp_path / "t.csv", "title,extra,posting_id,image\nKaos,x,a,1.jpg\n")
    assert (good["a"].title, good["a"].image_phash, good["a"].label_group) == ("Kaos", None, None)


def test_a_photo_or_a_title_alone_is_enough_and_neither_is_not(spark: SparkSession, tmp_path: Path):
    good, reasons = read(spark, tmp_path / "t.csv", HEADER + "a,1.jpg,,,\nb,,,Kaos,\nc,,,  ,\n")
    assert set(good) == {"a", "b"}
    assert reasons == {"c": ["line 4: neither a photo nor a title"]}


def test_bad_rows_are_kept_with_their_reason(spark: SparkSession, tmp_path: Path):
    rows = [
        "a,1.jpg,94974f937d4c2433,first,1",
        "a,2.jpg,94974f937d4c2433,again,1",
        ",3.jpg,,nameless,1",
        "c d,5.jpg,,spaced id,1",
        "e,6.jpg,94974F937D4C2433,upper case hash,1",
    ]
    good, reasons = read(spark, tmp_path / "t.csv", HEADER + "\n".join(rows) + "\n")
    assert {name: row.title for name, row in good.items()} == {"a": "first", "e": "upper case hash"}
    assert good["e"].image_phash == "94974f937d4c2433"
    assert "seen before" in reasons["a"][0]
    assert "posting_id is missing" in reasons[None][0]
    assert "white space" in reasons[None][1]


def test_a_record_with_too_many_fields_is_quarantined_whole(spark: SparkSession, tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "a,1.jpg,,Kaos,1,surplus,fields\nb,2.jpg,,Topi,1\n")
    good, bad = validate_listings(read_listings(spark, str(path)))
    assert [row.posting_id for row in good.collect()] == ["b"]
    assert "surplus" in bad.collect()[0].row


def test_a_row_that_is_bad_does_not_count_as_the_first_of_its_id(spark: SparkSession, tmp_path: Path):
    good, reasons = read(spark, tmp_path / "t.csv", HEADER + "a,,,,1\na,2.jpg,,second,1\na,3.jpg,,third,1\n")
    assert good["a"].title == "second"
    assert [text[:7] for text in reasons["a"]] == ["line 2:", "line 4:"]


def test_white_space_of_every_kind_around_a_cell_is_no_part_of_it(spark: SparkSession, tmp_path: Path):
    text = HEADER + '"\u00a0a\t","\n1.jpg ","94974f937d4c2433\n","\u3000Kaos\ufeff"," 7"\n'
    good, _ = read(spark, tmp_path / "t.csv", text)
    assert tuple(good["a"]) == ("a", "1.jpg", "94974f937d4c2433", "Kaos", "7")


def test_a_title_is_kept_as_far_as_it_is_read(spark: SparkSession, tmp_path: Path):
    good, reasons = read(spark, tmp_path / "t.csv", f"{HEADER}a,1.jpg,,{'kaos ' * 50_000},1\nb,{'x' * 2000},,Topi,1\n")
    assert good["a"].title == ("kaos " * 50_000)[:LONGEST_TITLE]
    assert normalise_title(good["a"].title) == normalise_title("kaos " * 50_000)
    assert (good["b"].image, good["b"].title, reasons) == (None, "Topi", {})


def test_a_folder_of_files_is_one_catalogue_each_by_its_own_header(spark: SparkSession, tmp_path: Path):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "1.csv").write_text(HEADER + "a,1.jpg,,Kaos,1\nb\n")
    (tmp_path / "f" / "2.csv").write_text("title,image,posting_id\nTopi,2.jpg,c\nTas,3.jpg,a\n")
    good, bad = validate_listings(read_listings(spark, str(tmp_path / "f"), CSV))
    assert {row.posting_id: row.title for row in good.collect()} == {"a": "Kaos", "c": "Topi"}
    assert {row.reason[:15] for row in bad.collect()} == {"1.csv, line 3: ", "2.csv, line 3: "}


def test_nothing_is_lost(spark: SparkSession, tmp_path: Path):
    rows = [f"{'x' if i % 7 == 0 else f'id{i}'},{i}.jpg,{'bad' if i % 5 == 0 else ''},title {i}," for i in range(60)]
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n")
    good, bad = validate_listings(read_listings(spark, str(path)))
    assert good.count() + bad.count() == len(rows)
    assert all(json.loads(row.row)["image"] for row in bad.collect())


def test_parquet_of_the_same_columns_is_read_alike(spark: SparkSession, tmp_path: Path):
    csv = tmp_path / "t.csv"
    csv.write_text(HEADER + "a,1.jpg,94974f937d4c2433,Kaos,7\n")
    read_listings(spark, str(csv)).select(LISTINGS.names).write.parquet(str(tmp_path / "t.parquet"))
    rows = [
        validate_listings(read_listings(spark, str(tmp_path / name)))[0].collect() for name in ("t.csv", "t.parquet")
    ]
    assert rows[0] == rows[1]


def test_parquet_columns_of_other_types_are_read_as_text_or_refused_by_name(spark: SparkSession, tmp_path: Path):
    table = pa.table(
        {
            "posting_id": pa.array([1, 2**63, 3], pa.uint64()),
            "image": pa.array(["1.jpg"] * 3).dictionary_encode(),
            "title": pa.array([b"Kaos", b"G\xe4u", None]),
            "image_phash": pa.nulls(3),
            "label_group": [7.0, None, 2.0**40],
            "_corrupt_record": ["a column of the seller's own"] * 3,
        }
    )
    path = tmp_path / "t.parquet"
    pq.write_table(table, path)
    good, bad = validate_listings(read_listings(spark, str(path)))
    assert [tuple(row) for row in good.orderBy("image", "posting_id").collect()] == [
        ("1", "1.jpg", None, "Kaos", "7"),
        ("3", "1.jpg", None, None, str(2**40)),
    ]
    (row,) = bad.collect()
    assert (row.posting_id, row.reason) == (str(2**63), "t.parquet, row 2: title is not UTF-8: G\\xe4u")
    for values in (pa.array([["Kaos"]] * 3), pa.array([1.0, None, 2.5]), pa.nulls(3, pa.struct({"a": pa.string()}))):
        pq.write_table(table.set_column(2, "title", values), path)
        with pytest.raises(InputError, match=r"t\.parquet: column title is .*; expected text or whole numbers"):
            read_listings(spark, str(path))


def test_parquet_cannot_have_a_module_imported(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """PySpark imports the module of a user-defined type when it is asked for a table's columns, and so would we."""
    (tmp_path / "evil_module.py").write_text(f"open({str(tmp_path / 'touched')!r}, 'w')\nclass Fly: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    kind = {"type": "udt", "pyClass": "evil_module.Fly", "serializedClass": "", "sqlType": "string"}
    columns = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name in LISTINGS.names[:4]]
    table = pa.table({name: ["a"] for name in LISTINGS.names[:4]}).replace_schema_metadata(
        {"org.apache.spark.sql.parquet.row.metadata": json.dumps({"type": "struct", "fields": columns})}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(InputError, match="user-defined type, which can run code"):
        read_listings(spark, str(tmp_path / "t.parquet"))
    assert not (tmp_path / "touched").exists()
    with suppress(Exception):
        _ = spark.read.parquet(str(tmp_path / "t.parquet")).columns
    assert (tmp_path / "touched").exists(), "the danger is gone from PySpark: so may the check be"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,image,title\n1,2,3\n", "missing column posting_id; expected .*; received id, image, title"),
        ("posting_id,title,title,image\n", "title more than once"),
        ("", "received an empty file"),
        ("posting_id;picture;title\n", "missing column posting_id, image, title"),
        ("p\0o\0s\0,\0i\0d\0\n", "save the file as UTF-8"),
        ("\x1b]0;evil\x07\n", r"received \\x1b\]0;evil\\x07"),
    ],
)
def test_a_header_that_cannot_work_is_refused(spark: SparkSession, tmp_path: Path, text: str, said: str):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_listings(spark, str(tmp_path / "t.csv"))


def test_a_missing_file_is_named(spark: SparkSession):
    with pytest.raises(InputError, match=r"listings not found: /no/such\.csv"):
        read_listings(spark, "/no/such.csv")


def test_the_truth_has_every_id_once_quarantined_ones_too(spark: SparkSession, tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "a,1.jpg,,Kaos,7\na,1.jpg,,Kaos,8\nb,,,,7\nc,3.jpg,,Tas,\n")
    rows = label_listings(read_listings(spark, str(path))).collect()
    assert [tuple(row) for row in rows] == [("a", "7"), ("b", "7"), ("c", None)]
