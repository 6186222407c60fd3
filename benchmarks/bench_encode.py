"""Encode in Spark against the same towers in a bare loop, on one core and two, and where the time goes.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_encode.py [--photos 20000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from common import ROOT, dataset, images_of, markdown, spark_submit, write_page
from photo_load import SIDES, photo_load

HERE, FIRST = ROOT / "benchmarks" / "encode", 64
PRECISIONS = ("float32", "int8")
EXPLAINED = """
{photos} listings, each with a photo of its own ({sides} px JPEG) and a title, pinned to one core or two.
The bare loop is one process that runs the two towers, photos decoded ahead by threads; it projects nothing and writes
nothing. In Spark it is all of jobs/encode.py, from the CSV to the manifest, the second time in one application: the
first, on {first} listings, has the JVM, the Python workers and TensorFlow start.

{compared}

Photos and titles by themselves, in the same runs of the bare loop:

{halves}

Where a listing's time goes, in milliseconds on one core, one part after the other. A hash is made only where the
catalogue has none; it needs the whole picture.

{shares}

Quality of the groups on mall-dev (real titles with photos of other goods joined to them),
by encode, match and evaluate with the bundle that ships with kembar, which has
learnt from that catalogue: what counts is the difference.

{scores}
"""


def pinned(cores: int, *command: str | Path) -> str:
    """What a command prints that may use the first so many cores and no other."""
    on = ["taskset", "--cpu-list", f"0-{cores - 1}", *map(str, command)]
    done = subprocess.run(on, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[1]} failed:\n{done.stderr[-4000:]}")
    return done.stdout


def bare(what: str, folder: Path, cores: int, precision: str) -> dict[str, float]:
    return json.loads(pinned(cores, sys.executable, HERE / "bare.py", what, folder, str(cores), precision))


def in_spark(folder: Path, cores: int, precision: str) -> dict[str, Any]:
    """Seconds of the job on a load, after it has run on a small one in the same application."""
    submit = [ROOT / ".venv" / "bin" / "spark-submit", "--master", f"local[{cores}]", HERE / "twice.py"]
    with tempfile.TemporaryDirectory() as work:
        options = ["--set", f"image_tower.precision={precision}"]
        said = pinned(cores, *submit, photo_load(FIRST), folder, work, *options)
    return json.loads(next(line for line in said.splitlines() if line.startswith("SECONDS ")).removeprefix("SECONDS "))


def compare(folder: Path, listings: int, cores: int, precision: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row of each table: the loop before and after the job, so that a machine that slows down slows both."""
    before, spark, after = (
        bare("loop", folder, cores, precision),
        in_spark(folder, cores, precision),
        bare("loop", folder, cores, precision),
    )
    photos, titles = ((before[half] + after[half]) / 2 for half in ("photos", "titles"))
    loop, stages, which = photos + titles, spark["stages"], {"cores": cores, "image tower": precision}
    row = {
        "bare loop, listings/s": round(listings / loop, 1),
        "Spark, listings/s": round(listings / spark["measured"], 1),
        "Spark / bare": round(loop / spark["measured"], 3),
        "read, s": stages["read"],
        "encode, s": stages["encode"],
        "write, s": stages["write"],
        "start-up of the loop, s": round(before["start"], 1),
        "first run in Spark, s": spark["first"],
    }
    print(which | row, flush=True)  # each takes minutes, and is not lost with the next
    halves = {"photos/s": round(listings / photos, 1), "titles/s": round(listings / titles, 1)}
    return which | row, which | halves


def scores() -> pd.DataFrame:
    """Row-wise F1 on mall-dev by the jobs with the shipped bundle, by precision of the image tower."""
    data, rows = dataset("mall-dev"), []
    truth = ("--listings", data / "train.csv")
    for precision in PRECISIONS:
        with tempfile.TemporaryDirectory() as work:
            encoded, matched, metrics = (Path(work) / name for name in ("encoded", "matched", "metrics.json"))
            images = ("--images", images_of(data), "--set", f"image_tower.precision={precision}")
            spark_submit("encode", *truth, *images, "--output", encoded)
            spark_submit("match", "--encoded", encoded, "--output", matched)
            spark_submit("evaluate", *truth, "--submission", matched / "submission.csv", "--output", metrics)
            rows.append({"image tower": precision, **json.loads(metrics.read_text())["row_wise"]})
    return pd.DataFrame(rows).round(4)


def shares(folder: Path) -> pd.DataFrame:
    """Milliseconds of each part for one listing on one core, by precision."""
    split = {precision: bare("split", folder, 1, precision) for precision in PRECISIONS}
    return pd.DataFrame([{"part": part, **{p: split[p][part] for p in PRECISIONS}} for part in split["float32"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=20_000)
    args = parser.parse_args()
    folder = photo_load(args.photos)
    every = [(cores, precision) for cores in (2, 1) for precision in PRECISIONS]
    compared, halves = map(pd.DataFrame, zip(*(compare(folder, args.photos, *each) for each in every), strict=True))
    text = EXPLAINED.format(
        photos=args.photos,
        sides=", ".join(map(str, SIDES)),
        first=FIRST,
        compared=markdown(compared),
        halves=markdown(halves),
        shares=markdown(shares(folder)),
        scores=markdown(scores()),
    )
    command = f"KEMBAR_DATA=... .venv/bin/python benchmarks/bench_encode.py --photos {args.photos}"
    write_page("encode", "Encode in Spark against the bare machine", command, text)


if __name__ == "__main__":
    main()
