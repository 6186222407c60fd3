"""jobs/match.py at growing sizes: seconds by stage, memory, shuffle, candidates, recall and F1."""

import json
from typing import Any

import pandas as pd
from common import markdown, write_page

from scale.growth import LARGE, adjacent, over_large
from scale.pairs import Planted
from scale.work import Run

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
ABOUT = f"""`python benchmarks/make_catalogue.py codes` makes encoded catalogues with planted products, at
distances measured on real titles with joined photos
(`benchmarks/load/__init__.py`); `jobs/match.py` runs on each by `spark-submit`, from start to
exit. Recall is that of planted pairs among the candidates that match keeps, counted in `matches/`; F1 is
`jobs/evaluate.py`'s row-wise mean. Memory is the most that all of the run's processes held at once (proportional set
size, sampled each half second); shuffle is what Spark's event log says was written. Growth is the exponent of a power
law: 1 is in proportion to the catalogue, 2 the square; from {LARGE:,} listings on by least squares.
"""


def measure_match(run: Run, listings: int, *options: str) -> dict[str, Any]:
    """Match and evaluate one catalogue of codes."""
    catalogue = run.catalogue("codes", listings, *options)
    work = run.scratch("match")
    _, figures = run.submit("match", "--encoded", catalogue / "encoded", "--output", work)
    found = Planted(catalogue).among(work / "matches")
    truth, scores = catalogue / "listings.parquet", work / "metrics.json"
    run.submit("evaluate", "--listings", truth, "--submission", work / "submission.csv", "--output", scores)
    f1 = json.loads(scores.read_text())["row_wise"]
    summary = json.loads((work / "summary.json").read_text())
    disk = sum(path.stat().st_size for path in (catalogue / "encoded").rglob("*") if path.is_file())
    kept = sum(path.stat().st_size for path in (work / "matches").rglob("*") if path.is_file())
    sizes = {"encoded_bytes": disk, "matches_bytes": kept}
    return {"listings": listings, **figures, **found, **sizes, "row_wise": f1, "summary": summary}


def gib(size: float) -> str:
    return f"{size / 2**30:.2f}"


def row(result: dict[str, Any]) -> dict[str, Any]:
    """Row of the page."""
    return {
        "listings": f"{result['listings']:,}",
        "wall, s": round(result["wall"], 1),
        **{f"{name}, s": round(seconds, 1) for name, seconds in result["summary"]["seconds"].items()},
        "CPU, s": round(result["cpu_seconds"]),
        "ms a listing": round(1000 * result["wall"] / result["listings"], 2),
        "peak memory, GiB": gib(result["peak_bytes"]),
        "shuffle, GiB": gib(result["shuffle_bytes"]),
        "spill, GiB": gib(result["spilled_bytes"]),
        "candidates a listing": round(result["candidates_per_listing"], 1),
        "recall": f"{result['recall']:.4f}",
        "F1": f"{result['row_wise']['f1']:.3f}",
    }


def growth_rows(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exponents of wall clock, stages, CPU, memory and shuffle."""
    sizes = [result["listings"] for result in results]
    names = [
        name for name in results[-1]["summary"]["seconds"] if all(name in r["summary"]["seconds"] for r in results)
    ]
    figures = {
        "wall clock": [r["wall"] for r in results],
        **{f"stage {name}": [max(r["summary"]["seconds"][name], 0.01) for r in results] for name in names},
        "CPU": [r["cpu_seconds"] for r in results],
        "peak memory": [r["peak_bytes"] for r in results],
        "shuffle": [r["shuffle_bytes"] for r in results],
        "candidates": [r["candidates_per_listing"] * r["listings"] for r in results],
    }
    rows = []
    for name, values in figures.items():
        steps = {
            f"to {size:,}": f"{power:.2f}" for size, power in zip(sizes[1:], adjacent(sizes, values)[1:], strict=True)
        }
        whole = over_large(sizes, values)
        rows.append({"": name, **steps, f"from {LARGE:,} on": "" if whole != whole else f"{whole:.2f}"})
    return rows


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        run.kept(f"match/{listings}", lambda listings=listings: measure_match(run, listings))
    results = run.results("match")
    parts = [ABOUT, markdown(pd.DataFrame([row(r) for r in results]))]
    if len(results) > 1:
        parts += ["## Growth", markdown(pd.DataFrame(growth_rows(results)))]
    write_page("scale", "Match at size", command("match"), "\n\n".join(part.strip() for part in parts))


def command(part: str) -> str:
    return f".venv/bin/python benchmarks/bench_scale.py {part}"
