"""A check that options arrive as they were typed, although Java passes them on."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from kembar.errors import InputError

_REMEDY = "set LC_ALL=C.UTF-8 in the environment and run the job again"


def check_arguments(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Check that no option lost characters on its way through Java.

    spark-submit passes options through Java. Under the locale C or POSIX, Java knows only ASCII and replaces each byte
    of another character by a question mark. Such a character has at least two bytes.

    Args:
        arguments: The options as this process received them.
        environment: The environment of the process that started this one, whose locale counts. By default that of the
            parent process.

    Raises:
        InputError: An option lost characters. The message has the option, the locale and what to set.
    """
    for argument in arguments:
        if "\ufffd" in argument or any("\ud800" <= letter <= "\udfff" for letter in argument):
            readable = argument.encode("utf-8", "replace").decode()
            raise InputError(f"{readable!r} has bytes that are not UTF-8: rename it in UTF-8, or {_REMEDY}")
    lost = next((argument for argument in arguments if "??" in argument), None)
    if lost is None:
        return
    name = _locale_of(_launcher() if environment is None else environment)
    if name in ("", "C", "POSIX"):
        raise InputError(
            f"{lost!r} seems to have lost characters beyond ASCII, because Java cannot pass them on under the locale "
            f"{name or 'C (none is set)'}: {_REMEDY}"
        )


def _locale_of(environment: Mapping[str, str]) -> str:
    """The locale by which characters are encoded."""
    return next((value for key in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(key))), "")


def _launcher() -> Mapping[str, str]:
    """The environment of the parent process, since Python changes its own under the locale C (PEP 538)."""
    with suppress(OSError):
        pairs = Path(f"/proc/{os.getppid()}/environ").read_bytes().decode(errors="replace").split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return os.environ
