"""Reads and checks a catalogue and its photos before anything is encoded."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from kembar.config import Settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.provenance import photo_sizes
from kembar.listings.validation import count_judged, judge_listings, read_listings, split_listings
from kembar.stages.check_cluster import check_sight
from kembar.stages.check_photos import check_names, draw_names, find_photos
from kembar.stages.encode_listings import with_contents
from kembar.storage.output_folder import OutputFolder
from kembar.storage.table_parts import check_row_counts


@dataclass(frozen=True)
class CatalogueRead:
    """A catalogue that was read.

    Attributes:
        listings: LISTINGS with `content` and `photo_absent`, persisted.
        rejected: QUARANTINE.
        photos: The folder of the photos.
        rows: The number of rows.
        usable: The number of rows that are listings.
        named: The number of listings that name a photo.
        repaired: The number of fields that were left out, by column.
        photo_sizes: Bytes of some photos, which later jobs use to recognise the folder.
    """

    listings: DataFrame
    rejected: DataFrame
    photos: PhotoFolder
    rows: int
    usable: int
    named: int
    repaired: dict[str, int]
    photo_sizes: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """The counts for the manifest."""
        rejected = self.rows - self.usable
        return {"rows": self.rows, "usable_rows": self.usable, "rejected": rejected, "photos": self.named}


def read_with_photos(
    spark: SparkSession, uri: str, images: str, settings: Settings, folder: OutputFolder, say: Callable[[str], None]
) -> CatalogueRead:
    """Read a catalogue, and find its photos.

    1. Separate unusable rows, with the reason.
    2. Find the folder of the photos by their names, and check that executors share it and the output with the driver.
    3. Compute each listing's content hash from its fields and its photo's file.

    Args:
        spark: The session.
        uri: The catalogue.
        images: The folder of `--images`.
        settings: All settings.
        folder: The output; its staging folder serves to check whether executors share it.
        say: Logs a note about the folder.

    Raises:
        InputError: The catalogue cannot be read, the folder of the photos is unclear, or too many photos are missing.
        RunError: Executors do not see the same files as the driver, or rows got lost.
    """
    judged = judge_listings(read_listings(spark, uri, settings.listings)).persist()
    usable, rejected = split_listings(judged)
    photos = find_photos(images, usable, settings.encode, say, names := draw_names(usable))
    check_sight(spark, folder, photos, names)
    listings = with_contents(usable, photos).persist()
    count, named = check_names(listings, photos, settings.encode)
    rows, unusable, repaired = count_judged(judged)
    check_row_counts("read", rows, usable=count, rejected=unusable)
    return CatalogueRead(listings, rejected, photos, rows, count, named, repaired, photo_sizes(photos, names))
