"""Encoding on executors: turns each listing's photo and title into codes in one pass, and assembles ENCODED."""

from functools import partial

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from kembar.config import EncodeSettings, Settings
from kembar.encoding.assembly import ASSEMBLED
from kembar.encoding.content_hash import add_contents
from kembar.encoding.embed import ListingEncoder, TitleEncoder
from kembar.encoding.photo_codes import PhotoEncoder
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.towers.small_cnn import first_weights
from kembar.model.bundle import Bundle, trusted_text_tower
from kembar.schemas import ENCODED, LISTINGS, QUARANTINE
from kembar.storage.parts import PartFolder
from udfs.encoder import BatchEncoder, encode_batches, encode_on_its_gpu, write_part

RAW = "raw"
"""The encoder's fingerprint in tables of raw tower embeddings, which only training reads."""


def encode_listings(listings: DataFrame, photos: PhotoFolder, settings: Settings, bundle: Bundle | None) -> DataFrame:
    """Encode LISTINGS, with or without `content`, to ASSEMBLED; without a bundle the codes are raw tower embeddings.

    The function counts the listings to choose the partitions. Persist them, or Spark reads them twice.
    """
    return _dealt(listings, listings.count(), settings).mapInArrow(
        _encoder(listings, photos, settings, bundle), ASSEMBLED
    )


def stage_codes(
    listings: DataFrame, rows: int, photos: PhotoFolder, settings: Settings, bundle: Bundle, parts: PartFolder
) -> DataFrame:
    """Encode LISTINGS with `content` into parts of ENCODED, and return the QUARANTINE of unencodable listings.

    Each task writes its own part, whole or not at all, before it returns to Spark. So a killed run keeps the parts that
    are done. `rows` is the number of listings.
    """
    encoder = _encoder(listings, photos, settings, bundle)
    return _dealt(listings, rows, settings).mapInArrow(partial(write_part, encoder, parts), QUARANTINE)


def with_contents(listings: DataFrame, photos: PhotoFolder) -> DataFrame:
    """Add each listing's content hash (`kembar.encoding.content_hash`), and whether its photo is absent.

    The listings are repartitioned first. A catalogue in one file has one partition, and one core would look up all
    photos.
    """
    columns = ", ".join([*(f"{name} string" for name in [*LISTINGS.names, "content"]), "photo_absent boolean"])
    spread = listings.repartition(2 * listings.sparkSession.sparkContext.defaultParallelism)
    return spread.mapInArrow(partial(add_contents, photos), columns)


def _dealt(listings: DataFrame, rows: int, settings: Settings) -> DataFrame:
    cores = listings.sparkSession.sparkContext.defaultParallelism
    if "content" not in listings.columns:  # training has no use for it
        listings = listings.withColumn("content", F.lit(None).cast("string"))
    return by_photo(listings, partition_count(rows, cores, settings.encode))


def _encoder(listings: DataFrame, photos: PhotoFolder, settings: Settings, bundle: Bundle | None) -> BatchEncoder:
    threads = threads_of(listings.sparkSession)
    encoder = ListingEncoder(photo_encoder(photos, settings, bundle, threads), title_encoder(settings, bundle, threads))
    fingerprint = bundle.fingerprint_at(settings.image_tower.precision) if bundle else RAW
    return partial(encode_on_its_gpu, partial(encode_batches, encoder, fingerprint))


def partition_count(rows: int, cores: int, settings: EncodeSettings) -> int:
    """The number of partitions: of at most `partition_rows` listings each, and at least two for each core.

    So at the end a core waits for at most one partition, some seconds, whatever the size of the catalogue.

    >>> from kembar.config import load_settings
    >>> [partition_count(rows, 2, load_settings().encode) for rows in (0, 1_499, 70_000)]
    [4, 4, 70]
    """
    return settings.partitions or max(2 * cores, -(-rows // settings.partition_rows))


def by_photo(listings: DataFrame, partitions: int) -> DataFrame:
    """Partition LISTINGS so that those of one photo are together, and add whether any of them lacks its hash.

    Photos with the same hash are together too. Often they are one file under many names, which is then encoded once
    without reading any file beforehand. Listings without a photo are spread by their id; otherwise they would make one
    large partition that ends last.
    """
    of_photo = Window.partitionBy(F.coalesce("image", "posting_id"))
    lacks_hash = F.col("image_phash").isNull() & F.col("image").isNotNull()
    return (
        listings.withColumn("want_hash", F.max(lacks_hash).over(of_photo))
        .withColumn("place", F.coalesce(F.max("image_phash").over(of_photo), "image", "posting_id"))
        .repartition(partitions, "place")
        .sortWithinPartitions("place", "image")
        .drop("place")
    )


def threads_of(spark: SparkSession) -> int:
    """Threads that a Python worker may use."""
    return int(spark.conf.get("spark.task.cpus", "1") or 1)


def photo_encoder(photos: PhotoFolder, settings: Settings, bundle: Bundle | None, threads: int) -> PhotoEncoder:
    """The photo encoder of the bundle, or the tower of the settings without a head."""
    image, name = settings.image_tower, bundle.image_tower if bundle else settings.image_tower.name
    weights = bundle.image_tower_weights if bundle else first_weights(name, settings.training.seed)
    head = bundle.image_head if bundle else None
    return PhotoEncoder(photos, name, image.precision, weights, head, image.batch_size, threads, settings.encode)


def title_encoder(settings: Settings, bundle: Bundle | None, threads: int) -> TitleEncoder:
    """The title encoder of the bundle, or the tower of the settings without a head."""
    tower = trusted_text_tower(bundle, settings) if bundle else settings.text_tower.handle
    return TitleEncoder(tower, bundle.title_head if bundle else None, settings.text_tower.batch_size, threads)


def split_encoded(assembled: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Split ASSEMBLED into ENCODED, and QUARANTINE of listings without a usable photo or title."""
    usable, blind = assembled.where("reason is null"), assembled.where("reason is not null")
    return usable.select(*ENCODED.names), blind.select(*QUARANTINE.names)
