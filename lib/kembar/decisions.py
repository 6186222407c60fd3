"""What people decided about pairs: the file that a review writes, and that training and matching read.

`decisions.csv` is UTF-8 with a header and a row for each pair:

| column | meaning |
|---|---|
| posting_id_l, posting_id_r | the two listings, in either order |
| decision | `same` or `different`: whether they sell one product |
| reviewed_at | when that was decided, ISO 8601 with its zone, such as `2026-03-01T09:30:00Z`; may be empty or absent |
| note | why, in the reviewer's words; may be empty or absent |

A file may say something twice, as two people's files do that were put one behind the other. The later decision wins:
that with the later `reviewed_at` (none is earlier than any), and of equal ones the lower row.
"""

import io
import posixpath
import sys
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from kembar.errors import InputError
from kembar.storage import read_bytes, require

SAME, DIFFERENT = "same", "different"
_PAIR = ["posting_id_l", "posting_id_r"]
_REQUIRED, _OPTIONAL = (*_PAIR, "decision"), ("reviewed_at", "note")
DECISIONS = pa.schema(
    [(name, pa.string()) for name in _REQUIRED] + [("reviewed_at", pa.timestamp("ms", "UTC")), ("note", pa.string())]
)
"""A pair once, posting_id_l < posting_id_r, in order of both; `reviewed_at` and `note` are null where not said."""

_FIRST_ROW = 2  # as a spreadsheet counts: the header is row 1
_SAID_AT_ONCE = 5


def read_decisions(uri: str) -> pa.Table:
    """DECISIONS of a file, each pair once. What was said twice with two answers is told on standard error.

    Raises:
        InputError: the file is missing, is no CSV, or lacks a column; or, naming the rows: a decision is neither
            `same` nor `different`, an id is missing, a listing is paired with itself, or a time cannot be read.
    """
    name, raw = posixpath.basename(uri), _read_text(uri)
    times = pd.to_datetime(
        raw["reviewed_at"].where(raw["reviewed_at"] != ""), errors="coerce", utc=True, format="ISO8601"
    )
    if faults := _faults(raw, times):
        more = f"; and {len(faults) - _SAID_AT_ONCE} more" if len(faults) > _SAID_AT_ONCE else ""
        raise InputError(f"{name} holds what is no decision: " + "; ".join(faults[:_SAID_AT_ONCE]) + more)
    ordered = raw.assign(reviewed_at=times, row=raw.index + _FIRST_ROW)
    swapped = ordered["posting_id_l"] > ordered["posting_id_r"]
    ordered.loc[swapped, _PAIR] = ordered.loc[swapped, _PAIR[::-1]].to_numpy()
    ordered = ordered.sort_values([*_PAIR, "reviewed_at"], kind="stable", na_position="first")
    latest = ordered.drop_duplicates(_PAIR, keep="last")
    _tell_contradictions(name, ordered, latest)
    latest = latest.assign(note=latest["note"].where(latest["note"] != "", None))
    return pa.Table.from_pandas(latest[DECISIONS.names], DECISIONS, preserve_index=False)


def _read_text(uri: str) -> pd.DataFrame:
    """Every column as trimmed text, those that may be absent filled with nothing."""
    require(uri, "decisions")
    try:
        header = pacsv.read_csv(io.BytesIO(read_bytes(uri)), parse_options=pacsv.ParseOptions(newlines_in_values=True))
    except pa.ArrowInvalid as error:
        raise InputError(f"{posixpath.basename(uri)} is not a CSV of {', '.join(_REQUIRED)}: {error}") from error
    if missing := [column for column in _REQUIRED if column not in header.column_names]:
        raise InputError(
            f"{posixpath.basename(uri)}: missing column {', '.join(missing)}; expected {', '.join(_REQUIRED)} "
            f"and optionally {', '.join(_OPTIONAL)}; received {', '.join(header.column_names)}"
        )
    there = [column for column in (*_REQUIRED, *_OPTIONAL) if column in header.column_names]
    options = pacsv.ConvertOptions(column_types=dict.fromkeys(there, pa.string()), include_columns=there)
    parse = pacsv.ParseOptions(newlines_in_values=True)
    table = pacsv.read_csv(io.BytesIO(read_bytes(uri)), parse_options=parse, convert_options=options).to_pandas()
    return table.reindex(columns=[*_REQUIRED, *_OPTIONAL]).fillna("").astype(str).apply(lambda text: text.str.strip())


def _faults(raw: pd.DataFrame, times: pd.Series) -> list[str]:
    """What is wrong with each row that cannot be used, in order."""
    unknown = ~raw["decision"].isin([SAME, DIFFERENT])
    kinds: list[tuple[pd.Series, Callable[[pd.Series], str]]] = [
        (unknown, lambda r: f"decision is {r.decision!r}, expected {SAME} or {DIFFERENT}"),
        ((raw[_PAIR] == "").any(axis=1), lambda _: "a posting_id is missing"),
        (raw["posting_id_l"].eq(raw["posting_id_r"]) & raw["posting_id_l"].ne(""), _paired_with_itself),
        (raw["reviewed_at"].ne("") & times.isna(), _unreadable_time),
    ]
    found = [(i, say(raw.loc[i])) for wrong, say in kinds for i in raw.index[wrong]]
    return [f"row {i + _FIRST_ROW}: {text}" for i, text in sorted(found, key=lambda fault: fault[0])]


def _paired_with_itself(row: pd.Series) -> str:
    return f"{row.posting_id_l} is paired with itself"


def _unreadable_time(row: pd.Series) -> str:
    return f"reviewed_at is {row.reviewed_at!r}, expected ISO 8601 such as 2026-03-01T09:30:00Z"


def _tell_contradictions(name: str, ordered: pd.DataFrame, latest: pd.DataFrame) -> None:
    """Say on standard error which pairs were decided both ways, and by which row each now stands."""
    answers = ordered.groupby(_PAIR)["decision"].agg(["min", "max"])
    held = latest.set_index(_PAIR).loc[answers.index[answers["min"] != answers["max"]]].reset_index()
    if held.empty:
        return
    some = [f"{r.posting_id_l} and {r.posting_id_r} are {r.decision} by row {r.row}" for r in held[:3].itertuples()]
    more = f", and {len(held) - 3} more" if len(held) > 3 else ""
    counted = "1 pair is" if len(held) == 1 else f"{len(held)} pairs are"
    print(
        f"kembar: {name}: {counted} decided both ways; the later decision holds: {', '.join(some)}{more}",
        file=sys.stderr,
        flush=True,
    )
