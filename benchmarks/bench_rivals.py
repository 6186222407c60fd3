"""kembar against its rivals, on titles and perceptual hashes without photos, alone and among other shops' goods.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_rivals.py [CONTESTANT ...] [--results DIR] [--page NAME|-]

Without names every contestant runs, which takes hours; with some, only they do, and the page is made of theirs
and of what earlier runs left in the results' folder. The rivals get an environment of their own.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import DATA, ROOT, dataset, environment, images_of, markdown, spark_submit, write_page
from rivals.protocol import FOLDS, SETTINGS, read_listings, read_unlabelled, score_claims, split_folds

RIVALS = Path(__file__).resolve().parent / "rivals"
NAMES = {
    "kembar": "kembar",
    "tfidf": "TF-IDF cosine",
    "phash": "perceptual hash",
    "tfidf_phash": "TF-IDF cosine + hash",
    "splink": "Splink 5.0.0",
    "dedupe": "dedupe 3.0.3",
    "goldenmatch_zero": "GoldenMatch 3.22.0, zero-config",
    "goldenmatch": "GoldenMatch 3.22.0, tuned",
}
TITLES = {"alone": "Alone", "distractors": "Among 24,380 titles of other shops' goods"}
ABOUT = f"""{__doc__.splitlines()[0]}

Five folds of whole groups of `shopee-dev`. For each, a contestant is trained and tuned on the other four, then
groups the whole catalogue (all 1,499 listings, in the second table with 24,380 titles more, each a product of its
own), and the listings of the held-out fold are scored: precision, recall and F1 of each listing's group, averaged.
The interval draws groups with replacement.

Settings are chosen on the tuning part alone. Whoever gives scored pairs gets the better of connected components
and average linkage, and a second threshold above which a lone listing joins its best neighbour, if that is better
there. What each tunes is said in `benchmarks/rivals/`. The perceptual hash is what imagededup's PHash does; itself
it is not run, since importing it needs torch. Seconds are those of the slowest fold. A rival that takes over a quarter
of an hour runs fewer folds, and its interval is that of those folds.
"""


def run_rival(python: Path, name: str, setting: str, results: Path) -> None:
    """Run a rival; whatever happens to it, the folds that it finished are in the results' folder."""
    target = results / f"{name}.{setting}.json"
    target.unlink(missing_ok=True)
    threads = {name: os.environ.get(name, "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    known = {**os.environ, **threads, "PYTHONHASHSEED": "0", "GOLDEN_DIAGNOSTICS": "0"}
    command = [python, RIVALS / "run.py", name, setting, "--data", DATA, "--output", results]
    done = subprocess.run([*map(str, command)], env=known, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} {setting} ended with {done.returncode}:\n{done.stderr[-2000:]}", flush=True)
        if not target.exists():
            target.write_text(json.dumps({"folds": []}))


def kembar_fold(
    listings: pd.DataFrame, catalogue: pd.DataFrame, held: np.ndarray, work: Path
) -> tuple[Any, float, float]:
    """kembar's submission of the held-out rows, and the seconds to train and to encode and match."""
    work.mkdir(parents=True)
    listings[~held].to_csv(work / "train.csv", index=False)
    catalogue.to_csv(work / "test.csv", index=False)
    images, bundle = images_of(dataset("shopee-dev")), ("--bundle", work / "bundle")
    scratch = ("--set", "training.base=scratch")  # the shipped bundle has seen these groups
    trained = spark_submit("train", "--listings", work / "train.csv", "--images", images, *bundle, *scratch)
    grouped = spark_submit(
        "encode", "--listings", work / "test.csv", "--images", images, "--output", work / "encoded", *bundle
    )
    grouped += spark_submit("match", "--encoded", work / "encoded", "--output", work / "matched", *bundle)
    submission = pd.read_csv(work / "matched" / "submission.csv", dtype=str, keep_default_na=False)
    return submission[submission["posting_id"].isin(listings["posting_id"][held])], trained, grouped


def kembar_row(setting: str, results: Path) -> None:
    """kembar in the same protocol, by its jobs; leaves what a rival leaves in the results' folder."""
    listings, catalogue = read_listings(DATA), read_unlabelled(DATA, setting)
    fold, parts, folds = split_folds(listings).to_numpy(), [], []
    for number in range(FOLDS):
        with tempfile.TemporaryDirectory() as work:
            part, trained, grouped = kembar_fold(listings, catalogue, fold == number, Path(work) / "fold")
        parts.append(part)
        scores = score_claims(listings, part)
        folds.append({"fold": number, "fit_seconds": trained, "group_seconds": grouped, **scores})
        print("kembar", setting, json.dumps(folds[-1]), flush=True)
    claims = pd.concat(parts)
    claims.to_csv(results / f"kembar.{setting}.csv", index=False)
    text = json.dumps({**score_claims(listings, claims), "folds": folds}, indent=1)
    (results / f"kembar.{setting}.json").write_text(text)


def row(name: str, path: Path) -> dict[str, str | int]:
    """Row of a table, from the figures that a run left."""
    found = json.loads(path.read_text())
    if not found["folds"]:
        return {"": NAMES[name], "F1": "did not finish", "95 % interval": "", "precision": "", "recall": ""}
    low, high = found["interval"]
    seconds = {
        f"{step}, s": f"{np.max([fold[f'{key}_seconds'] for fold in found['folds']]):.0f}"
        for step, key in (("train and tune", "fit"), ("group", "group"))
    }
    figures = {key: f"{found[key.lower()]:.3f}" for key in ("F1", "precision", "recall")}
    return {
        "": NAMES[name],
        "F1": figures["F1"],
        "95 % interval": f"{low:.3f}-{high:.3f}",
        "precision": figures["precision"],
        "recall": figures["recall"],
        **seconds,
        "folds": f"{len(found['folds'])} of {FOLDS}",
    }


def page(results: Path) -> str:
    """The text of the page: a table for each setting, of those that have run in it."""
    parts = [ABOUT.strip()]
    for setting in SETTINGS:
        paths = {name: results / f"{name}.{setting}.json" for name in NAMES}
        rows = [row(name, path) for name, path in paths.items() if path.exists()]
        if rows:
            parts.append(f"## {TITLES[setting]}\n\n{markdown(pd.DataFrame(rows).fillna(''))}")
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestants", nargs="*", default=list(NAMES), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "rivals", help="submissions and figures")
    parser.add_argument("--environment", type=Path, default=ROOT / "build" / "rivals-venv")
    parser.add_argument("--page", default="rivals", help="name of the page, or - to print it only")
    args = parser.parse_args()
    dataset("shopee-dev")
    args.results.mkdir(parents=True, exist_ok=True)
    for name in args.contestants:
        for setting in args.settings:
            if name == "kembar":
                kembar_row(setting, args.results)
            else:
                run_rival(environment(args.environment, RIVALS / "requirements.txt"), name, setting, args.results)
    if args.page == "-":
        print(page(args.results))
        return
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_rivals.py"
    write_page(args.page, "Against rivals", command, page(args.results))


if __name__ == "__main__":
    main()
