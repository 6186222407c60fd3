"""submission.csv has a row for every listing, itself first."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kembar.errors import InputError
from kembar.listings.submission import groups_table, read_submission, submission_csv


def test_every_listing_has_a_row_with_itself_first():
    data = submission_csv(["a", "b", "c", "d"], np.array([0, 1, 0, 0]), quarantined=["z", "a", "x y"])
    frame = pd.read_csv(io.BytesIO(data))
    assert dict(frame.to_numpy()) == {"a": "a c d", "b": "b", "c": "c a d", "d": "d a c", "z": "z"}


def test_an_empty_catalogue_has_a_header():
    assert submission_csv([], np.empty(0, np.int64), []) == b"posting_id,matches\n"


def test_groups_have_their_names_and_sizes():
    names = np.array(["x", "b", "x"], dtype=object)
    table = groups_table(["a", "b", "c"], np.array([2, 1, 2]), names).to_pylist()
    assert [(r["posting_id"], r["group_id"], r["group_size"]) for r in table] == [
        ("a", "x", 2),
        ("b", "b", 1),
        ("c", "x", 2),
    ]


def test_it_is_read_back_whoever_wrote_it(tmp_path: Path):
    (tmp_path / "s.csv").write_text('matches,posting_id,other\n"1 2",1,x\n2,2,y\n')
    assert read_submission(str(tmp_path / "s.csv")).to_pydict() == {"posting_id": ["1", "2"], "matches": ["1 2", "2"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheet_may_have_saved_it(tmp_path: Path, encoding: str):
    (tmp_path / "s.csv").write_bytes("Matches,Posting_ID\r\na b,a\r\nb,b\r\n".encode(encoding))
    assert read_submission(str(tmp_path / "s.csv")).to_pydict() == {"posting_id": ["a", "b"], "matches": ["a b", "b"]}


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path):
    (tmp_path / "s.csv").write_text("posting_id;matches\n1;1\n")
    with pytest.raises(
        InputError, match="missing column posting_id, matches; received posting_id;matches; columns must"
    ):
        read_submission(str(tmp_path / "s.csv"))
    (tmp_path / "s.csv").write_text("posting_id,match\n1,1\n")
    with pytest.raises(InputError, match="missing column matches; received posting_id, match"):
        read_submission(str(tmp_path / "s.csv"))


@pytest.mark.parametrize("text", ["id,matches\n1,1\n", "", "posting_id,matches\n1,2,3\n"])
def test_what_is_no_submission_is_refused_by_name(tmp_path: Path, text: str):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(InputError, match=r"s\.csv is not a CSV of posting_id, matches"):
        read_submission(str(tmp_path / "s.csv"))


def test_a_missing_one_is_named():
    with pytest.raises(InputError, match="submission not found"):
        read_submission("/no/such.csv")
