"""A stage says what it is at: to people in words, to programs in JSON, on Spark's pages by its name."""

import io
import json

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from kembar.cli.job import Stages
from kembar.cli.progress import progress_bar, running_tasks


def test_people_read_words(capsys: pytest.CaptureFixture[str]):
    stages = Stages("match")
    with stages("read"):
        stages.log("7 listings", listings=7)
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["kembar: read …", "kembar: 7 listings"]
    assert said[2].startswith("kembar: read: 0.")


def test_programs_read_an_object_a_line(capsys: pytest.CaptureFixture[str]):
    stages = Stages("match", form="json")
    with stages("read"):
        stages.log("7 listings", listings=7)
    begun, told, ended = map(json.loads, capsys.readouterr().err.splitlines())
    assert begun["job"] == told["job"] == ended["job"] == "match"
    assert begun["stage"] == ended["stage"] == "read"
    assert told["listings"] == 7
    assert ended["seconds"] == stages.seconds["read"]
    assert ended["timestamp"].endswith("Z")


def test_spark_shows_the_stage_as_the_description_of_its_jobs(spark: SparkSession):
    with Stages("match", spark)("score"):
        assert spark.sparkContext.getLocalProperty("spark.job.description") == "kembar match: score"


def test_the_bar_counts_tasks_and_is_for_terminals_alone(spark: SparkSession):
    seen = io.StringIO()
    with progress_bar(spark, "score", Console(file=seen, force_terminal=True, width=100)):
        spark.range(8, numPartitions=8).rdd.map(slow).count()
    assert "score" in seen.getvalue()
    assert "/8" in seen.getvalue()
    quiet = io.StringIO()
    with progress_bar(spark, "score", Console(file=quiet)):
        spark.range(8).count()
    assert quiet.getvalue() == ""
    assert running_tasks(spark) == (0, 0)


def slow(row: object) -> object:
    import time

    time.sleep(0.4)
    return row
