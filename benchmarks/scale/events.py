"""What Spark's event log says of a run: shuffle and spill, task by task."""

import json
from pathlib import Path

CONF = {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
}


def log_to(folder: Path) -> dict[str, str]:
    """Spark's settings for a log in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return {**CONF, "spark.eventLog.dir": folder.as_uri()}


def read_totals(folder: Path) -> dict[str, int]:
    """Sums over all tasks of all applications logged in a folder, and the longest task in milliseconds."""
    totals = {"tasks": 0, "failed_tasks": 0, "shuffle_bytes": 0, "spilled_bytes": 0, "longest_task_ms": 0}
    for path in folder.iterdir():
        with path.open() as lines:
            for line in lines:
                if '"SparkListenerTaskEnd"' in line:
                    _add(totals, json.loads(line))
    return totals


def _add(totals: dict[str, int], event: dict) -> None:
    totals["tasks"] += 1
    totals["failed_tasks"] += event["Task End Reason"]["Reason"] != "Success"
    metrics = event.get("Task Metrics") or {}
    totals["shuffle_bytes"] += metrics.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0)
    totals["spilled_bytes"] += metrics.get("Disk Bytes Spilled", 0)
    totals["longest_task_ms"] = max(totals["longest_task_ms"], metrics.get("Executor Run Time", 0))
