"""Reads the decisions of people about pairs. A review writes the file; training and matching read it.

`decisions.csv` is UTF-8 with a header and a row for each pair:

| column | meaning |
|---|---|
| posting_id_l, posting_id_r | the two listings, in either order |
| decision | `same` or `different`, in either case, or 1 or 0: whether they sell one product. Empty if nobody answered |
| reviewed_at | optional: when it was decided, in ISO 8601 with a zone, such as `2026-03-01T09:30:00Z` |
| note | optional: why, in the words of the reviewer |

The first three columns may also be called `l`, `r` and `label`, as in benchmarks.

A pair may occur twice, for example after the files of two people were joined. The later decision wins: the one with the
later `reviewed_at`, or the lower row if both times are equal. No time counts as earlier than any time.
"""

import posixpath
import re
import sys
from collections.abc import Callable

import pandas as pd
import pyarrow as pa

from kembar.errors import InputError
from kembar.listings.decision_files import read_rows
from kembar.storage.text_files import shown

SAME, DIFFERENT = "same", "different"
_PAIR = ["posting_id_l", "posting_id_r"]
_REQUIRED, _OPTIONAL = (*_PAIR, "decision"), ("reviewed_at", "note")
_NAMES = {"l": "posting_id_l", "r": "posting_id_r", "label": "decision"}
"""Other names of columns, by which benchmarks write labelled pairs."""
_ANSWERS = {"1": SAME, "true": SAME, "1.0": SAME, "0": DIFFERENT, "false": DIFFERENT, "0.0": DIFFERENT}
DECISIONS = pa.schema(
    [(name, pa.string()) for name in _REQUIRED] + [("reviewed_at", pa.timestamp("ms", "UTC")), ("note", pa.string())]
)
"""Each pair once, sorted, with posting_id_l < posting_id_r. `reviewed_at` and `note` may be null."""

_NAMED_AT_ONCE = 5
_DATE = r"^\d{4}-\d{2}-\d{2}"
# What a spreadsheet makes of an id that it took for a long number or for a formula.
_SPOILT = re.compile(r"^(-?\d([.,]\d+)?E[+-]\d{2,}|#(NAME\?|REF!|VALUE!|N/A|NUM!|DIV/0!|NULL!))$", re.IGNORECASE)


def read_decisions(uri: str) -> pa.Table:
    """Read the DECISIONS of a file, each pair once.

    Rows without a decision are skipped. They are reported on standard error, as are pairs that were decided both ways.

    Raises:
        InputError: The file is missing, is not CSV in UTF-8, lacks a column, or has no row with a decision. The message
            also names invalid rows: a decision is neither `same` nor `different`, an id is missing or was changed by a
            spreadsheet, a listing is paired with itself, or a time cannot be read.
    """
    name, raw = posixpath.basename(uri), _answered(uri)
    dated = raw["reviewed_at"].str.contains(_DATE)
    times = pd.to_datetime(raw["reviewed_at"].where(dated), errors="coerce", utc=True, format="ISO8601")
    if faults := _faults(raw, times):
        more = f"; and {len(faults) - _NAMED_AT_ONCE} more" if len(faults) > _NAMED_AT_ONCE else ""
        raise InputError(f"{name} contains invalid rows: " + "; ".join(faults[:_NAMED_AT_ONCE]) + more)
    ordered = raw.assign(reviewed_at=times)
    swapped = ordered["posting_id_l"] > ordered["posting_id_r"]
    ordered.loc[swapped, _PAIR] = ordered.loc[swapped, _PAIR[::-1]].to_numpy()
    ordered = ordered.sort_values([*_PAIR, "reviewed_at"], kind="stable", na_position="first")
    latest = ordered.drop_duplicates(_PAIR, keep="last")
    _tell_contradictions(name, ordered, latest)
    latest = latest.assign(note=latest["note"].where(latest["note"] != "", None))
    return pa.Table.from_pandas(latest[DECISIONS.names], DECISIONS, preserve_index=False)


