"""Kill, stop, fill and cut: what each job makes of it, and whether its result is the undisturbed one in the end.

python benchmarks/bench_faults.py [--part PART] [--only WORDS] [--again]
"""

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

from common import DATA, ROOT, write_page
from faults import disks, files, kills, mall, page
from faults.scene import LISTINGS, PARTITIONS, Scene
from scale.cluster import standalone

BUILD = ROOT / "build" / "faults"
MEMORY = "2g"
Part = Iterator[tuple[str, str, Callable[[], dict]]]
ABOUT = f"""Each job runs on a sample catalogue of {LISTINGS} listings (`python -m kembar.synthetic`; encoded in
{PARTITIONS} parts; trained from scratch in 3 epochs with a checkpoint after each step), and something is done to it:
`kill -9` where nothing else is said, in the middle of its encoding or scoring, of a process that calculates just then.
What Spark does not mend within the run is mended by the same command (train: with `--resume`), once there is room or
the file is sound again. Equal means: all codes, all pairs with their probabilities, groups with their ids and
submission.csv, or all numbers of a bundle, are those of the run that nobody disturbed; "to 1e-07" says by how much a
number differs where it is not the same to the last bit. Seconds are of the run and of the second command.
"""
PARTS = {
    "machine": "Processes, on one machine",
    "cluster": "Processes, on a standalone cluster of two workers",
    "disks": "Disks",
    "files": "Files",
}


def measure(part: str, cases: Part, only: str, again: bool) -> None:
    """Do each case that was not done yet, and keep its row."""
    for number, (job, words, do) in enumerate(cases):
        kept = BUILD / part / f"{number:02}.json"
        if only not in f"{job} {words}" or (kept.exists() and not again):
            continue
        try:
            row = {"fault": words, **do()}
        except subprocess.TimeoutExpired as error:
            row = {"fault": words, "job": job, "failed": f"the job was still waiting after {error.timeout:.0f} s"}
        except Exception as error:  # the others are worth having
            row = {"fault": words, "job": job, "failed": str(error).strip().rstrip(":")}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(row, indent=1))
        print(f"{part}: {json.dumps(row)}", flush=True)


def results(part: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((BUILD / part).glob("*.json"))]


def measure_mall(again: bool) -> None:
    kept, dataset = BUILD / "mall.json", DATA / "mall-dev"
    if (dataset / "train.csv").exists() and (again or not kept.exists()):
        with standalone(2, MEMORY) as cluster:
            kept.write_text(json.dumps(mall.measure(dataset, cluster, BUILD / "scene" / "mall"), indent=1))


def write() -> None:
    """The page, of all that was kept."""
    text = ABOUT
    for part, title in PARTS.items():
        if rows := results(part):
            text += f"\n## {title}\n\n{page.table(rows)}\n"
    if (BUILD / "mall.json").exists():
        rows = json.loads((BUILD / "mall.json").read_text())
        what = "`mall-dev`, 1,499 real titles with joined photos of other goods, on a standalone cluster of two workers"
        text += f"\n## {what}\n\n{page.mall_table(rows)}\n"
    write_page("faults", "Faults", "python benchmarks/bench_faults.py", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=(*PARTS, "mall"), help="only these cases")
    parser.add_argument("--only", default="", help="only cases of which job and fault hold this text")
    parser.add_argument("--again", action="store_true", help="also those that were done")
    args = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT / "lib", ROOT)))
    scene = Scene(BUILD / "scene")
    scene.prepare()
    if args.part in (None, "mall"):
        measure_mall(args.again)
    if args.part in (None, "cluster"):
        with standalone(2, MEMORY) as cluster:
            measure("cluster", kills.on_a_cluster(Scene(scene.folder, cluster)), args.only, args.again)
    for part, cases in {"machine": kills.on_one_machine, "disks": disks.cases, "files": files.cases}.items():
        if args.part in (None, part):
            measure(part, cases(scene), args.only, args.again)
    write()


if __name__ == "__main__":
    main()
