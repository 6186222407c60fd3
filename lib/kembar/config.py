"""Settings: typed, frozen, checked as a whole before Spark starts.

`conf/kembar.toml` is the one place where defaults live; the classes below say
what each may be. A user's file and `--set section.key=value` are laid over it.
"""

import argparse
import codecs
import difflib
import reprlib
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from kembar.errors import ConfigError

EFFICIENTNET, SMALL_CNN = IMAGE_TOWERS = ("efficientnet-lite0", "small-cnn")
BUILTIN = "builtin:use-multilingual"
"""The text tower that is built from a package's weights; any other is a SavedModel from outside."""

_STRICT = ConfigDict(extra="forbid")
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1)]
_LARGEST = 2**31 - 1  # of a whole number in Spark, FAISS and Arrow, which take 32 bits with a sign
_LARGEST_FLOAT = 10**300
Size = Annotated[Whole, Field(ge=0, le=_LARGEST)]
Count = Annotated[Whole, Field(ge=1, le=_LARGEST)]
Threads = Annotated[Whole, Field(ge=1, le=256)]
Seed = Size  # random generators take no negative one, and FAISS none of more bits
Share = Annotated[Number, Field(ge=0, le=1)]
Positive = Annotated[Number, Field(gt=0)]
BundleOr = Literal["bundle"] | Share
_PROBE = "posting_id,image"
_NO_FILES = ("idna", "punycode", "unicode_escape", "raw_unicode_escape")
"""Codecs for names and source code, by which no file of text is written."""


def _known_encoding(name: str) -> str:
    """The name of an encoding of text that Python reads piece by piece, or "auto"."""
    try:
        known = name == "auto" or codecs.getincrementaldecoder(name)().decode(_PROBE.encode(name)) == _PROBE
    except (LookupError, UnicodeError):
        known = False
    if not known or name.lower().replace("-", "_") in _NO_FILES:
        raise ValueError('"auto", or the name of a Python codec such as gbk, cp1252, shift_jis or utf-16-le')
    return name


@dataclass(frozen=True, config=_STRICT)
class ListingsSettings:
    format: Literal["auto", "csv", "parquet"]
    encoding: Annotated[Text, AfterValidator(_known_encoding)]
    null_values: tuple[Text, ...]


@dataclass(frozen=True, config=_STRICT)
class TextTowerSettings:
    handle: Text
    batch_size: Count


@dataclass(frozen=True, config=_STRICT)
class ImageTowerSettings:
    name: Literal["efficientnet-lite0", "small-cnn"]
    precision: Literal["float32", "int8"]
    batch_size: Count


@dataclass(frozen=True, config=_STRICT)
class EncodeSettings:
    partitions: Annotated[Whole, Field(ge=0, le=1_000_000)]
    partition_rows: Count
    decode_threads: Threads
    max_photo_pixels: Annotated[Whole, Field(ge=1, le=178_956_970)]  # Pillow refuses more, whatever we say
    max_photo_bytes: Count
    photo_seconds: Count
    max_failed_share: Share
    follow_links: Flag


@dataclass(frozen=True, config=_STRICT)
class TripletSettings:
    per_anchor: Annotated[Whole, Field(ge=1, le=1000)]
    hard_share: Share
    held_out_share: Annotated[Number, Field(gt=0, lt=1)]
    seed: Seed


@dataclass(frozen=True, config=_STRICT)
class TrainingSettings:
    base: Text
    loss: Literal["cross_entropy", "triplet_probability"]
    epochs: Count
    batch_size: Count
    learning_rate: Positive
    head_learning_rate_scale: Positive
    title_dim: Count
    image_dim: Count
    modality_dropout: Annotated[Number, Field(ge=0, lt=1)]
    checkpoint_minutes: Positive
    keep_checkpoints: Count
    patience: Count
    seed: Seed


@dataclass(frozen=True, config=_STRICT)
class BlockingSettings:
    hash_bands: Literal[1, 2, 4, 8, 16]
    hash_weight: Positive
    near_images: Annotated[Whole, Field(ge=1, le=1024)]
    near_titles: Annotated[Whole, Field(ge=1, le=1024)]
    near_hashes: Annotated[Whole, Field(ge=1, le=1024)]
    near_weight: Positive
    word_comparisons: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    max_block: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    proposals_per_listing: Count
    candidates_per_listing: Count
    refresh_share: Share
    seed: Seed

    @model_validator(mode="after")
    def _budgets_agree(self) -> "BlockingSettings":
        if self.candidates_per_listing > self.proposals_per_listing:
            raise ValueError(
                f"at most proposals_per_listing ({self.proposals_per_listing}) for candidates_per_listing "
                f"({self.candidates_per_listing}), which are chosen from those"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class ScoringSettings:
    keep_probability: Share


@dataclass(frozen=True, config=_STRICT)
class GroupingSettings:
    threshold: BundleOr
    singletons: Flag
    lone_threshold: BundleOr
    max_group: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    max_component: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    driver_edges: Size

    @model_validator(mode="after")
    def _cap_below_component(self) -> "GroupingSettings":
        if self.max_component < self.max_group:
            raise ValueError(f"max_component must be at least max_group ({self.max_group})")
        return self


@dataclass(frozen=True, config=_STRICT)
class ReportSettings:
    thumbnail_px: Annotated[Whole, Field(ge=16, le=1024)]
    border_pairs: Count
    workers: Annotated[Whole, Field(ge=0, le=256)]


@dataclass(frozen=True, config=_STRICT)
class LoggingSettings:
    format: Literal["text", "json"]


@dataclass(frozen=True, config=_STRICT)
class Settings:
    """All settings, one attribute a section."""

    listings: ListingsSettings
    text_tower: TextTowerSettings
    image_tower: ImageTowerSettings
    encode: EncodeSettings
    triplets: TripletSettings
    training: TrainingSettings
    blocking: BlockingSettings
    scoring: ScoringSettings
    grouping: GroupingSettings
    report: ReportSettings
    logging: LoggingSettings


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
    parser.add_argument("--config", metavar="FILE", help="TOML file laid over the defaults of conf/kembar.toml")
    parser.add_argument(
        "--set", metavar="SECTION.KEY=VALUE", action="append", default=[], help="change one setting; may be repeated"
    )


def settings_from(args: argparse.Namespace) -> Settings:
    """The settings that the parsed options ask for. Raises ConfigError as `load_settings`."""
    return load_settings(args.config, args.set)
