"""Finds the folder of a catalogue's photos by their names, and counts photos that failed."""

from collections.abc import Callable
from itertools import chain

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.config import EncodeSettings
from kembar.encoding.assembly import BLIND
from kembar.encoding.find_photo_folder import SAMPLED, find_photo_folder
from kembar.encoding.photo_counts import PhotoCounts, quarantined_failures, written_failures
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import NOT_FOUND
from udfs.photo_paths import split_paths


def find_photos(
    images: str,
    listings: DataFrame,
    settings: EncodeSettings,
    say: Callable[[str], None],
    sample: list[str] | None = None,
) -> PhotoFolder:
    """Find the folder of a catalogue's photos by `find_photo_folder`, and log a note about it with `say`.

    `sample` has the names of `draw_names`, if they are already drawn.
    """
    drawn = draw_names(listings) if sample is None else sample
    folder, note = find_photo_folder(images, drawn, _can_be_shortened(_names(listings)), settings)
    if note:
        say(note)
    return folder


def draw_names(listings: DataFrame) -> list[str]:
    """Draw names of a catalogue's photos, the same ones as `kembar.encoding.find_photo_folder.sample_names`."""
    drawn = _names(listings).orderBy(F.md5(F.col("image").cast("binary"))).limit(SAMPLED).collect()
    return [row.image for row in drawn]


def _names(listings: DataFrame) -> DataFrame:
    return listings.where(F.col("image").isNotNull()).select("image").distinct()


def _can_be_shortened(names: DataFrame) -> bool:
    """Like `kembar.encoding.photo_names.can_be_shortened`, for any number of names."""
    paths = names.mapInArrow(split_paths, "path string, last string")
    counts = paths.agg(F.count_distinct("path"), F.count_distinct("last")).collect()[0]
    return bool(counts[0] == counts[1])


def check_names(listings: DataFrame, photos: PhotoFolder, settings: EncodeSettings) -> tuple[int, int]:
    """Count LISTINGS with `photo_absent`, and those of them that name a photo.

    Raises:
        InputError: More photos are missing than `encode.max_failed_share` allows. This shows before encoding.
    """
    absent = F.col("photo_absent")
    rows, named, gone, example = listings.agg(
        F.count("*"), F.count("image"), F.count_if(absent), F.min(F.when(absent, F.col("image")))
    ).collect()[0]
    failures = [f"{NOT_FOUND}: {example}"] * gone
    PhotoCounts.of(named, failures).check(settings.max_failed_share, photos)
    return int(rows), int(named)


def check_photos(
    named: int, parts: list[str], photos: PhotoFolder, settings: EncodeSettings, quarantine: DataFrame | None = None
) -> PhotoCounts:
    """Count the photos that failed, in this run or an earlier one.

    Args:
        named: The number of listings that name a photo.
        parts: Parquet files of the whole catalogue with the column `failures`.
        photos: The folder of the photos.
        settings: The settings of encoding.
        quarantine: QUARANTINE, with the listings that the parts lack.

    Raises:
        InputError: More failed than `encode.max_failed_share` allows.
    """
    blind = quarantine.select("reason").where(F.col("reason").startswith(BLIND)).toArrow() if quarantine else None
    quarantined = quarantined_failures(blind["reason"]) if blind else ()
    counts = PhotoCounts.of(named, chain(written_failures(parts), quarantined))
    counts.check(settings.max_failed_share, photos)
    return counts
