"""One sentence that says why a job failed, found under the layers of Python, Spark and Java."""

import re

from py4j.protocol import Py4JNetworkError

from kembar.cli.remedies import remedy_for

_PYTHON = re.compile(r"^(?:\w+\.)*((\w*(?:Error|Exception|Interrupt|Exit)): .+)$", re.MULTILINE)
_JAVA = re.compile(r"^\s*(?:Caused by)?: (?:[\w$]+\.)+(([\w$]+)(?:: .+)?)$", re.MULTILINE)
_TASK = re.compile(r"most recent failure: Lost task .*?\(TID \d+\) \([^)]*\): (?:[\w$]+\.)*(([\w$]+).*)$", re.MULTILINE)
_SPARK = re.compile(
    r"SparkException: (?:\[[A-Z_.]+\] )?(?:Job aborted due to stage failure: )?((?!Task |Job aborted|Task failed).+)$",
    re.MULTILINE,
)
_PROGRAM = re.compile(r'(Cannot run program "[^"\n]+"(?:: error=\d+, [^\n]+)?)')
_WRAPPERS = {"PythonException", "Py4JJavaError", "SparkException", "ExecutionException"}
_LONGEST = 300
_FULL_DISK = re.compile(r"\[errno 28\]|no space left on device|ENOSPC", re.IGNORECASE)


def note_stage(error: BaseException, stage: str) -> None:
    """Add a note to an error with the stage in which it came up; the traceback shows it too."""
    error.add_note(f"in stage {stage}")


def stage_of(error: BaseException) -> str | None:
    """The stage in an error's notes; the innermost if there are several."""
    notes = (note for note in getattr(error, "__notes__", []) if note.startswith("in stage "))
    return next((note.removeprefix("in stage ") for note in notes), None)


def root_cause(error: BaseException) -> str:
    """One sentence with the cause of an error, and what to change if Spark or the machine set a limit.

    The cause is what a Python worker raised, what Spark reports as lost, or the error itself.

    >>> root_cause(OSError(28, "No space left on device", "/out/x"))
    "the disk is full: [Errno 28] No space left on device: '/out/x'"
    """
    if isinstance(error, Py4JNetworkError | ConnectionError):
        return (
            f"Spark's JVM ended; it was killed or ran out of memory ({type(error).__name__}); raise "
            "spark.driver.memory, or run fewer tasks at once"
        )
    text = str(error)
    cause = cause_in(text) or type(error).__name__
    remedy = remedy_for(f"{type(error).__name__}: {text}")
    return f"{cause}; {remedy}" if remedy else cause


def cause_in(text: str) -> str:
    """Find the cause in an error's text.

    1. Take the last Python error of a worker's traceback, since a UDF's own error says most.
    2. Else take the innermost Java error (Py4J puts the outermost behind a colon), else the reason why the last attempt
       of a task was lost, else Spark's own message.
    3. Else take the first line.
    """
    found = _told(_PYTHON, text) if "Traceback (most recent call last)" in text else None
    found = found or next(iter(_PROGRAM.findall(text)), None)
    found = found or _told(_JAVA, text) or _told(_TASK, text) or next(iter(_SPARK.findall(text)), None)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    sentence = " ".join((found or first).split())[:_LONGEST]
    if _FULL_DISK.search(text):
        return f"the disk is full: {sentence}"
    return sentence


def _told(pattern: re.Pattern[str], text: str) -> str | None:
    """Name and message of the last match that does not just wrap another error."""
    found = [match[1] for match in pattern.finditer(text) if match[2] not in _WRAPPERS]
    return found[-1] if found else None
