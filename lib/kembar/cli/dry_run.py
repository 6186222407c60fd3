"""The plan that `--dry-run` prints before Spark starts: counts of the inputs, and estimates of space and time.

Rates come from the last run in the output folder. Without one they come from measurements on two cores (benchmarks/).
They are rough: they tell minutes from hours, not more.
"""

import os
import shutil
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kembar.config import ListingsSettings, Settings
from kembar.encoding.photo_sample import describe_photos
from kembar.listings.catalogue_files import inspect_catalogue
from kembar.listings.decisions import read_decisions
from kembar.scoring.summary import read_summary
from kembar.storage.files import MANIFEST, exists, filesystem_of, join_uri, read_json

_ENCODED_A_SECOND = 70
"""Listings that one core encodes in a second, with photos of 640 to 1,024 px."""
_ENCODED_BYTES, _MATCHED_BYTES = 1_700, 4_500
_MATCH_START_S, _MATCHED_MS = 25, 1.0
_START_S = 20
_TRAIN_START_S, _FITTED_MS, _TRAINED_MS = 40, 20, 60
"""Time that training takes for each listing, on two cores."""
_BUNDLE_BYTES, _WORK_BYTES = 2_000_000, 9_000
_MINED_MS, _TRIPLET_BYTES = 2, 400
_REPORT_START_S, _TOLD_MS, _THUMBNAIL_MS, _PAGE_BYTES = 10, 0.4, 2.5, 4_500
_SCORED_MS = 0.1


@dataclass(frozen=True)
class Plan:
    """What a job would do.

    Attributes:
        lines: The steps, one a line.
        space: Bytes of the output. The job needs twice as many while it writes.
        output: Where the output goes; None if the job writes nothing.
    """

    lines: list[str]
    space: int
    output: str | None

    def __str__(self) -> str:
        if self.output is None:
            return "\n".join(self.lines)
        room = self._room(self.output)
        free = f", {_size(room)} free" if room is not None else ""
        fits = "" if room is None or room > 2 * self.space else ": NOT ENOUGH"
        return "\n".join([*self.lines, f"output {self.output}: about {_size(2 * self.space)} needed{free}{fits}"])

    @staticmethod
    def _room(output: str) -> int | None:
        """Free bytes where the output goes; None if that is not a disk of this machine."""
        if "://" in output and not output.startswith("file://"):
            return None
        place = Path(filesystem_of(output)[1])
        return shutil.disk_usage(next(each for each in (place, *place.parents) if each.exists())).free


def _size(count: float) -> str:
    """
    >>> _size(1_700 * 70_000)
    '119 MB'
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def describe_listings(uri: str, listings: ListingsSettings | None) -> tuple[int, list[str]]:
    """Count the rows of a catalogue, including unusable ones, and describe its columns.

    Raises:
        InputError: The run would raise the same error.
    """
    files = inspect_catalogue(uri, listings)
    rows = files.count_rows()
    return rows, [f"{uri}: {rows:,} rows", f"columns: {files.describe()}"]


def plan_encode(args: Namespace, encoder: str, settings: Settings) -> Plan:
    """Plan jobs/encode.py."""
    before = _manifest(args.output)
    rows, lines = describe_listings(args.listings, settings.listings)
    lines += describe_photos(inspect_catalogue(args.listings, settings.listings), args.images, settings.encode)
    lines.append(f"bundle's encoder: {encoder}")
    if before.get("encoder") == encoder:
        held = before["counts"]["listings"]
        lines.append(f"{args.output} has {held:,} listings of this encoder: only new and changed ones are encoded")
    elif before:
        lines.append(f"{args.output} is from another encoder ({before.get('encoder')}): all are encoded again")
    count, seconds = before.get("counts", {}).get("encoded"), before.get("seconds", {}).get("encode")
    rate = count / seconds if count and seconds else _ENCODED_A_SECOND * (os.cpu_count() or 1)
    lines.append(f"full run: about {_START_S + rows / rate:,.0f} s at {rate:,.0f} listings a second")
    return Plan(lines, _ENCODED_BYTES * rows, args.output)


def plan_match(args: Namespace) -> Plan:
    """Plan jobs/match.py."""
    counts = read_json(join_uri(args.encoded, MANIFEST))["counts"]
    listings = int(counts["listings"])
    lines = [f"{args.encoded}: {listings:,} listings, {counts['quarantine']:,} quarantined"]
    if args.previous:
        lines.append(f"{args.previous}: only new and changed listings are searched, the others keep their pairs")
    lines.append(f"full run: about {_MATCH_START_S + listings * _MATCHED_MS / 1000:,.0f} s on two cores")
    return Plan(lines, _MATCHED_BYTES * listings, args.output)


def plan_triplets(args: Namespace, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/triplets.py."""
    rows, lines = describe_listings(args.listings, listings)
    seconds = _TRAIN_START_S + _encoding_s(rows) + rows * _MINED_MS / 1000
    lines.append(f"all listings are encoded and searched for pairs: about {seconds:,.0f} s")
    return Plan(lines, (_WORK_BYTES + _TRIPLET_BYTES) * rows, args.output)


