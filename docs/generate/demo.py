"""What README.md shows of the demo, from a run of it: python -m docs.generate.demo writes the page anew.

The catalogue is that of `make demo`; `tests/docs/test_demo.py` compares what the page shows with a run.
"""

import re
import runpy
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pandas as pd
from pyspark.sql import SparkSession
from rich.console import Console

from kembar.analysis.learning import learn_from_labels
from kembar.session import get_session
from kembar.synthetic import write_catalogue
from kembar.synthetic.show import groups_table

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
LISTINGS, SHOWN = 400, 3
_BLOCK = re.compile(r"(?<=```\n)-- encode: .*?(?=```)", re.DOTALL)
_TRAIN = re.compile(r"(?<=\n    )my-shop: F1 .*?(?=\n\n)", re.DOTALL)


def demo_block(folder: Path) -> str:
    """What `make demo` prints, less what stands between its tables; the run is left in `folder`."""
    write_catalogue(folder / "my-shop", listings=LISTINGS)
    table, photos = folder / "my-shop" / "train.csv", folder / "my-shop" / "images"
    encoded, matched = folder / "encoded", folder / "matched"
    submission = matched / "submission.csv"
    encode = _said("encode", "--listings", table, "--images", photos, "--output", encoded)
    match = _said("match", "--encoded", encoded, "--output", matched)
    scores = _said("evaluate", "--listings", table, "--submission", submission)
    listings, found = (pd.read_csv(path, dtype=str).fillna("") for path in (table, submission))
    console = Console(width=120, file=StringIO(), force_terminal=False)
    with console.capture() as shown:
        console.print(groups_table(listings, found, SHOWN))
    lines = [
        "-- encode: photos and titles to codes",
        encode.replace(str(encoded), "demo/encoded").strip(),
        "-- match: blocks, decisions, groups",
        match.replace(str(matched), "demo/matched").strip(),
        "-- evaluate: against the truth, which a sample catalogue has",
        *_first_table(scores),
        "...",
        *[line.rstrip() for line in shown.get().splitlines()[1:]],
    ]
    return "\n".join(lines) + "\n"


def train_line(spark: SparkSession, folder: Path) -> str:
    """What jobs/train.py says of the demo's labels, from the codes that `demo_block` left in `folder`."""
    learnt = learn_from_labels(spark, str(folder / "encoded"), str(folder / "my-shop" / "train.csv"))
    return f"{learnt.gains()}: mine/"


def shown_block(readme: str) -> str:
    """The demo's block of a page."""
    return _match(_BLOCK, readme)[0]


def shown_train_line(readme: str) -> str:
    """The line of jobs/train.py of a page, which may go over several."""
    return " ".join(_match(_TRAIN, readme)[0].split())


def renew(readme: str, block: str, train: str) -> str:
    """A page with both as they are now."""
    _match(_BLOCK, readme), _match(_TRAIN, readme)
    return _TRAIN.sub(lambda _: train, _BLOCK.sub(lambda _: block, readme))


def _match(pattern: re.Pattern[str], readme: str) -> re.Match[str]:
    if (found := pattern.search(readme)) is None:
        raise ValueError(f"README.md has no part like {pattern.pattern}")
    return found


def _said(job: str, *arguments: object) -> str:
    with _arguments(job, *arguments), redirect_stdout(StringIO()) as said:
        runpy.run_path(str(ROOT / "jobs" / f"{job}.py"))["main"]()
    return said.getvalue()


@contextmanager
def _arguments(job: str, *arguments: object) -> Iterator[None]:
    with patch.object(sys, "argv", [f"jobs/{job}.py", *map(str, arguments)]):
        yield


def _first_table(text: str) -> list[str]:
    """A title and the table under it, up to its lower edge."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return lines[: next(at for at, line in enumerate(lines) if line.startswith("└")) + 1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        spark = get_session("kembar demo")
        block = demo_block(Path(folder))
        README.write_text(
            renew(README.read_text(encoding="utf-8"), block, train_line(spark, Path(folder))), encoding="utf-8"
        )
    print(block)


if __name__ == "__main__":
    main()
