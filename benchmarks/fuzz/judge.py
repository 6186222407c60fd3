"""Runs cases through kembar's own functions and says what became of each: used, refused with a reason, or a fault."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from fuzz.photos import PhotoCase
from fuzz.rows import ENCODINGS, Row, draw_file
from fuzz.tables import FileCase
from kembar.config import load_settings
from kembar.encoding.photos import PhotoError, decode_photo
from kembar.errors import message_for_user
from kembar.listings.validation import read_listings, validate_listings

_TOKEN = re.compile(r"id-\d{7}")
_VARIES = re.compile(r"(?<=encoding: ).*|(?<=reads: ).*|(?<=\(chunk ).*(?=\))|[\d,]*\d")
_AS_CSV = load_settings(None, ["listings.format=csv"]).listings
_INPUT_PX, _MOST_PIXELS = 64, 50_000_000
_MOST_APART = 2.0
"""Of 255, what lossy formats may differ by."""


@dataclass
class Verdict:
    """outcomes: cases by kind and used, quarantined or error; reasons: how often each was given; faults: what must
    not be: a crash, a row that nobody knows of, a good one that is lost, a bad one that is used."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0

    def add(self, kind: str, outcome: str, due: str, reason: str = "") -> None:
        self.outcomes[kind, outcome] += 1
        if reason:
            self.reasons[_VARIES.sub("N", reason.split("\n")[0])[:90]] += 1
        if due not in ("either", outcome):
            self.faults.append(f"{kind}: {outcome} instead of {due} {reason}")


def judge_photos(cases: Iterable[PhotoCase]) -> Verdict:
    """Each photo decoded, its hash taken, by the function that executors run."""
    verdict = Verdict()
    for number, case in enumerate(cases):
        start = time.monotonic()
        try:
            photo = decode_photo(case.data, _INPUT_PX, number % 2 == 0, _MOST_PIXELS)
            whole = photo.pixels.shape == (_INPUT_PX, _INPUT_PX, 3) and photo.pixels.dtype == np.uint8
            outcome = "used" if whole else "pixels of another shape"
            verdict.add(case.kind, outcome if case.same is None or _same(case) else "shown otherwise", case.due)
        except PhotoError as error:
            verdict.add(case.kind, "refused", case.due, str(error))
        except BaseException as error:
            verdict.add(case.kind, f"crash {error!r}", "no crash")
        verdict.slowest_seconds = max(verdict.slowest_seconds, time.monotonic() - start)
    return verdict


def _same(case: PhotoCase) -> bool:
    """Whether a photo and the file that shows the same have one hash and nearly the same pixels."""
    ours, other = (decode_photo(data, _INPUT_PX, True, _MOST_PIXELS) for data in (case.data, case.same or b""))
    return ours.phash == other.phash and float(np.abs(ours.pixels.astype(int) - other.pixels).mean()) < _MOST_APART


def _collect(raw: DataFrame) -> tuple[list[str], list[tuple[str, str]]]:
    """The ids that are used, and row and reason of those that are not."""
    good, bad = validate_listings(raw)
    return [row.posting_id for row in good.collect()], [(row.row, row.reason) for row in bad.collect()]


def judge_rows(spark: SparkSession, folder: Path, count: int, seed: int) -> Verdict:
    """So many rows, dealt over files of each encoding in one folder, read and validated as one catalogue."""
    verdict, rng, rows = Verdict(), np.random.default_rng((seed, 2)), list[Row]()
    folder.mkdir()
    for encoding in ENCODINGS:
        data, some = draw_file(len(rows), count // len(ENCODINGS), encoding, rng)
        name = f"{encoding.replace(' ', '-')}.csv" + (".gz" if encoding == "packed" else "")
        (folder / name).write_bytes(data)
        rows += some
    used, refused = _collect(read_listings(spark, str(folder), load_settings(None, ["listings.format=csv"]).listings))
    good = {found.group() for name in used if (found := _TOKEN.search(name))}
    reasons = {token: reason for row, reason in refused for token in _TOKEN.findall(row)}
    for row in rows:
        outcome = "used" if row.token in good else "quarantined" if row.token in reasons else "unaccounted"
        due = "used or quarantined" if row.due == "either" and outcome == "unaccounted" else row.due
        reason = reasons.get(row.token, "") if outcome == "quarantined" else ""
        verdict.add(row.kind, outcome, due, reason.partition(": ")[2])
    return verdict


def judge_files(spark: SparkSession, folder: Path, cases: Iterable[FileCase]) -> Verdict:
    """Each file as a catalogue of its own."""
    verdict = Verdict()
    folder.mkdir()
    for case in cases:
        path = folder / case.name
        path.write_bytes(case.data)
        verdict.add(case.kind, *_judge_file(spark, path, case))
        path.unlink()
    return verdict


def _judge_file(spark: SparkSession, path: Path, case: FileCase) -> tuple[str, str, str]:
    """Outcome, what is due, and the reason of an error."""
    try:
        used, refused = _collect(read_listings(spark, str(path)))
    except Exception as error:
        if message := message_for_user(error):
            return "error", case.due, message.replace(str(path), "FILE")
        return f"crash {error!r}"[:500], "no crash", ""
    if case.due == "used":
        return ("used" if len(used) == case.rows else f"{len(refused)} quarantined"), case.due, ""
    return ("rows" if len(used) + len(refused) == case.rows else "unaccounted"), case.due, ""
