"""CSV is read as csv reads it where it is whole, and where it is not, what is broken takes nothing with it."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kembar.storage.csv_records
from kembar.listings.catalogue_files import row_shape
from kembar.storage.csv_records import LONGEST_RECORD, Record, Shape, read_header, read_records

HEADER = "a,b,c\n"


def records(text: str, columns: int = 3) -> list[Record]:
    return list(read_records(io.StringIO(text, newline=""), columns))


def fields(text: str) -> list[list[str]]:
    return [record.fields for record in records(text)]


CELLS = st.text(st.sampled_from('ab ,"\n\r\t;é\0😀'), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_csv_writes_is_read_back_whatever_is_in_it(rows: list[tuple[str, str, str]], line_end: str):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows([("a", "b", "c"), *rows])
    read = records(text.getvalue())
    assert [tuple(record.fields) for record in read] == rows
    assert not any(record.fault for record in read)


@given(st.lists(st.tuples(*[st.text(st.sampled_from("ab \t'é"), min_size=1, max_size=5)] * 3), max_size=8))
def test_quotes_are_needed_by_nobody(rows: list[tuple[str, str, str]]):
    text = HEADER + "".join(f"{','.join(row)}\n" for row in rows)
    assert [tuple(found) for found in fields(text)] == rows


@settings(max_examples=400)
@given(st.text(st.sampled_from('abcd,,,"\n\r '), max_size=80))
def test_whatever_stands_there_is_a_record_or_said_to_be_none(text: str):
    """And a line of letters alone, with as many commas as it takes, that stands behind an end of line is never lost."""
    read = records(f"{HEADER}{text}\nx,y,z\n")
    for record in read:
        assert (len(record.fields) == 3) != bool(record.fault)
    lines = [record.line for record in read]
    assert lines == sorted(set(lines))
    behind = text.count('"') == 0
    assert not behind or read[-1].fields == ["x", "y", "z"]


@pytest.mark.parametrize(
    "broken",
    [
        'a,"b',
        'a,"b,c',
        'a,b,"c',
        '"a,b,c',
        "a,b",
        "a",
        "a,b,c,d",
        'a,"b"",c',
        'a,"b""',
        '","',
        "," * 5000,
        f"a,b,{'c' * LONGEST_RECORD}",
        f'a,b,"{"c" * LONGEST_RECORD}"',
    ],
    ids=lambda text: text[:10],
)
@pytest.mark.parametrize("behind", ["d,e,f", 'd,"e, e",f', 'd,"e ""e""",f', 'd,"e\ne",f', 'd,e"e,f'])
def test_a_broken_record_takes_no_neighbour_with_it(broken: str, behind: str):
    """However the next record is written, and at the end of the file too."""
    good = next(csv.reader(io.StringIO(behind)))
    text = HEADER + "x,y,z\n" + f"{broken}\n{behind}\n" * 2 + broken
    found = records(text)
    assert [record.fields for record in found if not record.fault] == [["x", "y", "z"], good, good]
    assert len([record for record in found if record.fault]) == 3


def test_quotes_that_happen_to_fit_join_no_records_that_look_like_rows():
    """The quote of the first is never closed, and that of the third closes it: three fields, and one row within."""
    text = HEADER + 'a,b,"c\nd,e,f\n"\n'
    assert fields(text) == [["a", "b", "c\nd,e,f\n"]], "which may be what somebody wrote"
    for shape in (Shape((), lambda row: row[0] == "d"), Shape((2,), lambda row: False)):
        found = list(read_records(io.StringIO(text, newline=""), 3, shape))
        assert [(record.line, record.fields) for record in found] == [(2, []), (3, ["d", "e", "f"]), (4, [])]
    around = list(read_records(io.StringIO(HEADER + 'a,b,"\nc\n"\n', newline=""), 3, shape))
    assert [record.fields for record in around] == [["a", "b", "\nc\n"]]


@pytest.mark.parametrize(
    "swallowed",
    [
        "id 2,2.jpg,94974f937d4c2433,Kaos Anak,7",
        "id2,,94974f937d4c2433,,7",
        'id2,2.jpg,"Kaos,7',
        "id2,2.jpg,12345,Kaos, merah, L,7",
    ],
    ids=["id of two words", "no photo", "a quote of its own", "too many fields"],
)
@pytest.mark.parametrize("closing", ['id3,3.jpg,12345,Kaos, merah",7', '"'])
def test_a_row_between_two_quotes_is_told_by_its_photo_or_its_hash(swallowed: str, closing: str):
    """However else it is broken: nobody's title has a line that begins like this."""
    header = "posting_id,image,image_phash,title,label_group"
    rows = ['id1,1.jpg,94974f937d4c2433,"Kaos,7', swallowed, closing, "id4,4.jpg,94974f937d4c2433,Kaos,7"]
    text = io.StringIO("\n".join([header, *rows, ""]), newline="")
    found = list(read_records(text, 5, row_shape(header.split(","))))
    assert [record.line for record in found] == [2, 3, 4, 5]
    assert found[3].fields[0] == "id4"


