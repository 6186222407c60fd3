"""The documentation: it builds without a warning or the network, and what it tells people to run, runs."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from docs.generate.jobs import JOBS, jobs_page, parser_of
from docs.generate.settings import settings_page
from docs.generate.tables import described_tables
from kembar.config import Settings, load_settings
from tests.snippets import DOCS, ROOT, Snippet, fenced, job_of, pages_in_order, readme_commands

PAGES = pages_in_order()
SNIPPETS = {path.relative_to(ROOT).as_posix(): fenced(path) for path in PAGES} | {"README.md": readme_commands()}
FIRST = "docs/tutorial.md"
RUNNABLE = ("sh", "python")


def run_main(job: str) -> None:
    """A job's main, which after a dry run ends the process, and ends it well."""
    try:
        runpy.run_path(str(ROOT / "jobs" / f"{job}.py"))["main"]()
    except SystemExit as ended:
        assert not ended.code, ended.code


@dataclass
class Shop:
    """A scratch checkout in which commands are run. Jobs run in the tests' own Spark session; those of README.md that
    another page tells as well are not run twice."""

    folder: Path
    ran: set[str] = field(default_factory=set)
    names: dict[str, Any] = field(default_factory=dict)

    def run(self, snippet: Snippet) -> None:
        if snippet.kind == "python":
            exec(compile(snippet.text, f"{snippet.page}:{snippet.line}", "exec"), self.names)
            return
        others: list[str] = []
        for command in snippet.commands:
            if (job := job_of(command)) is None:
                others.append(command)
                continue
            self._shell(others)
            others = []
            if snippet.page != "README.md" or command not in self.ran:
                self.ran.add(command)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(sys, "argv", [f"jobs/{job[0]}.py", *self._absolute(job[1])])
                    run_main(job[0])
        self._shell(others)

    def _absolute(self, arguments: list[str]) -> list[str]:
        """Paths within the folder: Spark's workers are where the tests were started, and not where the command is."""
        kept = {at for at, word in enumerate(arguments) if word.startswith("--")}
        kept |= {at + 1 for at, word in enumerate(arguments) if word in ("--set", "--count")}
        return [word if at in kept else str(self.folder / word) for at, word in enumerate(arguments)]

    def _shell(self, commands: list[str]) -> None:
        if commands:
            text = "\n".join(commands)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Links to what a checkout has, and the tutorial done; its catalogue is there under the names that pages use."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (".venv", "Makefile", "conf", "docs", "jobs", "lib", "pyproject.toml", "tests", "udfs"):
        (folder / name).symlink_to(ROOT / name)
    before, started = Path.cwd(), Shop(folder)
    os.chdir(folder)
    try:
        for snippet in to_run(FIRST):
            started.run(snippet)
        (folder / "photos").symlink_to(folder / "demo" / "catalogue" / "images")
        for name in ("test.csv", "today.csv", "train.csv"):
            (folder / name).write_bytes((folder / "demo" / "catalogue" / "train.csv").read_bytes())
        yield started
    finally:
        os.chdir(before)


def to_run(page: str) -> list[Snippet]:
    return [snippet for snippet in SNIPPETS[page] if snippet.kind in RUNNABLE and snippet.reason is None]


@pytest.mark.parametrize("page", [page for page in SNIPPETS if page != FIRST and to_run(page)])
def test_what_a_page_tells_to_run_runs(page: str, shop: Shop):
    for snippet in to_run(page):
        shop.run(snippet)


def test_the_tutorial_runs_and_leaves_what_it_says(shop: Shop):
    demo = shop.folder / "demo"
    assert (demo / "matched" / "submission.csv").read_text().count("\n") == 121, "120 listings and the header"
    assert (demo / "metrics.json").exists()


