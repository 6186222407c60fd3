"""The catalogue index: an encoded table hashed and counted by executors, put together on the driver."""

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.catalogue import CatalogueIndex, build_index
from kembar.storage import delete, read_arrow, rewrite_table
from kembar.terms import BUCKETS, FREQUENCIES, HASHED_TERMS, count_documents, hash_terms


def index_catalogue(encoded: DataFrame, work: str) -> tuple[CatalogueIndex, list[str]]:
    """The catalogue index on the driver, and the posting_ids by row. Spark hashes the terms and counts documents.

    encoded: ENCODED; work: a folder that driver and executors reach, to hand the hashed terms over in files, and gone
    afterwards: what passes through the driver's JVM does not grow with the catalogue.
    """
    hashed = rewrite_table(encoded.mapInArrow(hash_terms, HASHED_TERMS), work)
    counted = (
        hashed.mapInArrow(count_documents, FREQUENCIES)
        .groupBy("kind", "bucket")
        .agg(F.sum("documents").alias("documents"))
    )
    frequencies = {kind: np.zeros(BUCKETS, np.int32) for kind in ("words", "characters")}
    rows = counted.toPandas()
    for kind, part in rows.groupby("kind"):
        frequencies[str(kind)][part["bucket"]] = part["documents"]
    table = read_arrow(work)
    delete(work)
    return build_index(table, frequencies)
