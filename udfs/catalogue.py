"""The catalogue index: an encoded table hashed by executors, put together on the driver."""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from kembar.catalogue import CatalogueIndex, build_index
from kembar.errors import RunError
from kembar.schemas import ENCODED, QUARANTINE
from kembar.storage import delete, join_uri, read_arrow, read_table, rewrite_table
from kembar.terms import HASHED_TERMS, hash_terms


def index_catalogue(encoded: DataFrame, work: str) -> tuple[CatalogueIndex, list[str]]:
    """The catalogue index on the driver, and the posting_ids by row. Spark hashes the terms.

    encoded: ENCODED; work: a folder that driver and executors reach, to hand the hashed terms over in files, and gone
    afterwards: what passes through the driver's JVM does not grow with the catalogue.
    """
    rewrite_table(encoded.mapInArrow(hash_terms, HASHED_TERMS), work)
    table = read_arrow(work)
    delete(work)
    return build_index(table)


@dataclass(frozen=True)
class EncodedCatalogue:
    """What match works on. index: codes moved to their own mean; contents: `posting_id, content` by row of the index;
    quarantine: QUARANTINE."""

    index: CatalogueIndex
    contents: pa.Table
    quarantine: DataFrame

    @cached_property
    def posting_ids(self) -> list[str]:
        return list(self.contents["posting_id"].to_pylist())


def read_catalogue(spark: SparkSession, encoded: str, work: str) -> EncodedCatalogue:
    """The catalogue that jobs/encode.py wrote into the folder `encoded`; `work` as for `index_catalogue`.

    Raises:
        RunError: it was replaced while it was read.
    """
    listings, quarantine = join_uri(encoded, "listings"), join_uri(encoded, "quarantine")
    index, posting_ids = index_catalogue(read_table(spark, listings, ENCODED), work)
    contents = read_arrow(listings, ["posting_id", "content"]).sort_by("posting_id").combine_chunks()
    if contents["posting_id"].to_pylist() != posting_ids:
        raise RunError(f"{encoded} was replaced while it was read; run again once encode has ended")
    return EncodedCatalogue(index.centred(), contents, read_table(spark, quarantine, QUARANTINE))
