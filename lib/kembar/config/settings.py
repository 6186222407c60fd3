"""Settings: typed, frozen; the classes say what each may be."""

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, Strict, model_validator
from pydantic.dataclasses import dataclass

EFFICIENTNET, SMALL_CNN = IMAGE_TOWERS = ("efficientnet-lite0", "small-cnn")
LEVELS = ("product", "variant")
"""Levels of sameness: one product in its sizes, models and colours, or the exact item."""
BUILTIN = "builtin:use-multilingual"
"""The text tower that is built from a package's weights; any other is a SavedModel from outside."""

_STRICT = ConfigDict(extra="forbid")
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict(), Field(min_length=1)]
_LARGEST = 2**31 - 1  # of a whole number in Spark, FAISS and Arrow, which take 32 bits with a sign
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
                f"candidates_per_listing ({self.candidates_per_listing}) to be at most proposals_per_listing "
                f"({self.proposals_per_listing})"
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class ScoringSettings:
    keep_probability: Share


@dataclass(frozen=True, config=_STRICT)
class GroupingSettings:
    level: Literal["product", "variant"]
    threshold: BundleOr
    singletons: Flag
    lone_threshold: BundleOr
    max_group: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    max_component: Annotated[Whole, Field(ge=2, le=_LARGEST)]
    driver_edges: Size

    @model_validator(mode="after")
    def _cap_below_component(self) -> "GroupingSettings":
        if self.max_component < self.max_group:
            raise ValueError(f"max_component to be at least max_group ({self.max_group})")
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