@pytest.mark.parametrize(
    ("header", "record"),
    [
        ("posting_id,title,image", 'id1,"Kaos polos\nukuran L, XL",1.jpg'),
        ("posting_id,title,image", 'id1,"Kaos polos\nXL,merah",1.jpg'),
        ("posting_id,image,title", 'id1,1.jpg,"Kaos\nlihat depan.jpg, belakang.jpg\nmurah"'),
        ("image,posting_id,title", '1.jpg,id1,"Kaos\nlihat depan.jpg\nmurah"'),
        ("image_phash,posting_id,title,image", '94974f937d4c2433,id1,"Kaos\n1234567890123456\nmurah",1.jpg'),
        ("posting_id,image,title,label_group", 'id1,1.jpg,"Kaos, merah\nbiru, hijau, L\nputih, XL",7'),
        ("title,posting_id,image", '"Kaos\nXL,L",id1,1.jpg'),
    ],
)
def test_a_title_of_many_lines_is_one_wherever_it_stands(header: str, record: str):
    columns = header.split(",")
    (found,) = read_records(io.StringIO(f"{header}\n{record}\n", newline=""), len(columns), row_shape(columns))
    assert found.fields == next(csv.reader(io.StringIO(record)))


@pytest.mark.parametrize("closing", ['id2,Kaos",2.jpg', 'id2,Kaos "baru",2.jpg\nid3,Kaos",3.jpg'])
def test_stray_quotes_before_the_photo_join_no_rows(closing: str):
    header = "posting_id,title,image"
    text = io.StringIO(f'{header}\nid1,"Kaos,1.jpg\n{closing}\n', newline="")
    found = list(read_records(text, 3, row_shape(header.split(","))))
    assert found[0].fault is not None
    assert len(found) == 2 + closing.count("\n")


def test_a_fault_names_its_line_and_keeps_its_text():
    found = records(HEADER + 'x,"two\nlines",z\n\na,b\n')
    assert found[0] == Record(2, ["x", "two\nlines", "z"])
    assert found[1] == Record(5, [], "a,b", "the record has 2 fields, the header 3")


def test_a_quote_within_a_field_is_text():
    assert fields(HEADER + 'a,24" monitor,"Nike" shoes\n') == [["a", '24" monitor', '"Nike" shoes']]


def test_the_header_is_the_first_record():
    assert read_header(io.StringIO('\n a ,"b, c",d\n1,2,3\n', newline="")) == ["a", "b, c", "d"]
    assert read_header(io.StringIO("", newline="")) == []
    assert records("a,b,c\n") == []


@pytest.mark.parametrize(
    "line", ['a,"b\n', '","\n', 'a,b,"c\n', '"\n', '"",""",\n', 'a,""b,""c\n', '"a","b","\n', "a,b,c\n"]
)
def test_the_work_is_linear_in_the_length_however_quotes_stand(line: str, monkeypatch: pytest.MonkeyPatch):
    """No character is looked at for more than three records, however many lines a quote seems to join."""
    looked_at, feed = 0, kembar.storage.csv_records._Fields.feed

    def counted(self: kembar.storage.csv_records._Fields, text: str) -> None:
        nonlocal looked_at
        looked_at += len(text)
        feed(self, text)

    monkeypatch.setattr(kembar.storage.csv_records._Fields, "feed", counted)
    text = 'x,"y\n' + line * 20_000
    records(HEADER + text)
    assert looked_at <= 3 * len(text)


def test_a_first_column_of_many_lines_is_one_field_though_its_last_line_looks_like_a_row():
    text = 'title,posting_id,image\n"two\nlines",id1,a.jpg\nplain,id2,b.jpg\n'
    shape = Shape((1, 2), lambda row: len(row) > 1 and row[1].startswith("id"))
    found = [record.fields for record in read_records(io.StringIO(text, newline=""), 3, shape)]
    assert found == [["two\nlines", "id1", "a.jpg"], ["plain", "id2", "b.jpg"]]
