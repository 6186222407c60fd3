"""Errors that tell a user what was wrong, where, and what to do about it.

Everything that a user can cause is a `KembarError`; a job prints its message in
one paragraph, without a traceback, and exits with status 2.
"""


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
