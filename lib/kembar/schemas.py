"""The tables that travel between jobs, one schema per arrow of the pipeline, and the check that they fit."""

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DataType,
    FloatType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from kembar.errors import InputError

TITLE_EVIDENCE = (
    *("coverage", "shared_word", "missing_word", "code", "other_code"),
    *("quantity", "number", "shared_number", "edition", "colour"),
)
"""Distances between titles along what tells models and sizes apart (`kembar.model.title_evidence`)."""
DISTANCES = ("image", "title", "word", "character", "hash", *TITLE_EVIDENCE)
EVIDENCE = (*DISTANCES, "gap")
"""The discriminator's features: the distances, and the gap to the best candidates (`kembar.model.discriminator`)."""

MODALITIES = ("image", "title", "hash")
MODALITY_OF = np.array([0, 1, 1, 1, 2, *[1] * len(TITLE_EVIDENCE)])
"""For each of DISTANCES, which of MODALITIES both listings must have."""


def _table(**columns: DataType) -> StructType:
    return StructType([StructField(name, kind) for name, kind in columns.items()])


_TEXT, _CODE = StringType(), ArrayType(FloatType())

LISTINGS = _table(posting_id=_TEXT, image=_TEXT, image_phash=_TEXT, title=_TEXT, label_group=_TEXT)
"""A catalogue's listings; `label_group` is null without a label."""

QUARANTINE = _table(posting_id=_TEXT, row=_TEXT, reason=_TEXT)
"""Unusable rows, as JSON, with the reason."""

ENCODED = _table(
    posting_id=_TEXT,
    content=_TEXT,
    image_embedding=_CODE,
    title_embedding=_CODE,
    phash=_TEXT,
    terms=ArrayType(_TEXT),
    attributes=ArrayType(_TEXT),
    failures=ArrayType(_TEXT),
    encoder=_TEXT,
)
"""One listing's codes.

content: the fingerprint of its content (`kembar.encoding.content_hash`); the embeddings are L2-normalised, and null
where the modality is missing; phash: the perceptual hash as 16 hex digits; terms: the title's terms in order;
attributes: what the title says of model, size and colour (`kembar.listings.attributes`); failures: what failed;
encoder: the encoder's fingerprint.
"""

_SIDES = {f"{side}_{column}": _TEXT for side in ("anchor", "match", "non_match") for column in LISTINGS.names[:4]}
TRIPLETS = _table(**_SIDES, non_match_source=_TEXT, split=_TEXT)
"""Anchor, match and non-match with their photo, hash and title; how the non-match was chosen; `train` or `held_out`."""

_REAL = FloatType()
MATCHES = _table(
    posting_id_l=_TEXT,
    posting_id_r=_TEXT,
    probability=_REAL,
    **{f"{name}_distance": _REAL for name in DISTANCES},
    gap=_REAL,
    prior=_REAL,
    **{f"{name}_evidence": _REAL for name in EVIDENCE},
    blocks=ArrayType(_TEXT),
)
"""Scored pairs, posting_id_l < posting_id_r. Each distance, null where a side lacks the modality; the gap (log-odds by
which each side's best candidate is likelier, see `kembar.model.discriminator`); the evidence, each one's share of the
log-odds: ln(probability / (1 - probability)) = prior + the sum of the evidence; and the blocks that proposed it."""

GROUPS = _table(posting_id=_TEXT, group_id=_TEXT, group_size=IntegerType())
"""The partition of the catalogue into products. `group_id` is the least posting_id of the group when it is first seen,
and then stays (`kembar.incremental.group_ids`)."""

CHANGES = _table(
    run=IntegerType(),
    event=_TEXT,
    group_id=_TEXT,
    group_size=IntegerType(),
    listings=ArrayType(_TEXT),
    other_groups=ArrayType(_TEXT),
    reason=_TEXT,
)
"""Changes of groups (`kembar.incremental.change_log`): the number of the run, the event, the group and its size
afterwards, the listings that it won or lost, the groups that they came from or went to, and the reason."""

CATALOGUE = _table(
    posting_id=_TEXT,
    content=_TEXT,
    group_id=_TEXT,
    component=LongType(),
    cluster=LongType(),
    best_look=_REAL,  # the name that earlier runs wrote, which --previous reads
)
"""Data of a match run for the next one: each listing's content and group; its component and its cluster before
singletons joined, as least rows in order of posting_id (−1 for none, and for a cluster with a merge near the
threshold); the highest first-stage logit of its pairs."""


def require_schema(found: StructType, schema: StructType, name: str) -> None:
    """Raises InputError listing at once every column of a table that is missing, extra, or of another type."""
    have = {field.name: field.dataType for field in found}
    want = {field.name: field.dataType for field in schema}
    faults = [f"{c}: missing, expected {want[c].simpleString()}" for c in want if c not in have]
    faults += [f"{c}: not expected" for c in have if c not in want]
    faults += [
        f"{c}: is {have[c].simpleString()}, expected {want[c].simpleString()}"
        for c in want
        if c in have and have[c].simpleString() != want[c].simpleString()
    ]
    if faults:
        raise InputError(f"table {name} does not fit its schema: " + "; ".join(faults))


def conform(df: DataFrame, schema: StructType, name: str) -> DataFrame:
    """The same table with exactly `schema`'s columns in its order.

    Raises:
        InputError: as `require_schema`.
    """
    require_schema(df.schema, schema, name)
    return df.select(*[F.col(field.name) for field in schema])
