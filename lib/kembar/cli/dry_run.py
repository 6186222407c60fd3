"""The plan that `--dry-run` prints before Spark starts: counts of the inputs, space, and the last run's time."""

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
from kembar.storage.files import MANIFEST, filesystem_of, join_uri, read_json, read_manifest

_ENCODED_BYTES, _MATCHED_BYTES, _PAGE_BYTES, _TRIPLET_BYTES, _WORK_BYTES = 1_700, 4_500, 4_500, 400, 9_000
"""Space that the output takes for each listing."""
_SCORE_BYTES = 400
"""Space for each scored pair."""
_BUNDLE_BYTES = 2_000_000


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
    before = read_manifest(args.output)
    rows, lines = describe_listings(args.listings, settings.listings)
    lines += describe_photos(inspect_catalogue(args.listings, settings.listings), args.images, settings.encode)
    lines.append(f"bundle's encoder: {encoder}")
    if before.get("encoder") == encoder:
        held = before["counts"]["listings"]
        lines.append(f"{args.output} has {held:,} listings of this encoder: only new and changed ones are encoded")
    elif before:
        lines.append(f"{args.output} is from another encoder ({before.get('encoder')}): all are encoded again")
    lines += _last_time(before, "encoded")
    return Plan(lines, _ENCODED_BYTES * rows, args.output)


def plan_match(args: Namespace) -> Plan:
    """Plan jobs/match.py."""
    counts = read_json(join_uri(args.encoded, MANIFEST))["counts"]
    listings = int(counts["listings"])
    lines = [f"{args.encoded}: {listings:,} listings, {counts['quarantine']:,} quarantined"]
    if args.previous:
        lines.append(f"{args.previous}: only new and changed listings are searched, the others keep their pairs")
    lines += _last_time(read_manifest(args.output), "listings")
    return Plan(lines, _MATCHED_BYTES * listings, args.output)


def plan_triplets(args: Namespace, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/triplets.py."""
    rows, lines = describe_listings(args.listings, listings)
    lines.append("all listings are encoded and searched for pairs")
    return Plan(lines, (_WORK_BYTES + _TRIPLET_BYTES) * rows, args.output)


def plan_train(args: Namespace, based: bool, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/train.py; based: whether training starts from a bundle and keeps its heads."""
    if args.matched:
        answers = len(read_decisions(args.decisions))
        line = f"{args.decisions}: {answers:,} decisions about pairs of {args.matched}"
        return Plan([line], _BUNDLE_BYTES, args.bundle)
    found = [describe_listings(uri, listings) for uri in args.listings]
    rows, lines = [count for count, _ in found], [line for _, told in found for line in told]
    lines.append("training keeps the base bundle's heads" if based else "training starts from scratch, with new heads")
    work = args.work or f"{args.bundle.rstrip('/')}.training"
    lines.append(f"checkpoints: {work}")
    return Plan(lines, _BUNDLE_BYTES + _WORK_BYTES * sum(rows), args.bundle)


def plan_evaluate(args: Namespace, answered: int, listings: ListingsSettings | None = None) -> Plan:
    """Plan jobs/evaluate.py; answered: rows of the submission."""
    _, lines = describe_listings(args.listings, listings)
    lines.append(f"{args.submission}: {answered:,} rows")
    lines.append(
        "candidate pairs are evaluated too" if args.encoded else "add --encoded to evaluate candidate pairs too"
    )
    return Plan(lines, 0, args.output)


def plan_score(args: Namespace, pairs: int) -> Plan:
    """Plan jobs/score.py; pairs: rows of the file of pairs."""
    listings = int(read_json(join_uri(args.encoded, MANIFEST))["counts"]["listings"])
    lines = [f"{args.encoded}: {listings:,} listings", f"{args.pairs}: {pairs:,} pairs are scored"]
    return Plan(lines, _SCORE_BYTES * pairs, args.output)


def plan_pairs(args: Namespace, labelled: int) -> Plan:
    """Plan jobs/evaluate.py for scores of labelled pairs."""
    return Plan([f"{args.pairs}: {labelled:,} labelled pairs, judged by {args.scores}"], 0, args.output)


def plan_report(args: Namespace, catalogue: ListingsSettings | None = None) -> Plan:
    """Plan jobs/report.py."""
    counts = read_summary(args.matched)
    listings, groups = int(counts["listings"]), int(counts["groups"])
    lines = [f"{args.matched}: {listings:,} listings, {groups:,} groups"]
    lines += describe_listings(args.listings, catalogue)[1] if args.listings else []
    lines.append("photos are shown" if args.listings else "add --listings to show photos")
    return Plan(lines, _PAGE_BYTES * listings // 2, args.output)


def plan_review(args: Namespace, decided: int) -> Plan:
    """Plan jobs/review.py; decided: pairs with a decision, which the job skips."""
    pairs = int(read_summary(args.matched)["candidate_pairs"])
    lines = [f"{args.matched}: {pairs:,} candidate pairs, {decided:,} with a decision"]
    lines.append(f"the {args.count:,} most useful pairs are chosen among the most doubtful")
    return Plan(lines, 0, args.output)


def _last_time(manifest: dict[str, Any], counted: str) -> list[str]:
    """How long the last run into the output took, if there was one."""
    count, seconds = manifest.get("counts", {}).get(counted), manifest.get("seconds", {})
    return [f"the last run took {sum(seconds.values()):,.0f} s for {count:,} listings"] if count and seconds else []
