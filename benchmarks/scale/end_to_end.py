"""From photos to groups: encode and match of a catalogue with photos, as a share of the competition's 8 hours."""

import json
from typing import Any

import pandas as pd
from common import markdown, write_page

from scale.growth import extrapolate, over_large
from scale.match import command, gib
from scale.work import Run

SIZES = (3_000,)
BUDGET_S, COMPETITION = 8 * 3600, 70_000
ABOUT = f"""`python -m kembar.sample.load photos` writes JPEG files of 640 to 1,024 pixels, of which a tenth are shown
twice; `jobs/encode.py` and `jobs/match.py` take them to groups by `spark-submit`. The competition gives {
    BUDGET_S // 3600
} hours of CPU for about {COMPETITION:,} listings. A run of fewer is put to that size in proportion for encode,
which looks at each photo once, and with the exponent that `match` page measured from 100,000 listings on for match,
or 1.1 where it is not measured; what was not run is marked ≈. F1 is low by design where products have the same drawn
scene: this is about time.
"""
ASSUMED_GROWTH = 1.1


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


def at_competition(result: dict[str, Any], power: float) -> dict[str, Any]:
    """Row of the competition's size, from a smaller run."""
    encode, match = result["encode"]["wall"], result["match"]["wall"]
    seconds = [
        extrapolate(result["listings"], encode, COMPETITION, 1.0),
        extrapolate(result["listings"], match, COMPETITION, power),
    ]
    return {
        "listings": f"≈ {COMPETITION:,}",
        "encode, s": f"≈ {seconds[0]:,.0f}",
        "match, s": f"≈ {seconds[1]:,.0f}",
        "both, s": f"≈ {sum(seconds):,.0f}",
        "share of 8 hours": f"≈ {sum(seconds) / BUDGET_S:.1%}",
    }


def main(run: Run, sizes: list[int]) -> None:
    for listings in sizes or SIZES:
        run.kept(f"end_to_end/{listings}", lambda n=listings: measure(run, n))
    results = run.results("end_to_end")
    rows = [row(result) for result in results]
    if results[-1]["listings"] < COMPETITION:
        rows.append(at_competition(results[-1], measured_growth(run)))
    text = f"{ABOUT.strip()}\n\n{markdown(pd.DataFrame(rows).fillna(''))}"
    write_page("scale_end_to_end", "From photos to groups in 8 hours", command("end_to_end"), text)


def measured_growth(run: Run) -> float:
    """The exponent of match's wall clock from 100,000 listings on, where two such sizes were measured."""
    results = run.results("match")
    power = over_large([r["listings"] for r in results], [r["wall"] for r in results])
    return ASSUMED_GROWTH if power != power else power
