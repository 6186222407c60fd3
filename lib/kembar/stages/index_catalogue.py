"""Builds the catalogue index: executors hash an encoded table, and the driver assembles it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from kembar.errors import InputError, RunError
from kembar.incremental.reusable_pairs import LastRun
from kembar.index.catalogue_index import CatalogueIndex, build_index
from kembar.index.query_expansion import comparable
from kembar.index.row_lookup import unchanged
from kembar.index.tfidf import HASHED_TERMS, hash_terms
from kembar.schemas import ENCODED, QUARANTINE
from kembar.storage import algorithms
from kembar.storage.files import delete, join_uri
from kembar.storage.tables import read_arrow, read_table, rewrite_table, write_arrow

_FEW = 20_000
"""Up to this many new listings, the driver hashes their terms itself."""


def index_catalogue(encoded: DataFrame, work: str) -> tuple[CatalogueIndex, list[str]]:
    """Build the catalogue index on the driver, and return it with the posting_ids by row. Spark hashes the terms.

    The hashed terms come to the driver in files, so the data in its JVM does not grow with the catalogue.

    Args:
        encoded: ENCODED.
        work: A folder that driver and executors share; it is deleted afterwards.
    """
    try:
        rewrite_table(encoded.mapInArrow(hash_terms, HASHED_TERMS), work)
        return build_index(read_arrow(work))
    finally:
        delete(work)


@dataclass(frozen=True)
class EncodedCatalogue:
    """The input of match.

    Attributes:
        index: The codes to compare.
        contents: `posting_id, content` by row of the index.
        quarantine: QUARANTINE.
    """

    index: CatalogueIndex
    contents: pa.Table
    quarantine: DataFrame

    @cached_property
    def posting_ids(self) -> list[str]:
        return list(self.contents["posting_id"].to_pylist())


def read_encoded(
    spark: SparkSession, encoded: str, encoder: str, hashed: str, last: LastRun | None, blends: bool
) -> EncodedCatalogue:
    """Read the catalogue that jobs/encode.py wrote.

    Args:
        spark: The session.
        encoded: The folder of the catalogue.
        encoder: The fingerprint of its encoder.
        hashed: A folder for HASHED_TERMS, which the next run reads.
        last: The last run; the hashed terms of unchanged listings are reused.
        blends: Whether the bundle uses query expansion for catalogues of photos alone.

    Raises:
        RunError: The catalogue was replaced while it was read.
    """
    listings = join_uri(encoded, "listings")
    table = _hash_new(listings, last) if last and _hashed_alike(last.manifest, encoder) else None
    if table is None:
        rewrite_table(read_table(spark, listings, ENCODED).mapInArrow(hash_terms, HASHED_TERMS), hashed)
        table = read_arrow(hashed)
    else:
        write_arrow(table, join_uri(hashed, "part-00000.parquet"))
    index, _ = build_index(table)
    contents = table.select(["posting_id", "content"]).sort_by("posting_id").combine_chunks()
    quarantine = read_table(spark, join_uri(encoded, "quarantine"), QUARANTINE)
    return EncodedCatalogue(comparable(index, blends), contents, quarantine)


def _hashed_alike(manifest: dict[str, Any], encoder: str) -> bool:
    """Whether a run used the same encoder and hashed terms in the same way as this version."""
    return manifest["encoder"] == encoder and manifest.get("algorithms", {}).get("words") == algorithms.WORDS


def _hash_new(listings: str, last: LastRun) -> pa.Table | None:
    """HASHED_TERMS of a catalogue, reused from the last run for unchanged listings; None if too many are new."""
    now = read_arrow(listings, ["posting_id", "content"])
    try:
        before = read_arrow(join_uri(last.uri, "hashed"))
    except InputError:  # they can be made again
        return None
    place = unchanged(now, before)
    fresh = now["posting_id"].filter(pa.array(place < 0)).combine_chunks()  # of no chunk Arrow forgets the type
    if len(fresh) > _FEW:
        return None
    encoded = read_arrow(listings, list(ENCODED.names), pc.field("posting_id").isin(fresh))
    if len(encoded) != len(fresh):
        raise RunError(f"{listings} was replaced while it was read; run again once encode has ended")
    hashed = pa.Table.from_batches(hash_terms(iter(encoded.to_batches())), before.schema)
    return pa.concat_tables([before.take(pa.array(np.sort(place[place >= 0]))), hashed])


def read_attributes(listings: str, pairs: pa.Table) -> pa.Table:
    """`posting_id, attributes` of the listings of an encoded table that are named in pairs."""
    named = pc.unique(pa.concat_arrays([pairs[f"posting_id_{side}"].combine_chunks() for side in "lr"]))
    return read_arrow(listings, ["posting_id", "attributes"], pc.field("posting_id").isin(named))
