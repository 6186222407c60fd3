"""jobs/encode.py twice in one Spark application: once to start everything, and once to be measured.

spark-submit twice.py FIRST-FOLDER FOLDER OUTPUT [options of encode] prints the seconds of both as JSON. The first run
has what only a first run has: Python workers, TensorFlow, the towers, the JVM compiling; the second is
the whole job from reading the CSV to its manifest.
"""

import json
import runpy
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    first, measured, output, *options = sys.argv[1:]
    job = runpy.run_path(str(ROOT / "jobs" / "encode.py"))["main"]
    seconds = {}
    for name, folder in (("first", first), ("measured", measured)):
        paths = ["--listings", f"{folder}/train.csv", "--images", f"{folder}/images", "--output", f"{output}/{name}"]
        sys.argv = ["encode.py", *paths, *options]
        start = time.monotonic()
        job()
        seconds[name] = round(time.monotonic() - start, 2)
    stages = json.loads((Path(output) / "measured" / "manifest.json").read_text())["seconds"]
    print("SECONDS " + json.dumps(seconds | {"stages": stages}))


if __name__ == "__main__":
    main()
