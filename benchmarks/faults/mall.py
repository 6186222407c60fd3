"""Real listings on a cluster of two workers, one of which is killed half-way, in encode and in match."""

import shutil
from pathlib import Path
from typing import Any

from common import images_of
from scale.cluster import Cluster, start_workers

from faults.equal import encoded_apart, matched_apart
from faults.kills import half_way
from faults.running import Ended, submit
from faults.strike import busy_python_worker, family, kill

PARTITIONS = 12


def _run(job: str, cluster: Cluster, output: Path, *arguments: str | Path, struck: bool) -> Ended:
    running = submit(job, *arguments, "--output", output, conf=cluster.conf)
    if struck:
        if job == "encode":  # half of the parts are there
            running.until(lambda: len(list(output.glob("_staging/*/codes/*.parquet"))) >= PARTITIONS // 2)
        else:
            half_way(job)(running, output)
            running.until(lambda: busy_python_worker([cluster.pids["worker-1"]]))
        kill(family(cluster.pids["worker-1"]))
    ended = running.end()
    if struck:
        cluster.pids.update(start_workers(cluster.folder, 2, cluster.memory))
    return ended


def measure(dataset: Path, cluster: Cluster, folder: Path) -> list[dict[str, Any]]:
    """A row for each job: undisturbed, and with a worker killed."""
    shutil.rmtree(folder, ignore_errors=True)
    inputs = ("--listings", dataset / "train.csv", "--images", images_of(dataset))
    inputs = (*inputs, "--set", f"encode.partitions={PARTITIONS}")
    rows, encoded = [], {}
    for struck in (False, True):
        name = "struck" if struck else "whole"
        encoded[name] = folder / f"encoded-{name}"
        ends = {"encode": _run("encode", cluster, encoded[name], *inputs, struck=struck)}
        matched = folder / f"matched-{name}"
        ends["match"] = _run("match", cluster, matched, "--encoded", encoded[name], struck=struck)
        for job, ended in ends.items():
            if ended.code:
                raise RuntimeError(f"{job} failed:\n{ended.said[-3000:]}")
            rows.append({"job": job, "struck": struck, "seconds": round(ended.seconds, 1), "tasks_lost": ended.lost})
    apart = {
        "encode": encoded_apart(encoded["struck"], encoded["whole"]),
        "match": matched_apart(folder / "matched-struck", folder / "matched-whole"),
    }
    return [row | ({"apart": apart[row["job"]]} if row["struck"] else {}) for row in rows]