def plan_train(args: Namespace, based: bool, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/train.py; based: whether training starts from a bundle and keeps its heads."""
    if args.matched:
        answers = len(read_decisions(args.decisions))
        lines = [f"{args.decisions}: {answers:,} decisions about pairs of {args.matched}", f"about {_START_S} s"]
        return Plan(lines, _BUNDLE_BYTES, args.bundle)
    found = [describe_listings(uri, listings) for uri in args.listings]
    rows, lines = [count for count, _ in found], [line for _, told in found for line in told]
    lines.append("training keeps the base bundle's heads" if based else "training starts from scratch, with new heads")
    seconds = _TRAIN_START_S + _encoding_s(sum(rows)) + sum(rows) * (_FITTED_MS if based else _TRAINED_MS) / 1000
    work = args.work or f"{args.bundle.rstrip('/')}.training"
    lines.append(f"about {seconds:,.0f} s, less with --resume; checkpoints: {work}")
    return Plan(lines, _BUNDLE_BYTES + _WORK_BYTES * sum(rows), args.bundle)


def plan_evaluate(args: Namespace, answered: int, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/evaluate.py; answered: rows of the submission."""
    rows, lines = describe_listings(args.listings, listings)
    lines.append(f"{args.submission}: {answered:,} rows")
    lines.append(
        "candidate pairs are evaluated too" if args.encoded else "add --encoded to evaluate candidate pairs too"
    )
    lines.append(f"about {_START_S + rows * _SCORED_MS / 1000:,.0f} s")
    return Plan(lines, 0, args.output)


def plan_report(args: Namespace, catalogue: ListingsSettings | None = None) -> Plan:
    """Plan jobs/report.py."""
    counts = read_summary(args.matched)
    listings, groups = int(counts["listings"]), int(counts["groups"])
    thumbnails = listings * _THUMBNAIL_MS / (os.cpu_count() or 1) if args.listings else 0
    lines = [f"{args.matched}: {listings:,} listings, {groups:,} groups"]
    lines += describe_listings(args.listings, catalogue)[1] if args.listings else []
    lines.append("photos are shown" if args.listings else "add --listings to show photos")
    seconds = _REPORT_START_S + (listings * _TOLD_MS + thumbnails) / 1000
    lines.append(f"about {seconds:,.0f} s, faster if thumbnails are cached")
    return Plan(lines, _PAGE_BYTES * listings // 2, args.output)


def plan_review(args: Namespace, decided: int) -> Plan:
    """Plan jobs/review.py; decided: pairs with a decision, which the job skips."""
    pairs = int(read_summary(args.matched)["candidate_pairs"])
    lines = [f"{args.matched}: {pairs:,} candidate pairs, {decided:,} with a decision"]
    lines.append(f"the {args.count:,} most useful pairs are chosen among the most doubtful: about {_START_S} s")
    return Plan(lines, 0, args.output)


def _encoding_s(rows: int) -> float:
    return rows / (_ENCODED_A_SECOND * (os.cpu_count() or 1))


def _manifest(uri: str) -> dict[str, Any]:
    return read_json(join_uri(uri, MANIFEST)) if exists(join_uri(uri, MANIFEST)) else {}
