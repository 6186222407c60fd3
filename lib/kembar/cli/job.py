"""Code that all jobs share: options, timed stages, and errors that end a job with one paragraph."""

import argparse
import difflib
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NoReturn

import structlog
from pyspark.sql import SparkSession

from kembar.cli.dry_run import Plan
from kembar.cli.environment import check_arguments
from kembar.cli.failures import note_stage, root_cause, stage_of
from kembar.cli.progress import progress_bar
from kembar.config import Settings, add_settings_arguments
from kembar.errors import ConfigError, NothingToDoError, message_for_user
from kembar.storage.algorithms import algorithm_versions
from kembar.storage.files import describe_input
from kembar.storage.ownership import check_output
from kembar.storage.paths import canonical, check_location, is_local

_LOCATIONS = ("PATH", "DIR", "FILE")
"""The metavars of options that take a path or URI."""


class JobParser(argparse.ArgumentParser):
    """A parser that suggests the right option for a mistyped one."""

    def error(self, message: str) -> NoReturn:
        typed = [word.partition("=")[0] for word in sys.argv[1:] if word.startswith("--")]
        known = list(self._option_string_actions)
        for word in (word for word in typed if word not in known):
            if near := difflib.get_close_matches(word, known, n=1):
                message += f"; {word}: did you mean {near[0]}?"
        super().error(message)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the options. Raises InputError for an option whose path or URI cannot work."""
        check_arguments(sys.argv[1:] if args is None else args)
        parsed = super().parse_args(args, namespace)
        for action in self._actions:
            named = getattr(parsed, action.dest, None) if action.metavar in _LOCATIONS else None
            for location in [named] if isinstance(named, str) else named or []:
                check_location(action.option_strings[0], location)
        if getattr(parsed, "config", None) and is_local(parsed.config):
            parsed.config = canonical(parsed.config)
        return parsed


def job_parser(summary: str, **paths: str) -> argparse.ArgumentParser:
    """A parser with one required option for each path, and --config, --set and --dry-run (see `end_dry_run`)."""
    parser = JobParser(description=summary, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in paths.items():
        parser.add_argument(f"--{name}", required=True, metavar="PATH", help=text)
    add_settings_arguments(parser)
    dry_run = "check the inputs and print the plan with estimates of time and space, but do nothing"
    parser.add_argument("--dry-run", action="store_true", help=dry_run)
    return parser


def check_inputs(args: argparse.Namespace, job: str, *options: str) -> None:
    """Check that a job may write to its `--output` without harm to the inputs that these options name.

    Raises:
        InputError: As `kembar.storage.ownership.check_output`.
    """
    check_output(args.output, job, **{option: getattr(args, option) for option in options})


def require_either(args: argparse.Namespace, *forms: tuple[str, ...]) -> None:
    """Check that exactly one of several sets of options is there, and whole.

    Raises:
        ConfigError: Options are missing, or those of two forms are mixed.
    """
    begun = [form for form in forms if any(getattr(args, option) for option in form)]
    if len(begun) != 1 or not all(getattr(args, option) for option in begun[0]):
        wanted = ", or ".join(" and ".join(f"--{option}" for option in form) for form in forms)
        given = [f"--{option}" for form in forms for option in form if getattr(args, option)]
        raise ConfigError(f"expected {wanted}; received {', '.join(given) or 'neither'}")


def end_dry_run(args: argparse.Namespace, plan: Callable[..., Plan], *facts: Any) -> None:
    """With `--dry-run`, print `plan(args, *facts)` and end the job."""
    if args.dry_run:
        print(plan(args, *facts))
        sys.exit(0)


def say_next(done: str, job: str, **options: str) -> None:
    """Print the last lines of a job: its result, and the next command, ready for a shell."""
    print(done)
    words = [word for name, value in options.items() for word in (f"--{name}", shlex.quote(value))]
    print(f"next: spark-submit jobs/{job}.py {' '.join(words)}", file=sys.stderr)


class Stages:
    """Times each stage, and logs its begin and end on standard error.

    Spark's own pages show the stage as the description of its jobs. On a terminal a bar shows the tasks of the stage.
    `form` is "text" for people or "json" for log collectors, with one object a line.

    >>> stages = Stages("match")
    >>> with stages("read"):
    ...     pass
    >>> list(stages.seconds)
    ['read']
    """

    def __init__(self, job: str, spark: SparkSession | None = None, form: str = "text") -> None:
        self.seconds: dict[str, float] = {}
        self._job, self._spark = job, spark
        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        render: list[Any] = [stamp, structlog.processors.JSONRenderer()] if form == "json" else [_as_text]
        self._log = structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=render).bind(job=job)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.log(f"{name} …", stage=name)
        start = time.monotonic()
        if self._spark is not None:
            self._spark.sparkContext.setJobDescription(f"kembar {self._job}: {name}")
        try:
            with progress_bar(self._spark, name):
                yield
        except Exception as error:
            note_stage(error, name)
            raise
        self.seconds[name] = round(time.monotonic() - start, 2)
        self.log(f"{name}: {self.seconds[name]:.1f} s", stage=name, seconds=self.seconds[name])

    def log(self, text: str, **facts: Any) -> None:
        """Log a line on standard error, with facts for programs that read the JSON form."""
        self._log.info(text, **facts)


def _as_text(_logger: Any, _method: str, event: dict[str, Any]) -> str:
    return f"kembar: {event['event']}"


def describe_run(settings: Settings, **inputs: str) -> dict[str, Any]:
    """The inputs, settings and algorithm versions of a run, for its manifest."""
    described = {name: describe_input(uri) for name, uri in inputs.items()}
    return {"inputs": described, "settings": asdict(settings), "algorithms": algorithm_versions()}


def run_job(main: Callable[[], None]) -> None:
    """Run a job, and turn errors into a message and an exit status.

    An error that the user can fix becomes one message and status 2. A job that finds nothing to work on says why, with
    status 1. Any other failure, such as a full disk or a lost cluster, prints its traceback and one closing line, with
    status 1.
    """
    try:
        main()
    except NothingToDoError as error:
        print(f"error: {error}; nothing was published", file=sys.stderr, flush=True)
        sys.exit(1)
    except Exception as error:
        if (message := message_for_user(error)) is not None:
            print(f"error: {message}", file=sys.stderr, flush=True)
            sys.exit(2)
        traceback.print_exc()
        stage = stage_of(error)
        where = f"stage {stage} failed" if stage else "the job failed"
        print(f"error: {where}: {root_cause(error)}; nothing was published", file=sys.stderr, flush=True)
        sys.exit(1)
