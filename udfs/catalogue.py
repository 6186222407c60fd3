"""The catalogue index: an encoded table hashed by executors, put together on the driver."""

import pyarrow as pa
from pyspark.sql import DataFrame

from kembar.catalogue import CatalogueIndex, build_index
from kembar.errors import RunError
from kembar.storage import delete, read_arrow, rewrite_table
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


def read_contents(listings: str, posting_ids: list[str]) -> pa.Table:
    """`posting_id, content` by row of the index that was made of ENCODED in the folder `listings`.

    Raises:
        RunError: the folder has other listings than the index.
    """
    table = read_arrow(listings, ["posting_id", "content"]).sort_by("posting_id").combine_chunks()
    if table["posting_id"].to_pylist() != posting_ids:
        raise RunError(f"{listings} was replaced while it was read; run again once encode has ended")
    return table
