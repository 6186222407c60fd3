"""Results as the tables of benchmarks/faults.md."""

import math
import re
from typing import Any

import pandas as pd
from common import markdown

ROUNDED = {"encode": "codes", "match": "probabilities", "train": "numbers"}
"""What may differ by rounding: TensorFlow's sums depend on which photos share a batch."""

_SCENE = re.compile(r"/\S*/scene/")
"""Where on the machine that was measured on the files lay."""


def equal(row: dict[str, Any]) -> str:
    """Whether the result is the undisturbed one's."""
    apart = row["apart"]
    if apart == 0:
        return "yes"
    return f"yes, {ROUNDED[row['job']]} to {apart:.0e}" if math.isfinite(apart) else "NO"


def recovered(row: dict[str, Any]) -> str:
    if row["again_seconds"] is None:
        return f"Spark, within the run: {row['tasks_lost']} tasks again" if row["tasks_lost"] else "needed nothing"
    return row.get("recovered") or "the same command" + (" with --resume" if row["job"] == "train" else "")


def line(row: dict[str, Any]) -> dict[str, Any]:
    """Row of a page; `failed` says why there is nothing to compare."""
    if "failed" in row:
        cells = {"what happened": row["failed"], "recovered by": "", "equal": "**not shown**", "seconds": ""}
        return {"fault": row["fault"], "job": row["job"], **cells}
    said = "" if row["exit"] == 0 else f": {_SCENE.sub('', row['said'].removeprefix('error: '))[:170]}"
    finished = ", **looked finished**" if row.get("looked_finished") and row["exit"] != 0 else ""
    kept = ", the older result as it was" if row.get("kept_old") else ""
    seconds = f"{row['seconds']}" + (f" + {row['again_seconds']}" if row["again_seconds"] is not None else "")
    return {
        "fault": row["fault"],
        "job": row["job"],
        "what happened": f"exit {row['exit']}{said.replace('|', '/')}{finished}{kept}",
        "recovered by": recovered(row),
        "equal": equal(row),
        "seconds": seconds,
    }


def table(rows: list[dict[str, Any]]) -> str:
    return markdown(pd.DataFrame([line(row) for row in rows]))


def mall_table(rows: list[dict[str, Any]]) -> str:
    """The rows of faults.mall."""
    lines = [
        {
            "job": row["job"],
            "worker killed half-way": "yes" if row["struck"] else "no",
            "tasks again": row["tasks_lost"],
            "seconds": row["seconds"],
            "equal": equal(row) if row["struck"] else "",
        }
        for row in rows
    ]
    return markdown(pd.DataFrame(lines))
