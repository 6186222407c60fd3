"""Match and encode on one core, two cores, and a cluster of two workers with one core each."""

import json
from typing import Any

import pandas as pd
from common import markdown, write_page

from scale.cluster import standalone
from scale.match import command, gib
from scale.work import Run

SIZES = (30_000,)
PHOTOS_SHARE = 15
"""Encode is measured on a catalogue this many times smaller: it takes several times as long a listing."""
WORKERS, WORKER_MEMORY = 2, "4g"
PLACES = ("local[1]", "local[2]", "cluster")
ABOUT = f"""The same catalogue by `--master local[1]`, `local[2]`, and a standalone cluster of {WORKERS} workers with
one core and {WORKER_MEMORY} each on the same machine, to which the driver sends the index as it would over a network.
Speed-up is against `local[1]`, by wall clock and by the job's own stages, which leave out that Python and Spark
start. Efficiency is the stages' speed-up over the cores. The driver does its own part on a core of its own: with a
cluster on two cores three processes share them.
"""


def _work(run: Run, job: str, listings: int, conf: dict[str, str], beside: list[int]) -> dict[str, Any]:
    folder = run.scratch(f"scaling-{job}")
    if job == "match":
        arguments = ["--encoded", run.catalogue("codes", listings) / "encoded"]
        figures, manifest = "summary.json", folder
    else:
        catalogue = run.catalogue("photos", listings)
        arguments = ["--listings", catalogue / "train.csv", "--images", catalogue / "images"]
        figures, manifest = "manifest.json", folder
    _, measured = run.submit(job, *arguments, "--output", folder, conf=conf, beside=beside)
    return {**measured, "seconds": json.loads((manifest / figures).read_text())["seconds"]}


def measure(run: Run, job: str, listings: int, place: str) -> dict[str, Any]:
    """One job at one place."""
    if place == "cluster":
        with standalone(WORKERS, WORKER_MEMORY) as cluster:
            found = _work(run, job, listings, cluster.conf, cluster.processes)
    else:
        found = _work(run, job, listings, {"spark.master": place}, [])
    return {"listings": listings, "job": job, "place": place, **found}


def rows(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one job at one size; without local[1] there is nothing to compare with."""
    found = {result["place"]: result for result in results}
    base, out = found.get("local[1]"), []
    for place in PLACES:
        if (result := found.get(place)) is None:
            continue
        spent, cores = sum(result["seconds"].values()), 1 if place == "local[1]" else 2
        faster = sum(base["seconds"].values()) / spent if base else float("nan")
        out.append(
            {
                "job": result["job"],
                "listings": f"{result['listings']:,}",
                "where": place if place != "cluster" else f"{WORKERS} workers",
                "wall, s": round(result["wall"], 1),
                **{f"{name}, s": round(value, 1) for name, value in result["seconds"].items()},
                "CPU, s": round(result["cpu_seconds"]),
                "peak memory, GiB": gib(result["peak_bytes"]),
                "speed-up, wall": f"{base['wall'] / result['wall']:.2f}" if base else "",
                "speed-up, stages": f"{faster:.2f}" if base else "",
                "efficiency": f"{faster / cores:.2f}" if base else "",
            }
        )
    return out


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        for job, size in (("match", listings), ("encode", max(listings // PHOTOS_SHARE, 100))):
            for place in PLACES:
                name = f"scaling/{job}-{size}-{place.replace('[', '').replace(']', '')}"
                run.kept(name, lambda j=job, s=size, p=place: measure(run, j, s, p))
    results = run.results("scaling")
    tables = []
    for job, size in sorted({(r["job"], r["listings"]) for r in results}):
        same = [r for r in results if (r["job"], r["listings"]) == (job, size)]
        tables.append(markdown(pd.DataFrame(rows(same))))
    write_page("scale_workers", "Cores and workers", command("scaling"), "\n\n".join([ABOUT.strip(), *tables]))
