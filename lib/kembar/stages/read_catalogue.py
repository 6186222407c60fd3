"""A catalogue and its photos, read and checked before anything is encoded."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from kembar.config import Settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.provenance import photo_sizes
from kembar.listings.validation import count_judged, judge_listings, read_listings, split_listings
from kembar.stages.check_cluster import check_sight
from kembar.stages.check_photos import check_names, draw_names, folder_of
from kembar.stages.encode_listings import with_contents
from kembar.storage.output_folder import OutputFolder
from kembar.storage.table_parts import check_row_counts


@dataclass(frozen=True)
class CatalogueRead:
    """listings: LISTINGS with `content` and `photo_absent`, persisted; rejected: QUARANTINE; photos: their folder;
    rows, usable: how many came and how many of them are listings; named: how many listings name a photo; repaired: how
    many fields were left out, by column; photo_sizes: bytes of some photos, by which their folder is known again."""

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
        """As the manifest has them."""
        rejected = self.rows - self.usable
        return {"rows": self.rows, "usable_rows": self.usable, "rejected": rejected, "photos": self.named}


def read_with_photos(
    spark: SparkSession, uri: str, images: str, settings: Settings, folder: OutputFolder, say: Callable[[str], None]
) -> CatalogueRead:
    """Read a catalogue, and find its photos.

    1. Rows that cannot be used are set apart with the reason.
    2. The folder of the photos is found by their names, and executors must see it and the output as the driver does.
    3. Each listing's content is told by its photo's file.

    Args:
        spark: The session.
        uri: The catalogue.
        images: The images folder as it was named.
        settings: All of them.
        folder: The output, whose staging place is used to see whether executors share it.
        say: Takes what there is to say about the folder.

    Raises:
        InputError: The catalogue cannot be read, the folder of the photos is not plain, or too many are not there.
        RunError: Executors do not see what this process sees, or rows got lost.
    """
    judged = judge_listings(read_listings(spark, uri, settings.listings)).persist()
    usable, rejected = split_listings(judged)
    photos = folder_of(images, usable, names := draw_names(usable), settings.encode, say)
    check_sight(spark, folder, photos, names)
    listings = with_contents(usable, photos).persist()
    count, named = check_names(listings, photos, settings.encode)
    rows, unusable, repaired = count_judged(judged)
    check_row_counts("read", rows, usable=count, rejected=unusable)
    return CatalogueRead(listings, rejected, photos, rows, count, named, repaired, photo_sizes(photos, names))
