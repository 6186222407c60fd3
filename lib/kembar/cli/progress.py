"""A progress bar of Spark's tasks while a stage of a job runs on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from pyspark.sql import SparkSession
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

_EVERY_S = 0.5


def running_tasks(spark: SparkSession) -> tuple[int, int]:
    """Count ended tasks and all tasks of the stages that Spark runs now."""
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    known = [stage for stage in stages if stage is not None]
    return sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known)


@contextmanager
def progress_bar(spark: SparkSession | None, name: str, console: Console | None = None) -> Iterator[None]:
    """Show a bar on standard error until the block ends; show nothing if that is not a terminal, as in logs and CI."""
    console = console or Console(file=sys.stderr)
    if spark is None or not console.is_terminal:
        yield
        return
    stage = SpinnerColumn(), TextColumn("{task.description}"), BarColumn()
    tasks = MofNCompleteColumn(), TextColumn("tasks,"), TimeRemainingColumn(), TextColumn("left")
    ended = Event()
    with Progress(*stage, *tasks, console=console, transient=True) as bar:
        watcher = Thread(target=_watch, args=(spark, bar, name, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _watch(spark: SparkSession, bar: Progress, name: str, ended: Event) -> None:
    """Update the bar; restart it when Spark goes on to stages with another number of tasks."""
    task, known = bar.add_task(name, total=None), 0
    while not ended.wait(_EVERY_S):
        done, total = running_tasks(spark)
        if total and total != known:
            bar.reset(task, total=total, completed=done)
            known = total
        elif total:
            bar.update(task, completed=done)
