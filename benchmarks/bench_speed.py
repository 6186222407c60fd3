"""Wall time of encode and match on mall-dev by spark-submit, and how much of it is starting up.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_speed.py
"""

import json
import tempfile
from pathlib import Path

import pandas as pd
from common import dataset, images_of, markdown, spark_submit, write_page


def seconds_of(path: Path) -> dict[str, float]:
    return json.loads(path.read_text())["seconds"]


def main() -> None:
    folder = dataset("mall-dev")
    with tempfile.TemporaryDirectory() as work:
        encoded, matched = Path(work) / "encoded", Path(work) / "matched"
        arguments = ("--listings", folder / "train.csv", "--images", images_of(folder), "--output", encoded)
        walls = {
            "encode": spark_submit("encode", *arguments),
            "match": spark_submit("match", "--encoded", encoded, "--output", matched),
        }
        stages = {"encode": seconds_of(encoded / "manifest.json"), "match": seconds_of(matched / "summary.json")}
    rows = []
    for job, wall in walls.items():
        rows += [{"job": job, "stage": name, "seconds": seconds} for name, seconds in stages[job].items()]
        rest = wall - sum(stages[job].values())
        rows.append({"job": job, "stage": "Python, JVM and Spark starting and stopping", "seconds": round(rest, 1)})
        rows.append({"job": job, "stage": "**all**", "seconds": round(wall, 1)})
    rows.append({"job": "both", "stage": "**all**", "seconds": round(sum(walls.values()), 1)})
    text = "1,499 listings with photos, from spark-submit to exit. The towers are in the cache already.\n\n"
    command = "KEMBAR_DATA=... .venv/bin/python benchmarks/bench_speed.py"
    write_page("speed", "Speed on one machine", command, text + markdown(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
