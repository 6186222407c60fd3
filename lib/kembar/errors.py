"""Errors with a message for the user: what is wrong, where, and what to do about it.

Every error that a user can cause is a `KembarError`. A job prints its message in one paragraph without a traceback, and
exits with status 2.
"""

import re

_RAISED_ELSEWHERE = re.compile(r"^kembar\.errors\.[A-Za-z]+: (.+?)(?=\n\s*\n|\n\s+at |\Z)", re.DOTALL | re.MULTILINE)
_UNREADABLE = re.compile(r"\[(?:FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER)[^]]*] .*?file:? (\S+?)\.?\s")


class KembarError(Exception):
    """Base of all errors whose message is meant for the user."""


class ConfigError(KembarError):
    """A setting is unknown, of the wrong type, or cannot work."""


class InputError(KembarError):
    """An input file or table is missing, unreadable, or not of the expected shape."""


class BundleError(KembarError):
    """A model bundle is missing, incomplete, altered, or made for other towers."""


class TrainingError(KembarError):
    """Training cannot go on: too little data, or a loss that is not finite."""


class RunError(KembarError):
    """A run cannot go on: another one holds its folder, or its counts do not add up."""


class NothingToDoError(KembarError):
    """A run has nothing to work on, and publishes nothing; the message says why. Exit status 1."""


def message_for_user(error: BaseException) -> str | None:
    """The message of an error for the user; None for a fault of the program.

    An error on an executor reaches the driver as the text of a Spark exception that contains it.
    """
    if isinstance(error, KembarError):
        return str(error)
    text = f"{error}\n"
    if found := _RAISED_ELSEWHERE.search(text):
        return found.group(1).strip()
    if found := _UNREADABLE.search(text):
        return f"{found.group(1)} cannot be read to its end: it is cut short or damaged; copy or make it again"
    return None
