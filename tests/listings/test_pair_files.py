"""Files of pairs: in the order of their rows, under either name of the columns."""

from pathlib import Path

import pytest

from kembar.errors import InputError
from kembar.listings.pair_files import read_pairs


def written(folder: Path, text: str) -> str:
    (folder / "pairs.csv").write_text(text, encoding="utf-8")
    return str(folder / "pairs.csv")


@pytest.mark.parametrize("header", ["posting_id_l,posting_id_r", "l,r", "L,R,label", "posting_id_l,posting_id_r,l"])
def test_rows_are_read_in_their_order_twice_said_or_not(tmp_path: Path, header: str):
    found = read_pairs(written(tmp_path, f"{header}\nb,a,1\na,b,0\nb,a,1\n"))
    assert found["posting_id_l"].to_pylist() == ["b", "a", "b"]
    assert found["posting_id_r"].to_pylist() == ["a", "b", "a"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="pairs not found: .*pairs.csv"):
        read_pairs(str(tmp_path / "pairs.csv"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("posting_id_l,other\na,b\n", "pairs.csv: missing column posting_id_r"),
        ("l,r\n", "pairs.csv has no pairs"),
        ("l,r\na,b\na,\n", "pairs.csv: row 3 has no posting_id_r"),
    ],
)
def test_a_file_that_names_no_pairs_is_refused(tmp_path: Path, text: str, fault: str):
    with pytest.raises(InputError, match=fault):
        read_pairs(written(tmp_path, text))
