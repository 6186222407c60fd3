"""The jobs and their options, from their parsers."""

import argparse
import runpy
from pathlib import Path
from unittest.mock import patch

JOBS = Path(__file__).parent.parent.parent / "jobs"


class _CaughtError(Exception):
    def __init__(self, parser: argparse.ArgumentParser):
        self.parser = parser


def parser_of(job: Path) -> argparse.ArgumentParser:
    """The parser that a job makes: its main is run up to where it would read its arguments."""

    def caught(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        raise _CaughtError(parser)

    with patch.object(argparse.ArgumentParser, "parse_args", caught):
        main = runpy.run_path(str(job))["main"]
        try:
            main()
        except _CaughtError as found:
            return found.parser
    raise ValueError(f"{job} parses no arguments")


def _options(parser: argparse.ArgumentParser) -> list[str]:
    rows = ["| option | | meaning |", "|---|---|---|"]
    for action in parser._actions:
        if action.dest != "help":
            name = f"`{action.option_strings[0]}{f' {action.metavar}' if action.metavar else ''}`"
            many = "once or more" if isinstance(action, argparse._AppendAction) else ""
            need = ", ".join(word for word in ("required" if action.required else "", many) if word)
            rows.append(f"| {name} | {need} | {(action.help or '').replace('|', '&#124;').replace('%%', '%')} |")
    return rows


def jobs_page() -> str:
    """A section for each job."""
    lines = [
        "# Jobs",
        "",
        "Each job reads files and writes files, so that each can be run again alone. A job that cannot do what it was "
        "asked says so in one paragraph and ends with status 2, before Spark starts where it can. `--help` says the "
        "same as this page.",
    ]
    for job in sorted(JOBS.glob("*.py")):
        parser = parser_of(job)
        summary, *rest = (parser.description or "").strip().split("\n\n")
        lines += ["", f"## {job.stem}", "", summary, ""]
        for part in rest:
            lines += [*(["```text", part, "```"] if part.startswith("spark-submit") else [part]), ""]
        lines += _options(parser)
    return "\n".join(lines) + "\n"
