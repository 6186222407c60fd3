"""A job that fails without a word of its own ends with one line that says where and why."""

import subprocess
import sys

import pytest

from kembar.cli.failures import cause_in, root_cause, stage_of
from kembar.cli.job import Stages, run_job
from kembar.errors import InputError

WORKER = """Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in
stage 3.0 (TID 9) (127.0.0.1 executor driver): org.apache.spark.api.python.PythonException: Traceback (most recent
 call last):
  File "/env/pyspark/worker.py", line 1, in main
    process()
OSError: [Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device

\tat org.apache.spark.api.python.BasePythonRunner(PythonRunner.scala:1)
Caused by: org.apache.spark.api.python.PythonException: Traceback (most recent call last):
"""
LOST = """An error occurred while calling o41.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 in stage 2.0 failed 4 times, \
most recent failure: Lost task 1.3 in stage 2.0 (TID 7) (10.0.0.1 executor 1): ExecutorLostFailure (executor 1 exited \
caused by one of the running tasks) Reason: Command exited with code 137
Driver stacktrace:
"""
JAVA = """An error occurred while calling o41.parquet.
: org.apache.spark.SparkException: Job aborted.
Caused by: org.apache.spark.SparkException: Task failed while writing rows
Caused by: java.io.IOException: No space left on device
\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)
"""
DIRECT = """An error occurred while calling o111.addFile.
: java.io.IOException: No space left on device
\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)
"""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (WORKER, "the disk is full: OSError: [Errno 28] Error writing bytes"),
        (LOST, "ExecutorLostFailure (executor 1 exited"),
        (DIRECT, "the disk is full: IOException: No space left on device"),
        ("An error occurred\n: java.lang.OutOfMemoryError\n\tat java.base/x\n", "OutOfMemoryError"),
        (LOST.replace(": org", ": java.util.concurrent.ExecutionException: org"), "ExecutorLostFailure (executor 1"),
        (JAVA, "the disk is full: IOException: No space left on device"),
        ("\n plain words \n and more", "plain words"),
        ("", ""),
    ],
)
def test_the_cause_is_found_under_all_that_wraps_it(text: str, cause: str):
    assert cause_in(text).startswith(cause)
    assert "\n" not in cause_in(text)
    assert len(cause_in("x" * 10_000)) <= 320


def test_an_error_without_words_is_told_by_its_name():
    assert root_cause(MemoryError()).startswith("MemoryError; most likely")
    assert root_cause(ZeroDivisionError()) == "ZeroDivisionError"
    assert root_cause(ConnectionRefusedError(111, "Connection refused")).startswith("Spark's JVM ended")


def test_the_innermost_stage_is_named():
    stages = Stages("match")
    with pytest.raises(ValueError) as caught, stages("outer"), stages("inner"):
        raise ValueError("x")
    assert stage_of(caught.value) == "inner"
    assert stage_of(ValueError("y")) is None


FAILS = """import sys
from kembar.cli.job import Stages, run_job
def main():
    with Stages("match")("write"):
        raise OSError(28, "No space left on device", "/out/part")
run_job(main)
"""


def test_what_nobody_foresaw_ends_with_its_traceback_one_line_and_status_1():
    done = subprocess.run([sys.executable, "-c", FAILS], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert "Traceback (most recent call last):" in lines
    assert lines[-1] == (
        "error: stage write failed: the disk is full: [Errno 28] No space left on device: '/out/part'; "
        "nothing was published"
    )


def test_what_a_user_can_mend_has_no_traceback_and_status_2(capsys: pytest.CaptureFixture[str]):
    def main() -> None:
        raise InputError("listings not found: x.csv")

    with pytest.raises(SystemExit) as ended:
        run_job(main)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: listings not found: x.csv\n"
