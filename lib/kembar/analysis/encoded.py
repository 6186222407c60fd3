"""The codes of a catalogue in this process, as match sees them: for studies of a sample or of labelled listings."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.errors import InputError
from kembar.evaluation import Truth
from kembar.index.catalogue_index import CatalogueIndex, build_index, has_titles
from kembar.index.query_expansion import comparable
from kembar.index.tfidf import hash_terms
from kembar.model.bundle import Bundle, Decider
from kembar.model.bundle_files import load_bundle
from kembar.model.fingerprints import require_finished
from kembar.schemas import ENCODED
from kembar.storage.files import join_uri
from kembar.storage.tables import read_arrow
from kembar.types import Rows

MOST_LISTINGS = 200_000
"""Of more the codes and the proposed pairs together would crowd a laptop's memory."""
_BATCH = 4096


@dataclass(frozen=True)
class Codes:
    """A catalogue of n listings. index: the codes that match compares; posting_ids: by row; bundle: what encoded it."""

    index: CatalogueIndex
    posting_ids: list[str]
    bundle: Bundle

    @property
    def decider(self) -> Decider:
        """The bundle's decider for a catalogue like this one."""
        return self.bundle.decider_for(has_titles(self.index))

    def rows(self, posting_ids: pa.Array | pa.ChunkedArray) -> Rows:
        """The row of each listing `[m]`, −1 where it has none."""
        return np.asarray(pc.index_in(posting_ids, pa.array(self.posting_ids, pa.string())).fill_null(-1), np.int64)

    def truth(self, listings: DataFrame) -> Truth:
        """The truth by row. Listings that were quarantined are left out of it.

        Raises:
            InputError: no listing has a label.
        """
        table = listings.select("posting_id", "label_group").where(F.col("label_group").isNotNull()).toArrow()
        rows = self.rows(table["posting_id"])
        if not (rows >= 0).any():
            raise InputError("no encoded listing has a label_group, which judging needs")
        labels = np.asarray(pc.dictionary_encode(table["label_group"].combine_chunks()).indices, dtype=np.int64)
        product = np.full(len(self.posting_ids), -1, np.int64)
        product[rows[rows >= 0]] = labels[rows >= 0]
        return Truth(pa.array(self.posting_ids, pa.string()), product)


def read_codes(encoded: str, bundle: str | None = None) -> Codes:
    """The codes in a folder that jobs/encode.py wrote, past Spark. bundle: the one they were encoded with.

    Raises:
        InputError: the run did not finish, it was made with another bundle, or it has over 200,000 listings.
    """
    loaded = load_bundle(bundle)
    counts = require_finished(encoded, loaded.encoder_fingerprint)["counts"]
    if counts["listings"] > MOST_LISTINGS:
        raise InputError(
            f"{encoded} has {counts['listings']:,} listings; one process reads the codes of at most "
            f"{MOST_LISTINGS:,}: encode a sample of the catalogue"
        )
    table = read_arrow(join_uri(encoded, "listings"), list(ENCODED.names))
    hashed = pa.Table.from_batches(hash_terms(iter(table.to_batches(max_chunksize=_BATCH))))
    index, posting_ids = build_index(hashed)
    return Codes(comparable(index, loaded.blends), posting_ids, loaded)
