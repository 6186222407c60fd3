"""Run one rival, in one setting or both: fit and tune, group the catalogue, and score, fold by fold.

run.py RIVAL alone|distractors ... --data DIR --output DIR [--folds N ...] [--budget SECONDS]

Writes RIVAL.SETTING.csv (posting_id, matches of the held-out listings) and RIVAL.SETTING.json after each fold,
so that a rival that is stopped leaves what it finished. What is fitted does not depend on the setting.
"""

import argparse
import importlib
import json
import signal
import time
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from grouping import group_pairs
from protocol import FOLDS, SETTINGS, claims_of, codes_of, read_listings, read_unlabelled, score_claims, split_folds

RIVALS = ("tfidf", "phash", "tfidf_phash", "splink", "dedupe", "goldenmatch_zero", "goldenmatch")


def group(rival: ModuleType, model: Any, catalogue: pd.DataFrame) -> np.ndarray:
    """Group of each row: the rival's own groups where it gives no pairs, the common grouping where it does."""
    if hasattr(rival, "group"):
        return codes_of(rival.group(model, catalogue))
    return group_pairs(rival.score(model, catalogue), model.cut)


def write(path: Path, listings: pd.DataFrame, parts: list[pd.DataFrame], folds: list[dict[str, Any]]) -> None:
    """The submission and the figures of the folds so far, as PATH.csv and PATH.json."""
    claims = pd.concat(parts)
    claims.to_csv(f"{path}.csv", index=False)
    Path(f"{path}.json").write_text(json.dumps({**score_claims(listings, claims), "folds": folds}, indent=1))


def main() -> None:
    args = arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    rival = importlib.import_module(f"rival_{args.rival}")
    listings = read_listings(args.data)
    fold, begun = split_folds(listings).to_numpy(), time.monotonic()
    done: dict[str, tuple[list, list]] = {setting: ([], []) for setting in args.settings}
    for number in args.folds:
        if number != args.folds[0] and time.monotonic() - begun > args.budget:
            break
        signal.alarm(args.limit)  # ends the process, also in the midst of native code
        held = fold == number
        start = time.monotonic()
        model = rival.fit(listings[~held].reset_index(drop=True))
        fit_seconds = time.monotonic() - start
        chosen = {field.name: str(getattr(model, field.name)) for field in fields(model) if field.repr}
        for setting in args.settings:
            catalogue, start = read_unlabelled(args.data, setting), time.monotonic()
            groups = group(rival, model, catalogue)
            facts = {"fold": number, "fit_seconds": fit_seconds, "group_seconds": time.monotonic() - start}
            part = claims_of(catalogue, groups, np.flatnonzero(held))
            largest = {"largest_group": int(np.bincount(groups).max())}
            done[setting][0].append(part)
            done[setting][1].append({**facts, **score_claims(listings, part), **largest, "chosen": chosen})
            print(args.rival, setting, json.dumps(done[setting][1][-1]), flush=True)
            write(args.output / f"{args.rival}.{setting}", listings, *done[setting])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rival", choices=RIVALS)
    parser.add_argument("settings", choices=SETTINGS, nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="the folder of shopee-dev and distractors")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)))
    parser.add_argument("--budget", type=float, default=900, help="seconds after which no further fold starts")
    parser.add_argument("--limit", type=int, default=1200, help="seconds a fold may take before it is ended")
    return parser.parse_args()


if __name__ == "__main__":
    main()
