"""What every job shares: its options, its stages with their seconds, and errors that end it in one paragraph."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kembar.config import add_settings_arguments
from kembar.errors import message_for_user


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
        self._say(f"{name} …")
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 2)
        self._say(f"{name}: {self.seconds[name]:.1f} s")

    def _say(self, text: str) -> None:
        if not self._quiet:
            print(f"kembar: {text}", file=sys.stderr, flush=True)


def run_job(main: Callable[[], None]) -> None:
    """Run a job; an error that is the user's to mend becomes its message and exit status 2."""
    try:
        main()
    except Exception as error:
        if (message := message_for_user(error)) is None:
            raise
        print(f"error: {message}", file=sys.stderr, flush=True)
        sys.exit(2)
