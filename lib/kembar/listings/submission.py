"""Writes and reads `submission.csv`: `posting_id,matches`, a row for each listing, itself first among its matches."""

import codecs
import csv
import io
import posixpath

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.errors import InputError
from kembar.storage.csv_records import read_header
from kembar.storage.files import read_bytes, require
from kembar.storage.text_files import open_text, shown

COLUMNS = ("posting_id", "matches")


def groups_table(posting_ids: list[str], labels: NDArray[np.int64], group_ids: NDArray[np.object_]) -> pa.Table:
    """Make the table GROUPS.

    Args:
        posting_ids: The ids of the listings.
        labels: The number of each listing's group, `[listings]`.
        group_ids: The name of each listing's group, `[listings]`.
    """
    _, place, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    columns = {"posting_id": pa.array(posting_ids, pa.string()), "group_id": pa.array(group_ids, pa.string())}
    return pa.table(columns | {"group_size": pa.array(sizes[place].astype(np.int32))})


def quarantined_ids(quarantine: DataFrame) -> list[str]:
    """Collect the known ids of QUARANTINE, which get a row in the submission too."""
    return [str(row.posting_id) for row in quarantine.select("posting_id").dropna().collect()]


def submission_csv(posting_ids: list[str], labels: NDArray[np.int64], quarantined: list[str]) -> bytes:
    """Write `submission.csv`: every listing with its group, itself first.

    A group has at most 50 listings, so no row needs cutting here.

    Args:
        posting_ids: The ids of the usable listings.
        labels: The number of each listing's group, `[listings]`.
        quarantined: Further ids, each alone in its group. No row is written for one that is also a usable listing's
            (a repeated row) or that contains white space.
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
    """Read a submission of kembar or of another program, as text columns `posting_id, matches`.

    Raises:
        InputError: The file is missing, is not CSV, or lacks a column. Order and case of the columns do not matter.
    """
    require(uri, "submission")
    said = f"{posixpath.basename(uri)} is not a CSV of {', '.join(COLUMNS)}"
    with open_text(uri) as text:
        names = read_header(text)
    found = {c: next((n for n in [c, *names] if n in names and n.lower() == c), None) for c in COLUMNS}
    if missing := [c for c in COLUMNS if found[c] is None]:
        hint = "; columns must be separated by commas" if len(names) == 1 and ";" in names[0] else ""
        received = shown(", ".join(names)) or "an empty file"
        raise InputError(f"{said}: missing column {', '.join(missing)}; received {received}{hint}")
    own = [str(found[c]) for c in COLUMNS]
    options = pacsv.ConvertOptions(column_types=dict.fromkeys(own, pa.string()), include_columns=own)
    parse = pacsv.ParseOptions(newlines_in_values=True)
    data = read_bytes(uri)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    try:
        table = pacsv.read_csv(io.BytesIO(data), parse_options=parse, convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError(f"{said}: {shown(str(error))}") from error
    return table.rename_columns(COLUMNS)
