"""What a job needs of its environment: a locale that carries its paths, Python, and a folder for what is built once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kembar.cli.environment import check_arguments
from kembar.cli.remedies import remedy_for
from kembar.errors import ConfigError, InputError
from kembar.storage.cache import built_once, cache_folder
from tests.submit import ROOT

CHECKS = ROOT / "scripts" / "spark-checks.sh"


@pytest.mark.parametrize("environment", [{}, {"LANG": "C"}, {"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}])
@pytest.mark.parametrize("argument", ["katalog ??/train.csv", "???.csv", "s3://shop/kat??log"])
def test_letters_that_the_locale_lost_are_an_error_that_names_it(environment: dict[str, str], argument: str):
    with pytest.raises(InputError, match=r"lost characters beyond ASCII.*locale (C|POSIX).*set LC_ALL=C\.UTF-8"):
        check_arguments(["--listings", argument], environment)


def test_other_arguments_are_as_they_were_typed():
    check_arguments(["--listings", "katalog é/what?.csv"], {"LANG": "C"})
    check_arguments(["--listings", "what??.csv"], {"LANG": "C.UTF-8"})
    check_arguments(["--listings", "plain.csv"], {})


def test_the_package_is_imported_beside_a_checkout_of_its_name(tmp_path: Path):
    """A folder named kembar in the working folder is a namespace package, which a path on sys.path outdoes."""
    (tmp_path / "kembar").symlink_to(ROOT)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "kembar-lib.pth").write_text(f"{ROOT / 'lib'}\n")
    script = f"import site; site.addsitedir({str(tmp_path / 'site')!r}); import sys; sys.path.insert(0, ''); "
    script += "from kembar import get_session; print(get_session.__module__)"
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=kept, capture_output=True, text=True, check=False
    )
    assert done.stdout == "kembar.session\n", done.stderr
    assert 'kembar-lib.pth"' in (ROOT / "Makefile").read_text(), "make setup writes it"


@pytest.mark.parametrize("argument", ["katalog \udce9/train.csv", "katalog \ufffd/train.csv"])
def test_bytes_that_are_not_utf_8_are_named(argument: str):
    with pytest.raises(InputError, match="has bytes that are not UTF-8"):
        check_arguments([argument], {"LANG": "C.UTF-8"})


def shell_says(command: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """What a shell says that is in Spark's place: it sources the checks with its own arguments."""
    script = f'kembar_python=/env/python; set -a; . "{CHECKS}"; {command}'
    kept = {"PATH": os.environ["PATH"], "PYSPARK_DRIVER_PYTHON": "/env/python"}
    return subprocess.run(
        ["bash", "-c", script, "spark-class", *arguments],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environment", [{}, {"LANG": "C"}, {"LC_ALL": "POSIX"}])
def test_spark_runs_in_utf_8_where_the_locale_is_ascii(environment: dict[str, str]):
    assert shell_says("locale charmap", **environment).stdout.strip() == "UTF-8"


SUBMITS = ("org.apache.spark.deploy.SparkSubmit", "jobs/match.py", "--encoded", "x")


@pytest.mark.parametrize("python", ["/nowhere/python", "jupyter-of-nobody", "/bin/false"])
def test_a_foreign_python_of_the_driver_is_named_before_java_starts(python: str):
    ended = shell_says("echo on", *SUBMITS, PYSPARK_DRIVER_PYTHON=python)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: PYSPARK_DRIVER_PYTHON names {python}, which ")
    assert "unset it, or set it to /env/python" in ended.stderr
    assert ended.stdout == ""


def test_the_python_of_the_environment_and_a_shell_go_on():
    assert shell_says("echo on", *SUBMITS).stdout == "on\n"
    shell = ("org.apache.spark.deploy.SparkSubmit", "pyspark-shell-main")
    assert shell_says("echo on", *shell, PYSPARK_DRIVER_PYTHON="jupyter").stdout == "on\n"


def test_a_cache_that_cannot_be_written_is_named_with_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    for home, folder in ((None, tmp_path / "file" / "cache"), (None, Path("/proc/kembar")), ("/dev/null", None)):
        if folder:
            monkeypatch.setenv("KEMBAR_CACHE", str(folder))
        else:
            monkeypatch.delenv("KEMBAR_CACHE", raising=False)
            monkeypatch.setenv("HOME", str(home))
        with pytest.raises(ConfigError, match=f"the cache folder {cache_folder()}.*set KEMBAR_CACHE"):
            built_once("tower", lambda path: path.mkdir())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "Job aborted due to stage failure: Total size of serialized results of 1 tasks (4.0 KiB) is bigger than "
            "spark.driver.maxResultSize (1024.0 B)",
            "spark.driver.maxResultSize",
        ),
        (
            "Serialized task 1:0 exceeds max allowed: spark.rpc.message.maxSize",
            "rpc.message",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", "spark.driver.memory"),
        ("java.lang.OutOfMemoryError: GC overhead limit exceeded", "spark.driver.memory"),
        ("[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes of memory", "spark.driver.memory"),
        ("java.lang.OutOfMemoryError: unable to create native thread", "ulimit -u"),
        ("SparkException: Python worker exited unexpectedly (crashed)", "spark.executor.memoryOverhead"),
        ("Reason: Command exited with code 137", "spark.executor.memoryOverhead"),
        ('java.io.IOException: Cannot run program "/nowhere/python": error=2, No such file', "PYSPARK_PYTHON"),
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.8", "PYSPARK_PYTHON"),
        ("Traceback (most recent call last):\nModuleNotFoundError: No module named 'pyarrow'", "PYSPARK_PYTHON"),
        ("/tmp/blockmgr-1a2b/0c/temp_shuffle_1 (No space left on device)", "spark.local.dir"),
    ],
)
def test_a_limit_of_spark_or_the_machine_comes_with_what_to_change(text: str, named: str):
    assert named in str(remedy_for(text))


@pytest.mark.parametrize("text", ["", "ValueError: x", "OSError: [Errno 28] No space left on device: '/out/part'"])
def test_other_failures_come_without_advice(text: str):
    assert remedy_for(text) is None
