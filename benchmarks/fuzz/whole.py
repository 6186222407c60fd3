"""A catalogue of faults through the real jobs, and files that no job can read."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from common import ROOT

from fuzz.judge import Verdict
from fuzz.photos import photo_cases
from fuzz.rows import HEADER, draw_row
from fuzz.tables import hopeless_files
from kembar.storage.locks import LOCK

_PHOTOS, _ROWS = 150, 150
_TRIED = ("wrong header", "noise", "gzip cut short", "an Excel workbook", "a codec that is not there")


def submit(job: str, *arguments: str | Path) -> tuple[int, str]:
    """How a job ended and what it said."""
    command = [str(ROOT / ".venv/bin/spark-submit"), str(ROOT / "jobs" / f"{job}.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def judge_jobs(folder: Path, seed: int) -> Verdict:
    """encode and match of a catalogue of faults; encode of files that are none."""
    verdict, images = Verdict(), folder / "images"
    images.mkdir(parents=True)
    rng, lines = np.random.default_rng((seed, 4)), [HEADER]
    photos = list(photo_cases(_PHOTOS, seed + 1))
    for number, case in enumerate(photos):
        (images / f"{number}.jpg").write_bytes(case.data)
        lines.append(f"photo-{number},{number}.jpg,,Kaos Anak {number},")
    rows = [draw_row(number, rng, "photo-0") for number in range(_ROWS)]
    rows = [row for row in rows if "too long" not in row.kind and row.kind != "id with a line break"]
    text = "\n".join([*lines, *(row.text for row in rows)]) + "\n"
    (folder / "faults.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    encoded = folder / "encoded"
    code, said = submit("encode", "--listings", folder / "faults.csv", "--images", images, "--output", encoded)
    if code:
        verdict.add("encode of a catalogue of faults", f"crash {said[-500:]}", "no crash")
        return verdict
    _judge_encoded(verdict, encoded, photos, rows)
    _judge_match(verdict, folder, encoded)
    for case in hopeless_files(rng):
        if case.kind in _TRIED:
            _judge_refused(verdict, folder, case.name, case.data, images)
    return verdict


def _judge_encoded(verdict: Verdict, encoded: Path, photos: list, rows: list) -> None:
    """Every photo has a code or a failure, every row is in one of the two tables, and the manifest counts both."""
    listings = pq.read_table(encoded / "listings").to_pandas().set_index("posting_id")
    quarantine = pq.read_table(encoded / "quarantine").to_pandas()
    for number, case in enumerate(photos):
        row = listings.loc[f"photo-{number}"]
        coded, failed = row["image_embedding"] is not None, len(row["failures"]) > 0
        outcome = "refused" if failed else "used"
        verdict.add("photo of a listing", outcome if coded != failed else "unaccounted", case.due)
    told = "\n".join(quarantine["row"])
    ids = "\n".join(listings.index)
    for row in rows:
        where = "used" if row.token in ids else "quarantined" if row.token in told else "unaccounted"
        verdict.add("row of a listing", where, "used or quarantined" if where == "unaccounted" else row.due)
    counts = json.loads((encoded / "manifest.json").read_text())["counts"]
    right = (counts["listings"], counts["quarantine"]) == (len(listings), len(quarantine))
    verdict.add("counts of the manifest", "right" if right else f"wrong {counts}", "right")


def _judge_match(verdict: Verdict, folder: Path, encoded: Path) -> None:
    """submission.csv has one row a listing and can be read back, whatever the ids hold."""
    code, said = submit("match", "--encoded", encoded, "--output", folder / "matched")
    if code:
        verdict.add("match of a catalogue of faults", f"crash {said[-500:]}", "no crash")
        return
    submission = pd.read_csv(folder / "matched" / "submission.csv", dtype=str, keep_default_na=False)
    listings = set(pq.read_table(encoded / "listings")["posting_id"].to_pylist())
    members = {name for text in submission["matches"] for name in text.split(" ")}
    whole = listings <= set(submission["posting_id"]) and submission["posting_id"].is_unique
    verdict.add(
        "submission of a catalogue of faults",
        "right" if whole and members == set(submission["posting_id"]) else "wrong",
        "right",
    )


def _judge_refused(verdict: Verdict, folder: Path, name: str, data: bytes, images: Path) -> None:
    """One `error:` that names the file, status 2, no traceback, nothing written but the empty lock of the folder."""
    path, output = folder / name, folder / "refused"
    path.write_bytes(data)
    code, said = submit("encode", "--listings", path, "--images", images, "--output", output)
    clear = f"error: {path}" in said.replace("file://", "") and "Traceback" not in said
    written = [path for path in output.rglob("*") if path.name != LOCK]
    outcome = "error" if code == 2 and clear and not written else f"status {code} {said[-300:]}"
    verdict.add("file that is no catalogue", outcome, "error")
    path.unlink()