def _answered(uri: str) -> pd.DataFrame:
    """The rows that have a decision: all columns as text, and the number of the `row`."""
    rows = read_rows(uri, _REQUIRED, _OPTIONAL, _NAMES)
    columns = [*_REQUIRED, *_OPTIONAL]
    table = pd.DataFrame([{**r.values, "row": r.number} for r in rows], columns=[*columns, "row"])
    table[columns] = table[columns].fillna("").astype(str)
    table["decision"] = table["decision"].str.lower().replace(_ANSWERS)
    answered = table[table["decision"] != ""].reset_index(drop=True)
    name, skipped = posixpath.basename(uri), len(table) - len(answered)
    if skipped and answered.empty:
        raise InputError(
            f"{name}: none of its {skipped} rows has a decision; write {SAME} or {DIFFERENT} into the column decision"
        )
    if skipped:
        counted = "1 row without a decision was" if skipped == 1 else f"{skipped} rows without a decision were"
        _tell(f"{name}: {counted} skipped")
    return answered


def _faults(raw: pd.DataFrame, times: pd.Series) -> list[str]:
    """Describe the fault of each invalid row, in order."""
    unknown = ~raw["decision"].isin([SAME, DIFFERENT])
    spoilt = raw[_PAIR].apply(lambda ids: ids.str.fullmatch(_SPOILT)).any(axis=1)
    kinds: list[tuple[pd.Series, Callable[[pd.Series], str]]] = [
        (unknown, lambda r: f"decision is {shown(repr(r.decision), 60)}, expected {SAME} or {DIFFERENT}"),
        ((raw[_PAIR] == "").any(axis=1), lambda _: "a posting_id is missing"),
        (spoilt, _spoilt_id),
        (raw["posting_id_l"].eq(raw["posting_id_r"]) & raw["posting_id_l"].ne("") & ~spoilt, _paired_with_itself),
        (raw["reviewed_at"].ne("") & times.isna(), _unreadable_time),
    ]
    found = [(row.row, say(row)) for wrong, say in kinds for _, row in raw[wrong].iterrows()]
    return [f"row {number}: {text}" for number, text in sorted(found, key=lambda fault: fault[0])]


def _spoilt_id(row: pd.Series) -> str:
    column = next(column for column in _PAIR if _SPOILT.fullmatch(row[column]))
    return (
        f"{column} is {row[column]!r}; a spreadsheet converted the id to a number or a formula; "
        "import that column as text"
    )


def _paired_with_itself(row: pd.Series) -> str:
    return f"{shown(row.posting_id_l, 60)} is paired with itself"


def _unreadable_time(row: pd.Series) -> str:
    return (
        f"reviewed_at is {shown(repr(row.reviewed_at), 60)}, expected ISO 8601 such as 2026-03-01T09:30:00Z; "
        "if a spreadsheet changed it, empty that column"
    )


def _tell_contradictions(name: str, ordered: pd.DataFrame, latest: pd.DataFrame) -> None:
    """Report on standard error which pairs were decided both ways, and which row counts."""
    answers = ordered.groupby(_PAIR)["decision"].agg(["min", "max"])
    held = latest.set_index(_PAIR).loc[answers.index[answers["min"] != answers["max"]]].reset_index()
    if held.empty:
        return
    some = [f"{r.posting_id_l} and {r.posting_id_r} are {r.decision} by row {r.row}" for r in held[:3].itertuples()]
    more = f", and {len(held) - 3} more" if len(held) > 3 else ""
    counted = "1 pair is" if len(held) == 1 else f"{len(held)} pairs are"
    _tell(f"{name}: {counted} decided both ways; the later decision holds: {', '.join(some)}{more}")


def _tell(text: str) -> None:
    print(f"kembar: {text}", file=sys.stderr, flush=True)
