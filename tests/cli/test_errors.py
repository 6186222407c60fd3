"""What the user can mend is said in one paragraph, wherever it came up; what the user cannot stays a traceback."""

import pytest

from kembar.errors import BundleError, InputError, message_for_user


def test_an_error_for_the_user_is_its_message():
    assert message_for_user(BundleError("no bundle at x")) == "no bundle at x"


def test_one_from_an_executor_is_found_in_what_spark_says():
    text = (
        "An exception was thrown from the Python worker:\nTraceback (most recent call last):\n"
        '  File "/x/kembar/inputs.py", line 7, in open_text\n    raise InputError(\n'
        "kembar.errors.InputError: a.csv.gz cannot be read to its end: cut; copy it again\n\n"
        "\tat org.apache.spark.api.python.BasePythonRunner\n"
    )
    assert message_for_user(RuntimeError(text)) == "a.csv.gz cannot be read to its end: cut; copy it again"


@pytest.mark.parametrize("condition", ["FAILED_READ_FILE.NO_HINT", "CANNOT_READ_FILE_FOOTER"])
def test_a_file_that_spark_cannot_read_is_named(condition: str):
    text = f"[{condition}] Encountered error while reading file file:///data/a.parquet. SQLSTATE: KD001"
    assert "file:///data/a.parquet cannot be read to its end" in str(message_for_user(RuntimeError(text)))


@pytest.mark.parametrize("error", [ValueError("kembar"), KeyError("x"), RuntimeError("class kembar.errors.InputError")])
def test_a_fault_of_the_program_is_none(error: Exception):
    assert message_for_user(error) is None


def test_a_message_of_many_lines_is_whole():
    text = "kembar.errors.ConfigError: these settings cannot work:\n  a: expected 1\n  b: expected 2\n\n\tat x\n"
    assert message_for_user(RuntimeError(text)) == "these settings cannot work:\n  a: expected 1\n  b: expected 2"
    assert message_for_user(InputError("one\ntwo")) == "one\ntwo"
