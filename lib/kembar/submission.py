"""The competition's answer: `posting_id,matches`, one row a listing, itself first."""

import csv
import io
import posixpath

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.errors import InputError
from kembar.storage import read_bytes, require

COLUMNS = ("posting_id", "matches")


def groups_table(posting_ids: list[str], labels: NDArray[np.int64], group_ids: NDArray[np.object_]) -> pa.Table:
    """GROUPS: each listing's group by its name, and the group's size."""
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return pa.table(
        {
            "posting_id": pa.array(posting_ids, pa.string()),
            "group_id": pa.array(group_ids, pa.string()),
            "group_size": pa.array(sizes[place].astype(np.int32)),
        }
    )


def quarantined_ids(quarantine: DataFrame) -> list[str]:
    """The posting_ids of QUARANTINE that are known, collected: they get a row in the submission all the same."""
    return [str(row.posting_id) for row in quarantine.select("posting_id").dropna().collect()]


def submission_csv(posting_ids: list[str], labels: NDArray[np.int64], quarantined: list[str]) -> bytes:
    """`submission.csv`, whole: every listing with its group, itself first; `quarantined` ones stand alone.

    A group is at most 50 listings, so no row needs cutting here. A quarantined id that is
    a usable listing's too (a repeated row), or that holds the separator, gets no row.
    """
    unused = sorted({name for name in quarantined if not name.split()[1:]} - set(posting_ids))
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []
    matches = [""] * len(posting_ids)
    for group in groups:
        members = [posting_ids[row] for row in group]
        for row in group:
            matches[row] = " ".join([posting_ids[row], *(m for m in members if m != posting_ids[row])])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip([*posting_ids, *unused], [*matches, *unused], strict=True))
    return text.getvalue().encode()


def read_submission(uri: str) -> pa.Table:
    """A submission as text columns `posting_id, matches`, whoever made it.

    Raises:
        InputError: it is missing, no CSV, or lacks one of the two columns.
    """
    require(uri, "submission")
    options = pacsv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), include_columns=list(COLUMNS))
    parse = pacsv.ParseOptions(newlines_in_values=True)
    try:
        return pacsv.read_csv(io.BytesIO(read_bytes(uri)), parse_options=parse, convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError(f"{posixpath.basename(uri)} is not a CSV of {', '.join(COLUMNS)}: {error}") from error
