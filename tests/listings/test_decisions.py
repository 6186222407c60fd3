"""A reviewer's decisions are read as they were meant, and what cannot be meant is named by its row."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from kembar.errors import InputError
from kembar.listings.decisions import DECISIONS, read_decisions
from kembar.training.review import write_questions

HEADER = "posting_id_l,posting_id_r,decision,reviewed_at,note\n"


def written(folder: Path, text: str) -> str:
    (folder / "decisions.csv").write_text(text, encoding="utf-8")
    return str(folder / "decisions.csv")


def test_a_pair_is_read_in_either_order_with_its_time_and_note(tmp_path: Path):
    rows = 'b,a,same,2026-03-01T09:30:00+07:00,"one ""twin"",\nsays the seller"\n007,08,different,,\n'
    table = read_decisions(written(tmp_path, HEADER + rows))
    assert table.schema == DECISIONS
    assert table.to_pylist() == [
        dict(posting_id_l="007", posting_id_r="08", decision="different", reviewed_at=None, note=None),
        dict(
            posting_id_l="a",
            posting_id_r="b",
            decision="same",
            reviewed_at=datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
            note='one "twin",\nsays the seller',
        ),
    ]


def test_three_columns_are_enough_and_others_are_ignored(tmp_path: Path):
    table = read_decisions(written(tmp_path, "decision,who,posting_id_r,posting_id_l\nsame,me,2,1\n"))
    assert table.select(["posting_id_l", "posting_id_r", "decision"]).to_pylist() == [
        {"posting_id_l": "1", "posting_id_r": "2", "decision": "same"}
    ]


def test_a_file_of_no_decisions_is_a_table_of_none(tmp_path: Path):
    assert read_decisions(written(tmp_path, HEADER)).num_rows == 0


def test_the_later_of_two_answers_wins_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """By time where both say one, whatever their rows; by row where they don't; an answer without a time is older."""
    rows = "a,b,same,2026-03-02T00:00:00Z,\nb,a,different,2026-03-01T00:00:00Z,\n"
    rows += "c,d,same,,\nd,c,different,,\n"
    rows += "e,f,different,2026-03-01T00:00:00Z,\ne,f,same,,\n"
    rows += "g,h,same,,\nh,g,same,,again\n"
    table = read_decisions(written(tmp_path, HEADER + rows))
    assert dict(zip(table["posting_id_l"].to_pylist(), table["decision"].to_pylist(), strict=True)) == {
        "a": "same",
        "c": "different",
        "e": "different",
        "g": "same",
    }
    said = capsys.readouterr().err
    assert "3 pairs are decided both ways" in said
    assert "a and b are same by row 2" in said
    assert "c and d are different by row 5" in said


def test_agreement_is_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert read_decisions(written(tmp_path, HEADER + "a,b,same,,\nb,a,same,,\n")).num_rows == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,b,maybe,,", "row 3: decision is 'maybe', expected same or different"),
        (",b,same,,", "row 3: a posting_id is missing"),
        ("a,a,same,,", "row 3: a is paired with itself"),
        ("a, a ,same,,", "row 3: a is paired with itself"),
        ("a,b,same,yesterday,", "row 3: reviewed_at is 'yesterday', expected ISO 8601"),
        ("a,b,same,01/03/2026 09:30,", "row 3: reviewed_at is '01/03/2026 09:30', .* empty that column"),
        ("a,b,same,46082,", "row 3: reviewed_at is '46082', expected ISO 8601"),
        ("1.23E+15,b,same,,", r"row 3: posting_id_l is '1.23E\+15'; a spreadsheet converted"),
        ('b,"1,23E+15",same,,', r"row 3: posting_id_r is '1,23E\+15'; .* import that column as text"),
        ("a,#NAME?,same,,", r"row 3: posting_id_r is '#NAME\?'"),
        ("1E+15,1E+15,same,,", r"row 3: posting_id_l is '1E\+15'; a spreadsheet converted"),
    ],
)
def test_what_is_no_decision_is_refused_by_its_row(tmp_path: Path, row: str, said: str):
    with pytest.raises(InputError, match=said):
        read_decisions(written(tmp_path, f"{HEADER}x,y,same,,\n{row}\n"))


