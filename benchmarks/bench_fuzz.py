"""Bad input, ten thousand cases and more: photos, rows, Parquet, hopeless files, and some of each through the jobs.

.venv/bin/python benchmarks/bench_fuzz.py [--photos 20000] [--names 4000] [--rows 12000] [--tables 150] [--seed 1]
    [--without-jobs]

Ends with status 1 where anything crashed, got lost or was used that should not be.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import markdown, write_page
from fuzz.judge import Verdict, judge_files, judge_photos, judge_rows
from fuzz.names import judge_names
from fuzz.photos import photo_cases
from fuzz.tables import draw_damaged, draw_typed, hopeless_files
from fuzz.whole import judge_jobs
from pyspark.sql import SparkSession

_REASONS_SHOWN = 40


def start_spark() -> SparkSession:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").appName("kembar fuzz").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.shuffle.partitions", 1).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")  # a damaged file is an error to Spark, and here one that is wanted
    return spark


def outcomes_table(verdict: Verdict) -> pd.DataFrame:
    """Cases by kind, and how many came to what."""
    rows = [{"kind": kind, "outcome": outcome, "cases": n} for (kind, outcome), n in verdict.outcomes.items()]
    table = pd.DataFrame(rows).pivot_table(index="kind", columns="outcome", values="cases", fill_value=0, aggfunc="sum")
    return table.astype(int).reset_index()


def reasons_table(verdict: Verdict) -> pd.DataFrame:
    """The reasons that were given, the commonest first; numbers in them are N."""
    most = verdict.reasons.most_common(_REASONS_SHOWN)
    return pd.DataFrame([{"reason": reason.replace("|", "\\|"), "cases": n} for reason, n in most])


def section(name: str, verdict: Verdict) -> str:
    """A part of the page."""
    crashes = sum(n for (_, outcome), n in verdict.outcomes.items() if outcome.startswith("crash"))
    lost = sum(n for (_, outcome), n in verdict.outcomes.items() if outcome == "unaccounted")
    said = (
        f"{sum(verdict.outcomes.values()):,} cases: {crashes} crashes, {lost} unaccounted, "
        f"{len(verdict.faults)} of another outcome than due."
    )
    if verdict.slowest_seconds:
        said += f" The slowest took {verdict.slowest_seconds:.2f} seconds."
    parts = [f"## {name}", said, markdown(outcomes_table(verdict))]
    return "\n\n".join([*parts, markdown(reasons_table(verdict))] if verdict.reasons else parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--names", type=int, default=4_000, help="names of photos")
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--tables", type=int, default=150, help="Parquet files of other types, and as many damaged")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-jobs", action="store_true", help="leave out what runs by spark-submit")
    args = parser.parse_args()
    start, rng = time.monotonic(), np.random.default_rng((args.seed, 3))
    verdicts = {"Photos": judge_photos(photo_cases(args.photos, args.seed))}
    spark = start_spark()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        verdicts["Names of photos"] = judge_names(work / "names", args.names, args.seed)
        verdicts["Rows of CSV"] = judge_rows(spark, work / "rows", args.rows, args.seed)
        verdicts["Files that are no catalogue"] = judge_files(spark, work / "hopeless", hopeless_files(rng))
        cases = [draw(number, rng) for number in range(args.tables) for draw in (draw_typed, draw_damaged)]
        verdicts["Parquet"] = judge_files(spark, work / "tables", cases)
        spark.stop()
        if not args.without_jobs:
            verdicts["Through the jobs, by spark-submit"] = judge_jobs(work / "jobs", args.seed)
    total = sum(sum(verdict.outcomes.values()) for verdict in verdicts.values())
    faults = [fault for verdict in verdicts.values() for fault in verdict.faults]
    text = (
        f"{total:,} cases with the seed {args.seed} in {time.monotonic() - start:.0f} seconds, {len(faults)} of "
        "another outcome than due. Where chance decides whether a damaged case can still be used, both are right; a "
        "crash, a row of which nothing is known afterwards, a good row that is lost and a bad one that is used are "
        "not.\n\n"
    )
    page = text + "\n\n".join(section(name, verdict) for name, verdict in verdicts.items())
    write_page("fuzz", "Bad input", ".venv/bin/python benchmarks/bench_fuzz.py", page)
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
