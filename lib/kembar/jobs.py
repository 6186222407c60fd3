"""What every job shares: its options, its stages with their seconds, and errors that end it in one paragraph."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from kembar.config import Settings, add_settings_arguments
from kembar.errors import KembarError
from kembar.failures import note_stage, root_cause, stage_of
from kembar.storage import describe_input


def job_parser(summary: str, **paths: str) -> argparse.ArgumentParser:
    """A parser with one required option for each path, and --config and --set."""
    parser = argparse.ArgumentParser(description=summary, allow_abbrev=False)
    for name, text in paths.items():
        parser.add_argument(f"--{name}", required=True, metavar="PATH", help=text)
    add_settings_arguments(parser)
    return parser


class Stages:
    """Seconds by stage, said on standard error as each begins and ends.

    >>> stages = Stages(quiet=True)
    >>> with stages("read"):
    ...     pass
    >>> list(stages.seconds)
    ['read']
    """

    def __init__(self, quiet: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self._quiet = quiet

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.tell(f"{name} …")
        start = time.monotonic()
        try:
            yield
        except Exception as error:
            note_stage(error, name)
            raise
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.tell(f"{name}: {self.seconds[name]:.1f} s")

    def tell(self, text: str) -> None:
        """Say something on standard error."""
        if not self._quiet:
            print(f"kembar: {text}", file=sys.stderr, flush=True)


def describe_run(settings: Settings, **inputs: str) -> dict[str, Any]:
    """What a run worked on and by which settings, for its manifest."""
    return {"inputs": {name: describe_input(uri) for name, uri in inputs.items()}, "settings": asdict(settings)}


def run_job(main: Callable[[], None]) -> None:
    """Run a job; a KembarError becomes its message and exit status 2.

    Whatever else fails, such as a full disk or a lost cluster, leaves its traceback, one closing line, and status 1.
    """
    try:
        main()
    except KembarError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(2)
    except Exception as error:
        traceback.print_exc()
        stage = stage_of(error)
        where = f"stage {stage} failed" if stage else "the job failed"
        print(f"error: {where}: {root_cause(error)}; nothing was published", file=sys.stderr, flush=True)
        sys.exit(1)
