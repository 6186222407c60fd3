"""A reviewer's decisions are read as they were meant, and what cannot be meant is named by its row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kembar.decisions import DECISIONS, read_decisions
from kembar.errors import InputError

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
        ("a,b,Same,,", "row 3: decision is 'Same', expected same or different"),
        ("a,b,,,", "row 3: decision is '', expected same or different"),
        (",b,same,,", "row 3: a posting_id is missing"),
        ("a,a,same,,", "row 3: a is paired with itself"),
        ("a, a ,same,,", "row 3: a is paired with itself"),
        ("a,b,same,yesterday,", "row 3: reviewed_at is 'yesterday', expected ISO 8601"),
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
        (HEADER + "a,b\n", "is not a CSV"),
        (
            "posting_id_l,decision\na,same\n",
            "missing column posting_id_r; expected .*; received posting_id_l, decision",
        ),
    ],
)
def test_what_is_no_file_of_decisions_is_refused_by_name(tmp_path: Path, text: str, said: str):
    with pytest.raises(InputError, match=f"decisions.csv.*{said}"):
        read_decisions(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="decisions not found"):
        read_decisions(str(tmp_path / "nowhere.csv"))
