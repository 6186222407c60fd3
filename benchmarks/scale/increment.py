"""A catalogue of which a hundredth is new: encode and match of what is new, against all of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from common import markdown, write_page
from pandas.util import hash_array

from scale.match import command
from scale.work import Run

SIZES, NEW_SHARE, SEED, FEW = (70_000,), 0.01, 7, 100
ABOUT = f"""`python benchmarks/make_catalogue.py photos` writes a catalogue with JPEG files of 640 to 1,024 pixels.
All of its listings but {NEW_SHARE:.0%}, chosen at random, are encoded and matched; then the whole catalogue is encoded
into the same folder and matched with `--previous`. Seconds are those of the jobs' stages, so without Spark's start;
the whole catalogue's encoding is taken to last as long as that of the {1 - NEW_SHARE:.0%}. Groups are compared with
those of a match of the whole catalogue without `--previous`: a listing agrees if it is grouped with the same others.
Start-up is what the stages of both jobs take for a catalogue of {FEW} of the listings: Spark compiles its queries,
Python's workers start, TensorFlow loads the towers.
"""

CODES = """Match alone, on a catalogue of `python benchmarks/make_catalogue.py codes`, whose planted products are at the
distances of real titles with photos of other goods joined to them.
"""


def stages(folder: Path, file: str) -> dict[str, float]:
    return json.loads((folder / file).read_text())["seconds"]


def groups(folder: Path) -> pd.Series:
    """The set of each listing's group."""
    table = pd.read_csv(folder / "submission.csv", dtype=str).set_index("posting_id")["matches"]
    return table.map(lambda matches: frozenset(matches.split()))


def without_new(encoded: Path, folder: Path) -> Path:
    """An encoded catalogue of codes without the listings that are to be new."""
    (folder / "listings").mkdir(parents=True)
    shutil.copytree(encoded / "quarantine", folder / "quarantine")
    shutil.copy(encoded / "manifest.json", folder)
    for part in sorted((encoded / "listings").glob("*.parquet")):
        table = pq.read_table(part)
        drawn = hash_array(np.array(table["posting_id"].to_pylist(), dtype=object)) % np.uint64(1000)
        pq.write_table(table.filter(pa.array(drawn >= 1000 * NEW_SHARE)), folder / "listings" / part.name)
    (folder / "listings" / "_SUCCESS").touch()
    return folder


def measure_codes(run: Run, listings: int) -> dict[str, Any]:
    """The same for match alone, on codes at the distances of real listings."""
    every, folder = run.catalogue("codes", listings) / "encoded", run.scratch("increment-codes")
    before, matched, whole = without_new(every, folder / "before"), folder / "matched", folder / "whole"
    run.submit("match", "--encoded", before, "--output", matched)
    run.submit("match", "--encoded", every, "--output", matched, "--previous", matched)
    run.submit("match", "--encoded", every, "--output", whole)
    seconds = {"new": {"match": stages(matched, "summary.json")}, "whole": {"match": stages(whole, "summary.json")}}
    mine, full = groups(matched), groups(whole)
    told = json.loads((matched / "summary.json").read_text())
    found = {"encoded": 0, "looked_anew": told["looked_anew"], "changes": told["changes"]}
    return {"listings": listings, "seconds": seconds, "agree": float((mine == full[mine.index]).mean()), **found}


def measure(run: Run, listings: int) -> dict[str, Any]:
    """Seconds by stage of all but the new listings, of the new ones, and of a whole match."""
    catalogue, folder = run.catalogue("photos", listings), run.scratch("increment")
    encoded, matched, whole = folder / "encoded", folder / "matched", folder / "whole"
    every = pd.read_csv(catalogue / "train.csv", dtype=str, keep_default_na=False)
    every.drop(every.sample(frac=NEW_SHARE, random_state=SEED).index).to_csv(folder / "before.csv", index=False)
    seconds = {}
    for name, truth in (("before", folder / "before.csv"), ("new", catalogue / "train.csv")):
        run.submit("encode", "--listings", truth, "--images", catalogue / "images", "--output", encoded)
        previous = ("--previous", matched) if name == "new" else ()
        run.submit("match", "--encoded", encoded, "--output", matched, *previous)
        seconds[name] = {"encode": stages(encoded, "manifest.json"), "match": stages(matched, "summary.json")}
    run.submit("match", "--encoded", encoded, "--output", whole)
    seconds["whole"] = {"encode": seconds["before"]["encode"], "match": stages(whole, "summary.json")}
    mine, full = groups(matched), groups(whole)
    told = json.loads((matched / "summary.json").read_text())
    counts = json.loads((encoded / "manifest.json").read_text())["counts"]
    found = {"encoded": counts["encoded"], "looked_anew": told["looked_anew"], "changes": told["changes"]}
    found["start_s"] = start_up(run, every.head(FEW), catalogue / "images", folder)
    return {"listings": listings, "seconds": seconds, "agree": float((mine == full[mine.index]).mean()), **found}


def start_up(run: Run, few: pd.DataFrame, images: Path, folder: Path) -> float:
    """Seconds of both jobs' stages for a handful of listings."""
    few.to_csv(folder / "few.csv", index=False)
    encoded, matched = folder / "few-encoded", folder / "few-matched"
    run.submit("encode", "--listings", folder / "few.csv", "--images", images, "--output", encoded)
    run.submit("match", "--encoded", encoded, "--output", matched)
    return sum([*stages(encoded, "manifest.json").values(), *stages(matched, "summary.json").values()])


def rows(result: dict[str, Any]) -> pd.DataFrame:
    """Each job's stages, new against whole."""
    table = []
    new, whole = result["seconds"]["new"], result["seconds"]["whole"]
    for job in new:
        table += [(f"{job}: {stage}", new[job][stage], whole[job][stage]) for stage in whole[job]]
        table.append((f"{job}, all", sum(new[job].values()), sum(whole[job].values())))
    both = [sum(sum(job.values()) for job in side.values()) for side in (new, whole)]
    if len(new) > 1:
        table.append(("both jobs", *both))
        table.append(("both jobs without start-up", *(seconds - result["start_s"] for seconds in both)))
    lines = [(name, f"{n:.1f}", f"{w:.1f}", f"{n / w:.1%}" if w else "") for name, n, w in table]
    return pd.DataFrame(lines, columns=["stage", "the new, s", "the whole, s", "share"])


def section(result: dict[str, Any]) -> str:
    """A catalogue's part of the page."""
    said = f"{result['encoded']:,} encoded anew, {result['looked_anew']:,} looked for pairs"
    agree = f"{result['agree']:.2%} of listings have the group of the whole run"
    return f"## {result['listings']:,} listings\n\n{said}. {agree}.\n\n{markdown(rows(result))}\n"


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        run.kept(f"increment_codes/{listings}", lambda n=listings: measure_codes(run, n))
        run.kept(f"increment/{listings}", lambda n=listings: measure(run, n))
    pages = [ABOUT, *map(section, run.results("increment")), CODES, *map(section, run.results("increment_codes"))]
    write_page("scale_increment", "What is new", command("increment"), "\n".join(pages))
