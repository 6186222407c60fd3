"""What ten and a hundred million listings would take: arithmetic on what was measured, by code, so that it keeps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from common import markdown, write_page

from scale.growth import LARGE, exponent, line
from scale.match import command
from scale.work import Run

TARGETS = (1_000_000, 10_000_000, 100_000_000)
_TB, _GB, _HOUR = 1e12, 1e9, 3600


@dataclass(frozen=True)
class Assumed:
    """What is not measured.

    price: dollars a core-hour, about what large clouds ask for general-purpose cores on demand; node_cores, node_gib:
    one machine of the cluster; used: the share of its cores that a large cluster keeps at work; match_hours,
    encode_hours: how long a match and a first encode may take.
    """

    price: float = 0.05
    node_cores: int = 16
    node_gib: int = 64
    used: float = 0.7
    match_hours: float = 4.0
    encode_hours: float = 24.0


@dataclass(frozen=True)
class Law:
    """A measured figure as a function of the catalogue's size: `figure · (n / size) ** power`."""

    size: float
    figure: float
    power: float

    def at(self, listings: float) -> float:
        return self.figure * (listings / self.size) ** self.power

    def reaches(self, figure: float) -> float:
        """The size at which it is `figure`; infinite where it does not grow."""
        return float(self.size * (figure / self.figure) ** (1 / self.power)) if self.power > 0 else float("inf")


@dataclass(frozen=True)
class Line:
    """A measured figure of which a part is there whatever the size, such as a JVM's memory: `once + each · n`."""

    size: float
    once: float
    each: float

    def at(self, listings: float) -> float:
        return self.once + self.each * listings

    def reaches(self, figure: float) -> float:
        """The size at which it is `figure`; infinite where it does not grow."""
        return (figure - self.once) / self.each if self.each > 0 else float("inf")


def law(results: list[dict[str, Any]], figures: list[float]) -> Law:
    """From the largest size, with the exponent of the sizes of `LARGE` and more, or of the last two.

    Where a single size was measured, growth is taken to be in proportion.
    """
    sizes = [result["listings"] for result in results]
    chosen = [i for i, size in enumerate(sizes) if size >= LARGE]
    chosen = chosen if len(chosen) > 1 else list(range(len(sizes)))[-2:]
    power = exponent([sizes[i] for i in chosen], [max(figures[i], 1e-9) for i in chosen])
    return Law(sizes[-1], figures[-1], 1.0 if power != power else power)


@dataclass(frozen=True)
class Laws:
    """Everything that the page computes from. stages: CPU seconds of each of match's; encode: CPU seconds."""

    stages: dict[str, Law]
    shuffle: Law
    memory: Line
    encoded: Law
    matches: Law
    candidates: Law
    encode: Line
    photo_bytes: Law
    parallel: float

    def match_seconds(self, listings: float) -> float:
        return sum(stage.at(listings) for stage in self.stages.values())


def read_laws(run: Run) -> Laws:
    """The laws of what was measured.

    Raises:
        SystemExit: match or end_to_end was not measured.
    """
    match, whole, scaling = (run.results(part) for part in ("match", "end_to_end", "scaling"))
    if not (match and whole):
        raise SystemExit("arithmetic needs the results of match and end_to_end: run those parts first")
    names = [name for name in match[-1]["by_stage"] if name != "start" and all(name in r["by_stage"] for r in match)]

    def of(read: Any) -> Law:
        return law(match, [read(result) for result in match])

    sizes = [result["listings"] for result in whole]
    each = line(sizes, [result["encode"]["cpu_seconds"] for result in whole])[1]  # not what starting Spark takes
    both = {r["place"]: sum(r["seconds"].values()) for r in scaling if r["job"] == "match"}
    return Laws(
        stages={name: of(lambda r, name=name: r["by_stage"][name]["cpu_seconds"]) for name in names},
        shuffle=of(lambda r: r["shuffle_bytes"]),
        memory=Line(match[-1]["listings"], *line([r["listings"] for r in match], [r["peak_bytes"] for r in match])),
        encoded=of(lambda r: r["encoded_bytes"]),
        matches=of(lambda r: r["matches_bytes"]),
        candidates=of(lambda r: r["candidates_per_listing"] * r["listings"]),
        encode=Line(sizes[-1], 0.0, each),
        photo_bytes=Law(sizes[-1], whole[-1]["photo_bytes"], 1.0),
        parallel=both["local[1]"] / both["local[2]"] / 2 if {"local[1]", "local[2]"} <= set(both) else float("nan"),
    )