def test_all_faults_are_named_at_once_up_to_five(tmp_path: Path):
    with pytest.raises(InputError, match=r"row 2: .*row 3: .*row 6: .*; and 2 more"):
        read_decisions(written(tmp_path, HEADER + "a,b,no,,\n" * 7))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a CSV of posting_id_l, posting_id_r, decision"),
        (HEADER + 'a,b,same,,\na,c,same,,"never closed\n', "is not a CSV .* row 3"),
        ("posting_id_l,posting_id_r,decision,Decision\na,b,same,\n", "names decision more than once"),
        (HEADER + "a,b\n", "none of its 1 rows has a decision; write same or different into the column decision"),
        (HEADER + "a,b, ,,\nc,d,,,\n", "none of its 2 rows has a decision"),
        (
            "posting_id_l,decision\na,same\n",
            "missing column posting_id_r; expected .*; received posting_id_l, decision",
        ),
    ],
)
def test_what_is_no_file_of_decisions_is_refused_by_name(tmp_path: Path, text: str, said: str):
    with pytest.raises(InputError, match=f"decisions.csv.*{said}"):
        read_decisions(written(tmp_path, text))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("above", ["", "sep={}\r\n", '"sep={}"\n'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_make_of_a_csv_is_read(tmp_path: Path, separator: str, above: str, encoding: str, end: str):
    rows = [HEADER.strip().split(","), ["007", "12345678901234567890", "Same", "", "größe, 5; ok\tthen"]]
    quoted = [[f'"{cell}"' if set(cell) & set(",;\t") else cell for cell in row] for row in rows]
    text = above.format(separator) + "".join(separator.join(row) + end for row in quoted)
    path = tmp_path / "decisions.csv"
    path.write_bytes(text.encode(encoding))
    (row,) = read_decisions(str(path)).to_pylist()
    assert (row["posting_id_l"], row["posting_id_r"]) == ("007", "12345678901234567890")
    assert (row["decision"], row["note"]) == ("same", "größe, 5; ok\tthen")


@pytest.mark.parametrize("answer", ["same", "Same", " SAME ", "sAmE\u00a0"])
def test_an_answer_may_be_written_in_capitals_and_with_blanks(tmp_path: Path, answer: str):
    assert read_decisions(written(tmp_path, HEADER + f"a,b,{answer},,\n"))["decision"].to_pylist() == ["same"]


def test_rows_without_an_answer_are_left_out_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Rows in which every cell is empty are none; a row may lack the cells at its end that are empty."""
    rows = "a,b,same\nc,d,,,\ne,f\ng,h, ,,why not\n,,,,\n\n , ,\n"
    assert read_decisions(written(tmp_path, HEADER + rows))["posting_id_l"].to_pylist() == ["a"]
    assert capsys.readouterr().err == "kembar: decisions.csv: 3 rows without a decision were skipped\n"


def test_rows_are_numbered_as_a_spreadsheet_does_below_empty_ones(tmp_path: Path):
    with pytest.raises(InputError, match="row 6: decision is 'maybe'"):
        read_decisions(written(tmp_path, "sep=,\n" + HEADER + ",,,,\n\na,b,same,,\na,c,maybe,,\n"))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("posting_id_l\tposting_id_r\tdecision\na\tb\tsame\n".encode("utf-16"), "is UTF-16"),
        (
            "posting_id_l,posting_id_r,decision\na,b,same\n".encode("utf-16-be"),
            "holds NUL bytes and is probably UTF-16",
        ),
        ("posting_id_l,posting_id_r,decision\na,b,same\n".encode("utf-32"), "is UTF-32"),
        (
            b"posting_id_l,posting_id_r,decision,note\na,b,same,Gr\xf6\xdfe\n",
            "is not UTF-8: line 2 holds the byte 0xf6",
        ),
        (b"posting_id_l,posting_id_r,decision,gr\xf6\xdfe\na,b,same,x\n", "is not UTF-8: line 1"),
        ("posting_id_l,posting_id_r,decision,note\na,b,same,размер\n".encode("cp1251"), "is not UTF-8: line 2"),
        ("posting_id_l,posting_id_r,decision,note\na,b,same,サイズ\n".encode("shift_jis"), "is not UTF-8: line 2"),
        (b"PK\x03\x04\x14\x00", "is an Excel workbook"),
    ],
)
def test_another_encoding_is_named_with_the_remedy(tmp_path: Path, data: bytes, named: str):
    path = tmp_path / "answers.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=f'^answers.csv {named}.*save it as "CSV UTF-8"'):
        read_decisions(str(path))


def test_a_folder_is_no_file_of_decisions(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_decisions(str(tmp_path))


def test_questions_that_were_filled_in_are_decisions(tmp_path: Path):
    """The file of jobs/review.py, answered by hand in part."""
    pairs = {"posting_id_l": ["007", "b"], "posting_id_r": ["1234567890123456789", "c"]}
    asked = pa.table({**pairs, "decision": pa.nulls(2, pa.string()), "probability": [0.5, 0.4]})
    path = tmp_path / "questions.csv"
    write_questions(asked, str(path))
    with pytest.raises(InputError, match="questions.csv: none of its 2 rows has a decision"):
        read_decisions(str(path))
    path.write_text(path.read_text().replace(",,0.5", ",Different,0.5"))
    assert read_decisions(str(path)).select(["posting_id_l", "posting_id_r", "decision"]).to_pylist() == [
        {"posting_id_l": "007", "posting_id_r": "1234567890123456789", "decision": "different"}
    ]


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="decisions not found"):
        read_decisions(str(tmp_path / "nowhere.csv"))
