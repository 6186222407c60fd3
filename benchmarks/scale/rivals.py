"""Others on the same codes: exact brute force, FAISS, MLlib's locality-sensitive joins, Splink's blocking."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from common import ROOT, environment, markdown, write_page

from scale.growth import extrapolate
from scale.match import command, gib, measure_match
from scale.watch import watch
from scale.work import SUBMIT, Run

SIZES = (10_000, 30_000, 70_000, 100_000)
HERE = Path(__file__).parent / "contestants"
LIMIT_S = 240
NEARLY = 0.01
"""A rival finds as much as kembar where its recall is no further below than this."""

# Bucket length, tables, distance: codes have length one in 256 dimensions, so that a projection spreads by 1/16.
MLLIB_IMAGE = (("0.02", "3", "1.0"), ("0.005", "10", "1.0"), ("0.05", "3", "1.1"), ("0.1", "3", "1.2"))
MLLIB_TERMS = (("3", "0.7"), ("10", "0.8"), ("20", "0.9"), ("40", "0.95"), ("80", "0.95"))

ABOUT = f"""Catalogues of `python benchmarks/make_catalogue.py codes`, the same files for all; recall is that of planted
pairs among the candidates, each pair once. kembar's seconds are those of its stages `index`, `block` and `score`,
with the whole job beside; a rival's are those of reading what it needs to the last pair, Spark's start not counted.
Peak memory is all processes' proportional set size. Of a rival's settings the table has the
fastest that finds as much as kembar (recall within {NEARLY}), or else the one that finds most. A setting that ran
longer than {LIMIT_S} s was ended, but for brute force, of which one knows how long it takes. A rival without a row was
not run at that size.

*All five distances* are image and title codes, TF-IDF of words and of characters, and the hash: what kembar decides
by. *Photo codes alone* find only what looks alike; their ceiling is that of the exact scan.
"""


@dataclass(frozen=True)
class Contestant:
    """Title on the page, whether all five distances or which part, and its commands for a catalogue."""

    title: str
    sees: str
    commands: Callable[[Run, Path], list[list[str | Path]]]
    quadratic: bool = False


def _own(script: str, *arguments: str) -> Callable[[Run, Path], list[list[str | Path]]]:
    return lambda _, catalogue: [[sys.executable, HERE / script, catalogue, *arguments]]


def _foreign(script: str) -> Callable[[Run, Path], list[list[str | Path]]]:
    def commands(run: Run, catalogue: Path) -> list[list[str | Path]]:
        return [[environment(run.build / "venv", HERE / "requirements.txt"), HERE / script, catalogue]]

    return commands


def _spark(which: str, settings: tuple[tuple[str, ...], ...]) -> Callable[[Run, Path], list[list[str | Path]]]:
    return lambda _, catalogue: [[SUBMIT, HERE / "mllib.py", catalogue, which, *setting] for setting in settings]


CONTESTANTS = {
    "exact": Contestant("exact, all pairs in NumPy", "all five distances", _own("exact.py", "five"), quadratic=True),
    "splink": Contestant("Splink's blocking on DuckDB", "rare words, hash bands", _foreign("splink_blocks.py")),
    "mllib_terms": Contestant("MLlib MinHashLSH", "words", _spark("terms", MLLIB_TERMS)),
    "scan": Contestant("exact scan in NumPy", "photo codes", _own("exact.py", "image"), quadratic=True),
    "faiss": Contestant("FAISS", "photo codes", _foreign("faiss_near.py")),
    "mllib_image": Contestant("MLlib BucketedRandomProjectionLSH", "photo codes", _spark("image", MLLIB_IMAGE)),
}


def measure(run: Run, name: str, listings: int) -> dict[str, Any]:
    """All settings of one contestant on one catalogue; a command's peak memory goes with each of its settings."""
    catalogue, settings, ended = run.catalogue("codes", listings), [], []
    contestant = CONTESTANTS[name]
    for line in contestant.commands(run, catalogue):
        done = watch(line, ROOT, limit=None if contestant.quadratic else LIMIT_S)
        lines = [
            json.loads(text.removeprefix("RESULT ")) for text in done.said.splitlines() if text.startswith("RESULT ")
        ]
        settings += [{**found, "peak_bytes": done.peak_bytes, "wall": round(done.wall, 1)} for found in lines]
        if done.code:
            late = not contestant.quadratic and done.wall > LIMIT_S
            reason = f"ended after {LIMIT_S} s" if late else done.said[-500:]
            ended.append({"command": " ".join(map(str, line[2:])), "why": reason, "peak_bytes": done.peak_bytes})
            print(f"{name} {listings}: {ended[-1]}", flush=True)
    return {"listings": listings, "name": name, "settings": settings, "ended": ended}


