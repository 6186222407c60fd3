"""Whatever a catalogue file holds, its good rows go on and its bad ones are kept with the reason."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kembar.errors import InputError
from kembar.listings import label_listings, read_listings, validate_listings
from kembar.schemas import LISTINGS

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
        "b,4.jpg,xyz,bad hash,1",
        "c d,5.jpg,,spaced id,1",
        "e,6.jpg,94974F937D4C2433,upper case hash,1",
    ]
    good, reasons = read(spark, tmp_path / "t.csv", HEADER + "\n".join(rows) + "\n")
    assert {name: row.title for name, row in good.items()} == {"a": "first", "e": "upper case hash"}
    assert good["e"].image_phash == "94974f937d4c2433"
    assert "seen before" in reasons["a"][0]
    assert "posting_id is missing" in reasons[None][0]
    assert "not 16 hexadecimal digits: xyz" in reasons["b"][0]
    assert "white space" in reasons[None][1]


def test_a_record_with_too_many_fields_is_quarantined_whole(spark: SparkSession, tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text(HEADER + "a,1.jpg,,Kaos,1,surplus,fields\nb,2.jpg,,Topi,1\n")
    good, bad = validate_listings(read_listings(spark, str(path)))
    assert [row.posting_id for row in good.collect()] == ["b"]
    assert "surplus" in bad.collect()[0].row


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,image,title\n1,2,3\n", "missing column posting_id"),
        ("posting_id,title,title,image\n", "title more than once"),
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
    path.write_text(HEADER + "a,1.jpg,,Kaos,7\na,1.jpg,,Kaos,8\nb,2.jpg,bad,Topi,7\nc,3.jpg,,Tas,\n")
    rows = label_listings(read_listings(spark, str(path))).collect()
    assert [tuple(row) for row in rows] == [("a", "7"), ("b", "7"), ("c", None)]
