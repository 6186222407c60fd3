"""The commands and the code that the documentation shows, as tests run them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_FENCE = re.compile(r"(?:<!-- not run: (?P<reason>.+?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^    (?P<text>(?:\.venv/bin/|\.\.\. jobs/|make |git )\S.*)$", re.MULTILINE)
_ABOUT_PAIRS = [
    line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if " pairs.csv" in line
]
_PAIRS_RUN = "tests/jobs/test_labelled_pairs.py runs the same on the sample"
README_NOT_RUN = {
    "git clone <this repository> && cd kembar": "it fetches what is tested here",
    "make demo": "docs/tutorial.md does the same step by step, and that is run",
    "make setup": "the environment that the tests run in was made by it",
    **dict.fromkeys(_ABOUT_PAIRS, _PAIRS_RUN),
}
"""README.md is read as it is, without marks; these of its commands are not run."""


@dataclass(frozen=True)
class Snippet:
    """kind: sh, python, toml, text, …; reason: why it is not run, or None."""

    page: str
    line: int
    kind: str
    text: str
    reason: str | None

    @property
    def commands(self) -> list[str]:
        """One command a line; a line that ends with a backslash goes on in the next."""
        whole = re.sub(r"\\\n\s*", "", self.text)
        return [line for line in whole.splitlines() if line.strip()]


def fenced(path: Path) -> list[Snippet]:
    """Every fenced block of a page, in order."""
    text = path.read_text(encoding="utf-8")
    page = path.relative_to(ROOT).as_posix()
    return [
        Snippet(page, text.count("\n", 0, found.start()) + 1, found["kind"], found["text"], found["reason"])
        for found in _FENCE.finditer(text)
    ]


def readme_commands() -> list[Snippet]:
    """The commands of README.md, which stand indented."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [
        Snippet(
            "README.md",
            text.count("\n", 0, found.start()) + 1,
            "sh",
            found["text"].replace("... jobs/", ".venv/bin/spark-submit jobs/"),
            README_NOT_RUN.get(found["text"].strip()),
        )
        for found in _COMMAND.finditer(text)
    ]


def pages_in_order() -> list[Path]:
    """The pages that are written by hand, as the site lists them, then those that it does not list."""
    nav = yaml.safe_load(re.sub(r"!!\S+", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))["nav"]
    listed = [
        page if isinstance(page, str) else next(iter(page.values()))
        for part in nav
        for page in next(iter(part.values()))
    ]
    paths = [DOCS / page for page in listed if (DOCS / page).exists()]
    return [*paths, *sorted(set(DOCS.rglob("*.md")) - set(paths)), ROOT / "CONTRIBUTING.md"]


def job_of(command: str) -> tuple[str, list[str]] | None:
    """Name and arguments of a job that spark-submit is asked to run, or None for any other command."""
    words = shlex.split(command)
    if len(words) > 1 and words[0].endswith("spark-submit") and words[1].startswith("jobs/"):
        return Path(words[1]).stem, words[2:]
    return None
