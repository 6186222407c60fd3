"""From photos to groups: encode and match of a catalogue with photos, as a share of the competition's 8 hours."""

import json
from typing import Any

import pandas as pd
from common import markdown, write_page

from scale.growth import line
from scale.match import command, gib
from scale.work import Run

SIZES = (1_000, 6_000)
BUDGET_S, COMPETITION = 8 * 3600, 70_000
ABOUT = f"""`python benchmarks/make_catalogue.py photos` writes JPEG files of 640 to 1,024 pixels, of which a tenth
are shown twice; `jobs/encode.py` and `jobs/match.py` take them to groups by `spark-submit`. The competition gives
{BUDGET_S // 3600} hours of CPU for about {COMPETITION:,} listings. Where that size was not run its row is marked ≈ and
carried there on a line through the two largest that were: what is spent once, and what each listing adds. F1 is of
drawn products; this page is about time.
"""


def measure(run: Run, listings: int) -> dict[str, Any]:
    """Encode, match and evaluate a catalogue with photos."""
    catalogue, folder = run.catalogue("photos", listings), run.scratch("end-to-end")
    encoded, matched, scores = folder / "encoded", folder / "matched", folder / "metrics.json"
    truth = catalogue / "train.csv"
    files = [path.stat().st_size for path in (catalogue / "images").iterdir()]
    _, encode = run.submit("encode", "--listings", truth, "--images", catalogue / "images", "--output", encoded)
    _, match = run.submit("match", "--encoded", encoded, "--output", matched)
    run.submit("evaluate", "--listings", truth, "--submission", matched / "submission.csv", "--output", scores)
    encode["seconds"] = json.loads((encoded / "manifest.json").read_text())["seconds"]
    match["seconds"] = json.loads((matched / "summary.json").read_text())["seconds"]
    row_wise = json.loads(scores.read_text())["row_wise"]
    found = {"photos": len(files), "photo_bytes": sum(files), "row_wise": row_wise}
    return {"listings": listings, "encode": encode, "match": match, **found}


def row(result: dict[str, Any]) -> dict[str, Any]:
    """Row of a measured size."""
    encode, match = result["encode"], result["match"]
    both = encode["wall"] + match["wall"]
    return {
        "listings": f"{result['listings']:,}",
        "photos": f"{result['photos']:,}",
        "GB of photos": f"{result['photo_bytes'] / 1e9:.2f}",
        "encode, s": f"{encode['wall']:.0f}",
        "listings a second": f"{result['listings'] / sum(encode['seconds'].values()):.0f}",
        "match, s": f"{match['wall']:.0f}",
        "both, s": f"{both:.0f}",
        "share of 8 hours": f"{both / BUDGET_S:.1%}",
        "peak memory, GiB": gib(max(encode["peak_bytes"], match["peak_bytes"])),
        "F1": f"{result['row_wise']['f1']:.3f}",
    }


def at_competition(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Row of the competition's size, from smaller runs."""
    sizes, seconds = [result["listings"] for result in results], {}
    for job in ("encode", "match"):
        once, each = line(sizes, [result[job]["wall"] for result in results])
        seconds[job] = once + each * COMPETITION
    both = sum(seconds.values())
    return {
        "listings": f"≈ {COMPETITION:,}",
        **{f"{job}, s": f"≈ {spent:,.0f}" for job, spent in seconds.items()},
        "both, s": f"≈ {both:,.0f}",
        "share of 8 hours": f"{'≈' if len(sizes) > 1 else 'less than'} {both / BUDGET_S:.1%}",
    }


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        run.kept(f"end_to_end/{listings}", lambda n=listings: measure(run, n))
    results = run.results("end_to_end")
    rows = [row(result) for result in results]
    if results[-1]["listings"] < COMPETITION:
        rows.append(at_competition(results))
    text = f"{ABOUT.strip()}\n\n{markdown(pd.DataFrame(rows).fillna(''))}"
    write_page("scale_end_to_end", "From photos to groups in 8 hours", command("end_to_end"), text)
