"""Pairs of listings that a file names: to be scored, or with labels to judge scores by."""

import posixpath

import pyarrow as pa

from kembar.errors import InputError
from kembar.listings.decision_files import read_rows
from kembar.storage.files import require

PAIR_NAMES = {"l": "posting_id_l", "r": "posting_id_r"}
"""Other names of the columns, by which benchmarks call them."""
_PAIR = ["posting_id_l", "posting_id_r"]


def read_pairs(uri: str) -> pa.Table:
    """Read `posting_id_l, posting_id_r` of a CSV file, in the order of its rows; other columns are left out.

    Raises:
        InputError: The file is missing, is not CSV in UTF-8, lacks a column, has no rows, or a row lacks an id. The
            message names the first such row.
    """
    require(uri, "pairs")
    rows, name = read_rows(uri, _PAIR, names=PAIR_NAMES), posixpath.basename(uri)
    if not rows:
        raise InputError(f"{name} has no pairs: expected rows of {', '.join(_PAIR)}")
    for row in rows:
        if missing := [column for column in _PAIR if not row.values[column]]:
            raise InputError(f"{name}: row {row.number} has no {missing[0]}; name two listings in every row")
    return pa.table({column: pa.array([row.values[column] for row in rows], pa.string()) for column in _PAIR})
