"""Settings from the defaults, a user's file and --set, checked as a whole.

`conf/kembar.toml` is the one place where defaults live. A user's file and `--set section.key=value` override them."""

import argparse
import codecs
import difflib
import reprlib
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kembar.config.settings import Settings
from kembar.errors import ConfigError

_LARGEST_FLOAT = 10**300


def _defaults() -> dict[str, Any]:
    return tomllib.loads((resources.files("kembar") / "kembar.toml").read_text(encoding="utf-8"))


def _read_file(path: str) -> dict[str, Any]:
    """The settings in a TOML file, with or without the mark that Windows editors put before UTF-8."""
    try:
        data = Path(path).read_bytes()
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ConfigError(f"configuration file {path} is UTF-16: save it as UTF-8")
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise ConfigError(
            f"configuration file {path} is not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}; "
            "save it as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigError(f"configuration file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # also a number of more digits than Python takes
        raise ConfigError(f"configuration file {path} is not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"configuration file {path} is not TOML: it nests too deeply") from error


def _parse_override(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    section, dot, name = key.strip().partition(".")
    if not (equals and dot and section and name):
        raise ConfigError(f"--set expected section.key=value, received {text!r}")
    try:
        parsed = tomllib.loads(f"value = {value.strip()}")["value"]
    except (ValueError, RecursionError):
        parsed = value.strip()  # a bare word is a string, as a shell user writes it
    return {section: {name: parsed}}


def _overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for section, values in over.items():
        both = isinstance(values, dict) and isinstance(base.get(section), dict)
        merged[section] = {**base[section], **values} if both else values
    return merged


def _available(location: tuple[int | str, ...], defaults: dict[str, Any]) -> str:
    keys = list(defaults) if len(location) < 2 else list(defaults.get(str(location[0]), {}))
    near = difflib.get_close_matches(str(location[-1]), keys, n=1)
    return (f"did you mean {near[0]}? " if near else "") + "available: " + ", ".join(keys)


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 100


def _explain(error: ValidationError, defaults: dict[str, Any]) -> str:
    """One line for each faulty key: what was expected (all branches of a union), received, and the keys there are."""
    faults: dict[str, list[str]] = {}
    received: dict[str, object] = {}
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"][:2])
        if fault["type"] == "unexpected_keyword_argument":
            faults[key] = [f"no such setting; {_available(fault['loc'], defaults)}"]
        else:
            expected = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            faults.setdefault(key, []).append(expected)
            received[key] = fault["input"]
    lines = [
        f"{key}: expected {' or '.join(expected)}, received {_REPR.repr(received[key])}"
        if key in received
        else f"{key}: {expected[0]}"
        for key, expected in faults.items()
    ]
    return "\n  ".join(["these settings cannot work:", *lines])


def load_settings(path: str | None = None, overrides: Sequence[str] = ()) -> Settings:
    """The defaults, overlaid by a TOML file and then by `section.key=value` strings.

    Raises:
        ConfigError: naming every fault: key, expected, received, and the keys there are.
    """
    defaults = _defaults()
    values = _overlay(defaults, _read_file(path)) if path else defaults
    for text in overrides:
        values = _overlay(values, _parse_override(text))
    try:
        return TypeAdapter(Settings).validate_python(_floats(values, defaults))
    except ValidationError as error:
        raise ConfigError(_explain(error, defaults)) from error


def _floats(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers where the default is a float: `1` means `1.0` to everybody but a strict parser."""

    def fit(section: str, key: str, value: Any) -> Any:
        wanted = defaults.get(section, {}).get(key)
        fits = isinstance(wanted, float) and type(value) is int and abs(value) <= _LARGEST_FLOAT
        return float(value) if fits else value

    return {
        section: {key: fit(section, key, value) for key, value in keys.items()} if isinstance(keys, dict) else keys
        for section, keys in values.items()
    }


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """The two options that every job has."""
    parser.add_argument("--config", metavar="FILE", help="TOML file that overrides the defaults of conf/kembar.toml")
    parser.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        help="change one setting; repeat the option for more",
    )


def settings_from(args: argparse.Namespace) -> Settings:
    """The settings that the parsed options ask for. Raises ConfigError as `load_settings`."""
    return load_settings(args.config, args.set)
