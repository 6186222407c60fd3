"""Altered copies of photos and titles, made and encoded where listings are read."""

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.config import Settings
from kembar.encoding.embed import TitleEncoder
from kembar.encoding.photo_codes import PhotoEncoder
from kembar.training.augmentation.photo_copies import RELISTED, CopyEncoder, Relisted
from kembar.training.augmentation.title_copies import RETITLED, TitleCopier


def relist_photos(listings: DataFrame, photos: PhotoEncoder, settings: Settings) -> DataFrame:
    """`training.relist_photos` altered copies of each distinct photo, as RELISTED."""
    spark = listings.sparkSession
    encoder = CopyEncoder(photos, settings.training.relist_photos, settings.training.seed)
    names = listings.where(F.col("image").isNotNull()).select("image").distinct()
    partitions = settings.encode.partitions or 2 * spark.sparkContext.defaultParallelism
    return names.repartition(partitions, "image").mapInArrow(encoder.__call__, RELISTED)


def collect_relisted(relisted: DataFrame, listings: DataFrame, posting_ids: list[str]) -> Relisted:
    """The copies on the driver, by row of the catalogue."""
    photos = listings.select("posting_id", "image").toArrow()
    place = pc.index_in(pa.array(posting_ids), photos["posting_id"])
    return Relisted.of(relisted.toArrow(), photos["image"].take(place).to_pylist())


def relist_titles(listings: DataFrame, titles: TitleEncoder, settings: Settings) -> DataFrame:
    """`training.relist_titles` altered copies of each title, as RETITLED."""
    spark = listings.sparkSession
    copier = TitleCopier(titles, settings.training.relist_titles, settings.training.seed)
    named = listings.where(F.col("title").isNotNull()).select("posting_id", "title")
    partitions = settings.encode.partitions or 2 * spark.sparkContext.defaultParallelism
    return named.repartition(partitions, "title").mapInArrow(copier.__call__, RETITLED)