def test_what_is_not_run_says_why():
    """The whole list, so that whoever adds to it is seen to do so."""
    reasons = {(s.page, s.text.strip()): s.reason for found in SNIPPETS.values() for s in found if s.reason}
    assert all(len(reason.split()) >= 4 for reason in reasons.values())
    pages = sorted({page for page, _ in reasons})
    assert pages == [
        "CONTRIBUTING.md",
        "README.md",
        "docs/howto/cluster.md",
        "docs/howto/offline.md",
        "docs/howto/own-encoder.md",
        "docs/howto/own-labels.md",
        "docs/tutorial.md",
    ]


def test_a_command_over_several_lines_is_one():
    snippet = Snippet("page", 1, "sh", ".venv/bin/spark-submit jobs/match.py \\\n    --encoded a\nls a\n", None)
    assert snippet.commands == [".venv/bin/spark-submit jobs/match.py --encoded a", "ls a"]
    assert job_of(snippet.commands[0]) == ("match", ["--encoded", "a"])
    assert job_of("ls a") is None


def test_commands_are_in_fences_that_are_run():
    """A command in a fence of another kind would never be; what a job says comes next is its output."""
    for found in SNIPPETS.values():
        for snippet in found:
            if snippet.kind not in RUNNABLE:
                lines = [line for line in snippet.text.splitlines() if not line.startswith("next: ")]
                assert "spark-submit jobs" not in "\n".join(lines), f"{snippet.page}:{snippet.line}"
                assert snippet.kind != "mermaid", "it would be drawn by a script from the network"


@pytest.mark.parametrize(
    "snippet",
    [s for found in SNIPPETS.values() for s in found if s.kind == "toml"],
    ids=lambda snippet: f"{snippet.page}:{snippet.line}",
)
def test_settings_that_are_shown_are_valid(snippet: Snippet, tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text(snippet.text)
    assert load_settings(str(file)) != load_settings(), "it changes something"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_tests_that_a_page_names_are_there(path: Path):
    text = path.read_text(encoding="utf-8")
    named = set(
        re.findall(r"`((?:lib|tests|conf|jobs|udfs|benchmarks|scripts|notebooks)/[\w./*-]+)(?:::(\w+))?`", text)
    )
    for file, test in named:
        assert list(ROOT.glob(file)), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_asks_nothing_of_the_network(site: Path):
    for page in site.rglob("*.html"):
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"?(?:https?:)?//[^>]*>", page.read_text())
        assert loaded == [], page


def test_the_site_has_every_benchmark_and_notebook(site: Path):
    for folder, kind in (("benchmarks", "md"), ("notebooks", "ipynb")):
        names = {path.stem for path in (ROOT / folder).glob(f"*.{kind}")}
        assert {path.stem for path in (site / folder).glob("*.html")} == names
    assert "data:image/png;base64," in (site / "notebooks" / "05_why_these_match.html").read_text()
    assert "<svg" in (site / "explanation" / "architecture.html").read_text()
    assert "{rivals}" not in (site / "comparison.html").read_text()


def test_the_reference_has_every_job_with_its_options():
    page = jobs_page()
    for job in JOBS.glob("*.py"):
        section = page.split(f"## {job.stem}\n")[1].split("\n## ")[0]
        for action in parser_of(job)._actions:
            if action.dest != "help":
                assert f"`{action.option_strings[0]}" in section


def test_the_reference_has_every_setting_with_what_it_may_be():
    page = settings_page()
    for section in fields(Settings):
        rows = page.split(f"## {section.name}\n")[1].split("\n## ")[0]
        for key in fields(getattr(load_settings(), section.name)):
            assert f"| `{key.name}` | " in rows
    assert "| `max_group` | `50` | whole number ≥ 2 |" in page
    assert '| `threshold` | `"bundle"` | `"bundle"`, or number ≥ 0 ≤ 1 |' in page


def test_the_reference_has_every_table_with_a_description():
    tables = described_tables()
    assert {"LISTINGS", "ENCODED", "MATCHES", "GROUPS", "QUARANTINE", "TRIPLETS", "CHANGES"} <= set(tables)
    assert all(len(text) > 20 for _, text in tables.values())


def test_pages_are_short_enough_to_be_read():
    assert all(len(path.read_text().splitlines()) <= 150 for path in DOCS.rglob("*.md"))
