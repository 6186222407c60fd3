"""Each CSV is read as it was written, or the error says how it seems to be written."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.errors import InputError
from kembar.listings.catalogue_files import row_shape
from kembar.listings.columns import has_required
from kembar.storage.csv_dialects import Dialect
from kembar.storage.csv_files import csv_records, inspect_csv
from kembar.storage.csv_records import Record, read_records

HEADER = "posting_id,image,title\n"


def records(folder: Path, data: str | bytes, encoding: str = "auto") -> list[Record]:
    path = folder / "a.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(csv_records(inspect_csv(str(path), encoding, has_required), row_shape))


def titles(folder: Path, data: str | bytes, encoding: str = "auto") -> list[str]:
    return [record.fields[2] for record in records(folder, data, encoding) if not record.fault]


@pytest.mark.parametrize("hint", ["sep=;", "SEP=;\r", '"sep=;"'])
def test_a_first_line_that_tells_excel_the_delimiter_is_no_header(tmp_path: Path, hint: str):
    assert titles(tmp_path, f"{hint}\nposting_id;image;title\na;1.jpg;Kaos, L\n") == ["Kaos, L"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_columns_may_be_separated_by_another_sign_where_the_header_shows_it(tmp_path: Path, delimiter: str):
    text = f'posting_id,image,title\na,1.jpg,"Kaos{delimiter} L"\nb,2.jpg,Susu 4.5 l\n'.replace(",", delimiter)
    assert titles(tmp_path, text) == [f"Kaos{delimiter} L", "Susu 4.5 l"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (['a,,"Monitor 24\\""', "b,,plain"], ['Monitor 24"', "plain"]),
        (['a,,"Kaos \\"ORI\\", murah"', 'b,,"Pipa 1/2\\" pvc"'], ['Kaos "ORI", murah', 'Pipa 1/2" pvc']),
        (['a,,"\\"Baru\\" kaos"', 'b,,"C:\\\\dir, \\"x\\""'], ['"Baru" kaos', 'C:\\dir, "x"']),
        (['a,,"two\nlines of 5\\""', "b,,plain"], ['two\nlines of 5"', "plain"]),
    ],
)
def test_quotes_escaped_by_a_backslash_are_recognised(tmp_path: Path, rows: list[str], expected: list[str]):
    assert titles(tmp_path, HEADER + "\n".join(rows) + "\n") == expected


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "", "Disc C:\\"), ("b", "", "x, y\\")],
        [("a", "", 'say "x\\" twice'), ("b", "", "tail\\"), ("c", "", '24" \\')],
        [("a", "", "\\"), ("b", "", "plain"), ("c", "", '\\"')],
    ],
)
def test_a_title_that_ends_in_a_backslash_is_no_sign_of_escaped_quotes(tmp_path: Path, rows: list[tuple[str, ...]]):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([HEADER.strip().split(","), *rows])
    assert titles(tmp_path, text.getvalue()) == [row[2] for row in rows]


CELLS = st.text(st.sampled_from('ab ,"\\\n\r;é'), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_what_a_writer_with_backslashes_writes_is_read_back(rows: list[tuple[str, str, str]]):
    text = io.StringIO()
    how = {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\", "lineterminator": "\n"}
    csv.writer(text, **how).writerows([("a", "b", "c"), *rows])
    found = read_records(io.StringIO(text.getvalue(), newline=""), 3, dialect=Dialect(backslash=True))
    assert [tuple(record.fields) for record in found] == rows


def test_a_line_that_cannot_be_decoded_costs_itself_alone_and_stays_readable(tmp_path: Path):
    good = "".join(f"g{n},,Kaos {n}\n" for n in range(40)).encode()
    broken = b'a,,G\xe4u\nb,,"cut \xf0\x9f"\nd\xff,,x\n'
    found = records(tmp_path, HEADER.encode() + good[:50] + good[50:] + broken)
    bad = [record for record in found if record.fault]
    assert len(found) - len(bad) == 40
    assert [record.fields for record in bad] == [["a", "", ""], ["b", "", ""], ["", "", "x"]]
    assert [record.text for record in bad] == ["a,,G\\xe4u", 'b,,"cut \\xf0\\x9f"', "d\\xff,,x"]
    assert all("line is not UTF-8" in str(record.fault) for record in bad)


@pytest.mark.parametrize(
    ("encoding", "likely", "words"),
    [
        ("gbk", "gb18030", ["连衣裙夏季新款女装", "苹果蓝牙耳机无线运动鞋", "女装手机壳苹果蓝牙耳机"]),
        ("cp1252", "cp1252", ["Crème brûlée à thé vert", "Größe M Mütze für Männer", "Café moulu équitable 250g"]),
        ("shift_jis", "cp932", ["スニーカー 白", "ワイヤレスイヤホン 黒", "折りたたみ傘 レディース"]),
        ("cp1251", "cp1251", ["Кроссовки белые мужские", "Чехол для телефона", "Сумка кожаная женская"]),
    ],
)
def test_a_file_in_another_encoding_is_an_error_that_names_the_likely_one(
    tmp_path: Path, encoding: str, likely: str, words: list[str]
):
    data = (HEADER + "".join(f"{n},,{word}\n" for n, word in enumerate(words))).encode(encoding)
    with pytest.raises(
        InputError, match=r"a\.csv: 3 of 3 lines are not UTF-8, but likely .*listings\.encoding="
    ) as error:
        records(tmp_path, data)
    assert likely in str(error.value)
    assert titles(tmp_path, data, encoding) == words


def test_some_damaged_lines_are_no_other_encoding(tmp_path: Path):
    rows = [f"{n},,Kaos\n".encode() for n in range(100)]
    few = HEADER.encode() + b"".join(rows) + b"a,,\xff\n" * 9
    assert len(titles(tmp_path, few)) == 100
    with pytest.raises(InputError, match="30 of 130 lines are not UTF-8"):
        records(tmp_path, few + b"a,,\xff\n" * 21)
