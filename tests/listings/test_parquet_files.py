"""Catalogues as other tools write them: read as meant, or refused by a message that names file, column and remedy."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from kembar.config import load_settings
from kembar.errors import InputError, message_for_user
from kembar.listings.catalogue_files import inspect_catalogue
from kembar.listings.validation import label_listings, read_listings, validate_listings
from kembar.storage.formats import kind_of
from kembar.storage.hive_partitions import partition_values

IDS = [f"p{n}" for n in range(6)]
COLUMNS = {
    "posting_id": IDS,
    "image": [f"{n}.jpg" for n in range(6)],
    "image_phash": ["94974f937d4c2433"] * 6,
    "title": [f"Kaos {n}" for n in range(6)],
    "label_group": ["7", "7", "8", "8", "9", "9"],
}
CSV = "posting_id,image,title\na,1.jpg,Kaos\nb,2.jpg,Topi\n"


def table(**columns: pa.Array) -> pa.Table:
    return pa.table({**COLUMNS, **columns})


def write(path: Path, columns: pa.Table, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(columns, path, **options)
    return path


def labels(spark: SparkSession, path: Path) -> dict[str, str | None]:
    return {row.posting_id: row.label_group for row in label_listings(read_listings(spark, str(path))).collect()}


def refusal(path: Path, kind: str = "auto") -> str:
    with pytest.raises(InputError) as raised:
        inspect_catalogue(str(path), load_settings(overrides=[f"listings.format={kind}"]).listings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_files_that_store_the_same_columns_in_other_ways_are_one_table(spark: SparkSession, tmp_path: Path):
    text = pa.array(COLUMNS["title"])
    numbers = pa.array([7, 7, 8, 8, 9, 9])
    ways = [
        {"title": text.cast(pa.large_string()), "label_group": numbers},
        {"title": text.cast(pa.string_view()), "label_group": numbers.cast(pa.int32())},
        {"title": text.cast(pa.binary()), "label_group": numbers.cast(pa.uint8())},
        {"title": text.dictionary_encode(), "label_group": numbers.cast(pa.float64())},
        {"title": text.cast(pa.large_string()).dictionary_encode(), "label_group": numbers.cast(pa.decimal128(21, 2))},
        {"image_phash": pa.nulls(6), "label_group": pa.array(COLUMNS["label_group"])},
        {"image_phash": pa.array([np.nan] * 6), "label_group": numbers.cast(pa.float32())},
    ]
    for number, way in enumerate(ways):
        ids = pa.array([f"{number}-{name}" for name in IDS])
        write(tmp_path / f"{number}.parquet", table(posting_id=ids, **way))
    write(tmp_path / "last.parquet", table(posting_id=pa.array(range(6))).drop_columns(["image_phash", "label_group"]))
    good, bad = validate_listings(read_listings(spark, str(tmp_path)))
    rows = good.toArrow().to_pylist()
    assert (len(rows), bad.count()) == (48, 0)
    assert {row["title"] for row in rows} == set(COLUMNS["title"])
    found = labels(spark, tmp_path)
    assert {found[f"{number}-p2"] for number in range(len(ways))} == {"8"}
    assert found["2"] is None


def test_types_that_cannot_be_one_table_name_both_files_and_the_column(tmp_path: Path):
    write(tmp_path / "a.parquet", table())
    write(tmp_path / "b.parquet", table(title=pa.array([["Kaos"]] * 6)))
    said = refusal(tmp_path)
    assert "b.parquet: column title is list<" in said
    assert "and string in" in said and "a.parquet" in said


@pytest.mark.parametrize(
    "kind",
    [pa.bool_(), pa.timestamp("us"), pa.date32(), pa.float64(), pa.decimal128(21, 2), pa.struct({"a": pa.int8()})],
)
def test_ids_that_are_neither_text_nor_whole_numbers_are_refused_by_name(tmp_path: Path, kind: pa.DataType):
    values = pa.array([1] * 6).cast(kind) if not pa.types.is_nested(kind) and not pa.types.is_date(kind) else None
    path = write(tmp_path / "t.parquet", table(posting_id=values if values is not None else pa.nulls(6, kind)))
    assert "t.parquet: column posting_id is " in refusal(path)
    assert "expected text or whole numbers" in refusal(path)


@pytest.mark.parametrize("ansi", ["true", "false"])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_nan_is_no_label_and_a_label_is_never_cut(spark: SparkSession, tmp_path: Path, ansi: str, kind: pa.DataType):
    values = pa.array([7.0, float("nan"), None, 1.5, 1.25, float("inf")], kind)
    write(tmp_path / "t.parquet", table(label_group=values))
    before = spark.conf.get("spark.sql.ansi.enabled")
    spark.conf.set("spark.sql.ansi.enabled", ansi)
    try:
        good, bad = validate_listings(read_listings(spark, str(tmp_path / "t.parquet")))
        assert [row.label_group for row in good.orderBy("posting_id").collect()] == ["7", None, None, "1.5", "1.25"]
        (row,) = bad.collect()
    finally:
        spark.conf.set("spark.sql.ansi.enabled", before)
    assert row.posting_id == "p5"
    assert row.reason.startswith("t.parquet, row 6: label_group is inf, which names no product")


def test_folders_that_name_a_column_give_it_a_value(spark: SparkSession, tmp_path: Path):
    rest = table().drop_columns(["label_group"])
    for number, name in enumerate(["label_group=7", "label_group=a%2Fb", "label_group=__HIVE_DEFAULT_PARTITION__"]):
        write(tmp_path / "by=hand" / "colour=red" / name / "part-0.parquet", rest.slice(number, 1))
    assert labels(spark, tmp_path / "by=hand") == {"p0": "7", "p1": "a/b", "p2": None}


def test_folders_of_csv_files_give_a_column_too(spark: SparkSession, tmp_path: Path):
    for label, row in {"7": "a,1.jpg,Kaos", "8": "b,2.jpg,Topi"}.items():
        (tmp_path / f"label_group={label}").mkdir()
        (tmp_path / f"label_group={label}" / "x.csv").write_text(f"posting_id,image,title\n{row}\n")
    assert labels(spark, tmp_path) == {"a": "7", "b": "8"}


def test_a_folder_of_the_users_own_with_an_equals_sign_is_a_name():
    assert partition_values("/shop/title=x", "/shop/title=x/a=b/p.parquet") == {}
    assert partition_values("title=x.csv", "title=x.csv") == {}
    assert partition_values("title=x/", "title=x/label_group=/p.csv") == {"label_group": ""}


def test_the_exact_name_wins_and_another_case_stands_in(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    other = pa.array(["wrong"] * 6)
    write(tmp_path / "both.parquet", table(Title=other))
    titles = [row.title for row in read_listings(spark, str(tmp_path / "both.parquet")).collect()]
    assert titles == COLUMNS["title"]
    assert "←" not in capsys.readouterr().err
    write(
        tmp_path / "one.parquet", table().rename_columns(["posting_id", "Image", "image_phash", "TITLE", "label_group"])
    )
    assert [row.title for row in read_listings(spark, str(tmp_path / "one.parquet")).collect()] == COLUMNS["title"]
    assert "image ← Image, title ← TITLE" in capsys.readouterr().err
    (tmp_path / "t.csv").write_text(CSV.replace("title", "Title"))
    assert [row.title for row in read_listings(spark, str(tmp_path / "t.csv")).collect()] == ["Kaos", "Topi"]
    (tmp_path / "t.csv").write_text("posting_id,image,TITLE,Title\n")
    assert "TITLE and Title could both be title" in refusal(tmp_path / "t.csv")


def test_a_missing_column_is_told_with_the_one_that_is_likely_meant(tmp_path: Path):
    (tmp_path / "t.csv").write_text("SKU,image_url,item_name\n1,a.jpg,Kaos\n")
    said = refusal(tmp_path / "t.csv")
    for known, name in {"posting_id": "SKU", "image": "image_url", "title": "item_name"}.items():
        assert f"is {name} the {known}? then rename it to {known}" in said


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_codecs_that_are_there_are_read(spark: SparkSession, tmp_path: Path, codec: str):
    path = write(tmp_path / "t.parquet", table(), compression=codec)
    assert read_listings(spark, str(path)).count() == 6


def test_a_codec_that_is_not_there_is_named_with_the_remedy(tmp_path: Path):
    path = write(tmp_path / "t.parquet", table(), compression="gzip")
    data = path.read_bytes()
    assert data.count(b"title\x15\x04") == 1, "the column's codec in the footer"
    path.write_bytes(data.replace(b"title\x15\x04", b"title\x15\x06"))
    assert f"{path} is compressed by the codec lzo, which cannot be read here; write it again with snappy or zstd" == (
        refusal(path)
    )


def test_a_file_damaged_in_its_middle_is_named(spark: SparkSession, tmp_path: Path):
    path = write(tmp_path / "t.parquet", table(), write_page_checksum=True, compression="none")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Kaos 3", b"Kaoz 3", 1))
    with pytest.raises(Exception) as raised:
        read_listings(spark, str(path)).collect()
    assert f"{path} cannot be read to its end: it is cut short or damaged" in (message_for_user(raised.value) or "")


def test_tables_without_rows_or_columns_are_what_they_are(spark: SparkSession, tmp_path: Path):
    write(tmp_path / "none" / "a.parquet", table().slice(0, 0))
    assert read_listings(spark, str(tmp_path / "none")).count() == 0
    write(tmp_path / "none" / "b.parquet", table())
    assert read_listings(spark, str(tmp_path / "none")).count() == 6
    path = write(tmp_path / "bare.parquet", pa.table({}))
    assert "missing column posting_id, image, title" in refusal(path)


def test_large_files_are_dealt_by_row_group_in_their_order(spark: SparkSession, tmp_path: Path):
    many = pa.table({c: pa.array([f"{n}" for n in range(50_000)]) for c in ("posting_id", "image", "title")})
    raw = read_listings(spark, str(write(tmp_path / "t.parquet", many, row_group_size=6_000)))
    assert raw.rdd.getNumPartitions() == 3
    assert [row.posting_id for row in raw.orderBy("_order").collect()] == [f"{n}" for n in range(50_000)]


@pytest.mark.parametrize("name", ["x.pq", "000000_0", "x", "x.csv", "x.parquet"])
def test_content_decides_and_not_the_name(spark: SparkSession, tmp_path: Path, name: str):
    path = write(tmp_path / name, table())
    found = inspect_catalogue(str(path))
    assert (found.count_rows(), found.describe()[:7]) == (6, "Parquet")
    assert read_listings(spark, str(path)).count() == 6
    path.write_text(CSV)
    assert inspect_catalogue(str(path)).count_rows() == read_listings(spark, str(path)).count() == 2
    assert "expected a whole Parquet file" in refusal(path, "parquet")


def make_workbook(path: Path, inner: str, text: str) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(inner, text)


def test_what_is_no_table_is_named_with_what_to_do(tmp_path: Path):
    make_workbook(tmp_path / "a.csv", "xl/workbook.xml", "<workbook/>")
    assert "expected CSV or Parquet, received an Excel workbook; save it as CSV UTF-8" in refusal(tmp_path / "a.csv")
    make_workbook(tmp_path / "b.csv", "mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "an OpenDocument spreadsheet" in refusal(tmp_path / "b.csv")
    frame = pd.DataFrame(COLUMNS)
    frame.to_json(tmp_path / "c.jsonl", orient="records", lines=True)
    frame.to_orc(tmp_path / "d.orc")
    frame.to_pickle(tmp_path / "e.pkl")
    (tmp_path / "f.avro").write_bytes(b"Obj\x01\x04")
    for name, kind in {"c.jsonl": "JSON", "d.orc": "ORC", "e.pkl": "a Python pickle", "f.avro": "Avro"}.items():
        assert f"{name}: expected CSV or Parquet, received {kind}; write it as CSV or Parquet" in refusal(
            tmp_path / name
        )
    (tmp_path / "README").write_text("Exported yesterday.\n" * 200)
    assert "missing column posting_id" in refusal(tmp_path / "README")
    (tmp_path / "g.parquet").write_bytes(b"PARE" + bytes(20) + b"PARE")
    assert "received Parquet that is encrypted" in refusal(tmp_path / "g.parquet")


@pytest.mark.parametrize(
    ("log", "name"),
    [
        ("_delta_log/0.json", "Delta Lake"),
        ("metadata/v1.metadata.json", "Apache Iceberg"),
        (".hoodie/x", "Apache Hudi"),
    ],
)
def test_tables_of_a_lake_are_refused_since_some_of_their_files_may_be_stale(tmp_path: Path, log: str, name: str):
    write(tmp_path / "part-0.parquet", table())
    (tmp_path / log).parent.mkdir()
    (tmp_path / log).write_text(json.dumps({}))
    assert f"{name} table, whose" in refusal(tmp_path)


def test_a_uri_of_a_folder_with_a_space_is_read_like_its_path(tmp_path: Path):
    write(tmp_path / "a b" / "label_group=7" / "t.parquet", table().drop_columns(["label_group"]))
    found = inspect_catalogue((tmp_path / "a b").as_uri())
    assert found.parquet[0].fixed == {"label_group": "7"}
    assert kind_of(found.parquet[0].uri) == "Parquet"
