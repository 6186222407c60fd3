"""What a block, a title and a photo that very many share do to match, beside the same catalogue without."""

from typing import Any

import pandas as pd
from common import markdown, write_page
from load import SKEWED

from scale.match import command, gib, measure_match
from scale.work import Run

SIZES = (300_000,)
ABOUT = f"""The same products twice: even, and with skew: {SKEWED.block:.0%} of the listings have two words in common,
{SKEWED.block:.0%} one 16-bit band of the hash, {SKEWED.title:.0%} one title whatever they sell and {SKEWED.photo:.0%}
one placeholder photo. A naive join of such a block makes 112 million pairs of 300,000 listings. Nothing may be dropped
unsaid: listings in and out must be equal, and what match leaves out of large blocks is in the counts of its
`summary.json`, below. Recall and F1 fall with skew for whoever looks: a listing with the shared title can be found by
its photo alone.
"""


def row(result: dict[str, Any], name: str) -> dict[str, Any]:
    """Row of the page."""
    return {
        "": f"{result['listings']:,} {name}",
        "wall, s": round(result["wall"], 1),
        **{f"{stage}, s": round(seconds, 1) for stage, seconds in result["summary"]["seconds"].items()},
        "longest task, s": round(result["longest_task_ms"] / 1000, 1),
        "peak memory, GiB": gib(result["peak_bytes"]),
        "shuffle, GiB": gib(result["shuffle_bytes"]),
        "candidates a listing": round(result["candidates_per_listing"], 1),
        "recall": f"{result['recall']:.4f}",
        "F1": f"{result['row_wise']['f1']:.3f}",
        "listings in": result["listings"],
        "matched + quarantined": result["summary"]["listings"] + result["summary"]["quarantined"],
    }


def counts(even: dict[str, Any], skewed: dict[str, Any]) -> pd.DataFrame:
    """Every number of the two summaries side by side."""

    def flat(summary: dict[str, Any], before: str = "") -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in summary.items():
            out |= flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
        return out

    sides = [flat(side["summary"]) for side in (even, skewed)]
    keys = [key for key in dict.fromkeys([*sides[0], *sides[1]]) if not key.startswith("seconds")]
    cells = [[str(side.get(key, "")) for side in sides] for key in keys]
    return pd.DataFrame(cells, columns=["even", "skewed"]).set_axis(pd.Index(keys, name="summary.json")).reset_index()


def main(run: Run, sizes: list[int]) -> None:
    parts = [ABOUT]
    for listings in sizes or SIZES:
        even = run.kept(f"match/{listings}", lambda n=listings: measure_match(run, n))
        skewed = run.kept(f"skew/{listings}", lambda n=listings: measure_match(run, n, "--skewed"))
        lost = skewed["listings"] - skewed["summary"]["listings"] - skewed["summary"]["quarantined"]
        ratio = skewed["wall"] / even["wall"]
        parts += [
            markdown(pd.DataFrame([row(even, "even"), row(skewed, "skewed")])),
            f"With skew it takes {ratio:.2f} times as long; {lost} listings are unaccounted for.",
            markdown(counts(even, skewed)),
        ]
    write_page("scale_skew", "Match and skew", command("skew"), "\n\n".join(part.strip() for part in parts))