def choose(settings: list[dict[str, Any]], recall: float) -> dict[str, Any] | None:
    """The fastest of the settings that nearly find `recall`; where none does, the fastest of those that find most."""
    enough = [s for s in settings if s["recall"] >= recall - NEARLY]
    if enough:
        return min(enough, key=lambda s: (s["seconds"], s["candidates_per_listing"]))
    return max(settings, key=lambda s: (round(s["recall"], 2), -s["seconds"]), default=None)


def _cells(title: str, sees: str, setting: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "": title,
        "sees": sees,
        "setting": setting,
        "seconds": f"{figures['seconds']:.1f}",
        "peak memory, GiB": gib(figures["peak_bytes"]),
        "recall": f"{figures['recall']:.4f}",
        "candidates a listing": f"{figures['candidates_per_listing']:.1f}",
    }


def _ended(setting: dict[str, Any]) -> str:
    """A setting that gave no result, and after how long it was ended, which may have been another limit then."""
    why = setting["why"] if setting["why"].startswith("ended after") else "failed"
    return f"{setting['command'].partition(' ')[2]}: {why}"


def kembar_row(result: dict[str, Any]) -> dict[str, Any]:
    """kembar's own row: the seconds until candidates are scored."""
    seconds = sum(result["summary"]["seconds"].get(stage, 0) for stage in ("index", "block", "score"))
    cells = _cells("**kembar**", "all five distances", "as shipped", {**result, "seconds": seconds})
    return {**cells, "seconds": f"{seconds:.1f} (job {result['wall']:.1f})"}


def extrapolated(name: str, listings: int, run: Run) -> dict[str, Any] | None:
    """A quadratic contestant's row at a size that it was not run at, from its largest; marked as such.

    Reading is put in proportion.
    """
    measured = [r for r in run.results("rivals") if r["name"] == name and r["settings"] and r["listings"] < listings]
    if not (measured and CONTESTANTS[name].quadratic):
        return None
    base, contestant = measured[-1], CONTESTANTS[name]
    best = choose(base["settings"], 1.0)
    seconds = extrapolate(base["listings"], best["reading"], listings, 1.0)
    seconds += extrapolate(base["listings"], best["seconds"] - best["reading"], listings, 2.0)
    return {
        "": contestant.title,
        "sees": contestant.sees,
        "setting": best["setting"],
        "seconds": f"≈ {seconds:,.0f}, extrapolated with the square from {base['listings']:,}",
    }


def table(run: Run, listings: int) -> str:
    """The table of one size at which match was measured, of whoever else was."""
    whole = next(r for r in run.results("match") if r["listings"] == listings)
    rows = [kembar_row(whole)]
    for name, contestant in CONTESTANTS.items():
        result = next((r for r in run.results("rivals") if (r["name"], r["listings"]) == (name, listings)), None)
        if result is None:
            if found := extrapolated(name, listings, run):
                rows.append(found)
            continue
        if best := choose(result["settings"], whole["recall"]):
            rows.append(_cells(contestant.title, contestant.sees, best["setting"], best))
        if result["ended"]:
            rows += [{"": contestant.title, "sees": contestant.sees, "setting": _ended(one)} for one in result["ended"]]
    return markdown(pd.DataFrame(rows).fillna(""))


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        run.kept(f"match/{listings}", lambda n=listings: measure_match(run, n))
        for name in run.rivals or CONTESTANTS:
            run.kept(f"rivals/{listings}-{name}", lambda n=listings, name=name: measure(run, name, n))
    measured = sorted({result["listings"] for result in run.results("match")})
    parts = [ABOUT.strip(), *(f"## {listings:,} listings\n\n{table(run, listings)}" for listings in measured)]
    write_page("scale_rivals", "Rivals at equal recall", command("rivals"), "\n\n".join(parts))