def laws_table(laws: Laws) -> pd.DataFrame:
    """What a listing takes at the largest size that was measured, and how that grows."""
    rows = [(f"match, stage {name}, CPU ms", law_, 1000.0) for name, law_ in laws.stages.items()]
    rows += [("shuffle of match, bytes", laws.shuffle, 1.0)]
    rows += [("encoded, bytes on disk", laws.encoded, 1.0), ("matches, bytes on disk", laws.matches, 1.0)]
    rows += [("candidates", laws.candidates, 1.0), ("photo, bytes", laws.photo_bytes, 1.0)]
    added = [("encode, CPU ms", laws.encode, 1000.0), ("peak memory of match, bytes", laws.memory, 1.0)]
    lines = [
        {
            "": f"{name}, beyond what is there at once",
            "a listing": f"{unit * line_.each:,.2f}",
            "measured at": f"{line_.size:,.0f}",
            "exponent": "a line",
        }
        for name, line_, unit in added
    ]
    powers = [
        {
            "": name,
            "a listing": f"{unit * law_.figure / law_.size:,.2f}",
            "measured at": f"{law_.size:,.0f}",
            "exponent": f"{law_.power:.2f}",
        }
        for name, law_, unit in rows
    ]
    return pd.DataFrame([*lines, *powers])


def bill(laws: Laws, listings: int, assumed: Assumed) -> dict[str, str]:
    """Column of the page: one size."""
    encode, match = laws.encode.at(listings) / _HOUR, laws.match_seconds(listings) / _HOUR
    cores = max(match / assumed.match_hours, encode / assumed.encode_hours) / assumed.used
    nodes = int(np.ceil(cores / assumed.node_cores))
    dollars = (encode + match) / assumed.used * assumed.price
    return {
        "": f"{listings:,}",
        "encode, core-hours, once": f"{encode:,.0f}",
        "match, core-hours, each run": f"{match:,.0f}",
        f"machines of {assumed.node_cores} cores for it": f"{nodes:,}",
        "codes on disk, TB": f"{laws.encoded.at(listings) / _TB:.3f}",
        "photos, TB": f"{laws.photo_bytes.at(listings) / _TB:.2f}",
        "shuffle of a match, TB": f"{laws.shuffle.at(listings) / _TB:.3f}",
        "matches on disk, TB": f"{laws.matches.at(listings) / _TB:.3f}",
        "candidate pairs, billions": f"{laws.candidates.at(listings) / 1e9:.2f}",
        "match in one machine's memory as here, GB": f"{laws.memory.at(listings) / _GB:,.0f}",
        "dollars, encode and one match": f"{dollars:,.2f}",
        "dollars a million listings": f"{dollars / listings * 1e6:.2f}",
    }


def limits(laws: Laws, assumed: Assumed) -> pd.DataFrame:
    """At which size each thing gives out, what gives out first on top."""
    match = Law(laws.memory.size, laws.match_seconds(laws.memory.size), _overall(laws))
    seconds = assumed.match_hours * _HOUR * assumed.used
    found = [
        (f"memory of one machine of {gib} GiB, all of match in it", laws.memory.reaches(gib * 2**30))
        for gib in (24, assumed.node_gib, 8 * assumed.node_gib)
    ]
    found += [
        (f"{assumed.match_hours:g} hours of {cores:,} cores for a match", match.reaches(seconds * cores))
        for cores in (2, assumed.node_cores, 64 * assumed.node_cores)
    ]
    found += [
        (
            f"{cores:,} cores for a first encode of {assumed.encode_hours:g} hours",
            laws.encode.reaches(assumed.encode_hours * _HOUR * assumed.used * cores),
        )
        for cores in (2, assumed.node_cores, 64 * assumed.node_cores)
    ]
    found += [("10 TB of shuffle, the disks of ten machines", laws.shuffle.reaches(10 * _TB))]
    rows = [{"what gives out": name, "listings": f"{size:,.0f}"} for name, size in sorted(found, key=lambda f: f[1])]
    return pd.DataFrame(rows)


def _overall(laws: Laws) -> float:
    """The exponent of match's CPU seconds as a whole, between its measured size and ten times that."""
    size = laws.memory.size
    return exponent([size, 10 * size], [laws.match_seconds(size), laws.match_seconds(10 * size)])


def render(laws: Laws, assumed: Assumed) -> str:
    """The text of the page."""
    bills = pd.DataFrame([bill(laws, size, assumed) for size in TARGETS]).set_index("").T.reset_index(names="listings")
    parallel = "not measured" if laws.parallel != laws.parallel else f"{laws.parallel:.2f}"
    about = f"""Arithmetic, not a measurement: every figure of the first table was measured on one machine
(`scale.md`, `scale_end_to_end.md`) and is carried to larger catalogues by the power law beside it; beyond ten times
the largest measured size that is a guess. Assumed: {assumed.price:.2f} dollars a core-hour; machines of
{assumed.node_cores} cores and {assumed.node_gib} GiB; a match within {assumed.match_hours:g} hours and a first encode
within {assumed.encode_hours:g}; cores at work {assumed.used:.0%} of the time (two cores here: {parallel}). Encoding
is paid once a listing, matching at each run. CPU seconds are those of all processes, Java, Python and their
libraries."""
    parts = [about, "## What a listing takes", markdown(laws_table(laws)), "## What a catalogue takes", markdown(bills)]
    parts += ["## What gives out first", markdown(limits(laws, assumed))]
    return "\n\n".join(parts)


def main(run: Run, _: list[int]) -> None:
    write_page(
        "arithmetic", "Ten and a hundred million listings", command("arithmetic"), render(read_laws(run), Assumed())
    )
