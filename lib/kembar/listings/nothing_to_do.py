"""Checks that a run has something to work on, with an error that says why not."""

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.errors import NothingToDoError
from kembar.storage.table_parts import table_rows
from kembar.storage.text_files import shown

_REASONS, _ROWS, _LONGEST_ROW = 3, 3, 100
_PLACE = r"^(.*, )?line \d+: "
_DETAIL = r"(?<=digits: ).*|'[^']*'"


def require_usable(listings: int, quarantine: DataFrame, source: str) -> None:
    """Check that some rows of a catalogue can be used.

    Args:
        listings: The number of usable rows.
        quarantine: QUARANTINE of the others.
        source: The user's name for the catalogue.

    Raises:
        NothingToDoError: No row can be used. The message has the most frequent reasons, their counts, and some rows.
    """
    if listings:
        return
    rejected = quarantine.persist()
    reason = F.regexp_replace(F.regexp_replace("reason", _PLACE, ""), _DETAIL, "…").alias("reason")
    counted = rejected.groupBy(reason).count().orderBy(F.desc("count"), "reason").collect()
    if not counted:
        raise NothingToDoError(f"{source} has no rows: there is nothing to encode")
    total = sum(row["count"] for row in counted)
    said = "; ".join(f"{row['count']} times: {shown(row.reason)}" for row in counted[:_REASONS])
    more = f"; and {len(counted) - _REASONS} other reasons" if len(counted) > _REASONS else ""
    some = rejected.orderBy(F.length("reason"), "reason").limit(_ROWS).collect()
    rows = ", ".join(f"{shown(row.row or '', _LONGEST_ROW)} ({shown(row.reason)})" for row in some)
    raise NothingToDoError(f"none of the {total} rows of {source} can be used: {said}{more}. The first are {rows}")


def require_listings(uri: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of an encoded catalogue. Raises NothingToDoError if it has no listings."""
    if "tables" in manifest and not table_rows(manifest, "listings"):
        raise NothingToDoError(
            f"{uri} has no listings: there is nothing to match; its quarantine/ says why rows could not be used"
        )
    return manifest


def require_products(listings: DataFrame, source: str) -> None:
    """Check that the labels have more than one product, and a product with two or more listings.

    Args:
        listings: LISTINGS of a catalogue to learn from.
        source: The user's name for the catalogue.

    Raises:
        NothingToDoError: There are no labels, no product with two listings, or no second product.
    """
    sizes = listings.where(F.col("label_group").isNotNull()).groupBy("label_group").count()
    products, several = sizes.agg(F.count("*"), F.count_if(F.col("count") > 1)).collect()[0]
    if products > 1 and several:
        return
    if not products:
        why = "no listing has a label_group"
    elif not several:
        why = f"no two listings share a label_group ({products} labelled listings, all of different products)"
    else:
        why = "all labelled listings are of one product"
    raise NothingToDoError(
        f"{source} has nothing to learn from: {why}; training needs more than one product, and a product with two or "
        "more listings"
    )


def require_triplets(triplets: int, source: str) -> None:
    """Raises NothingToDoError if a catalogue gave no triplets."""
    if not triplets:
        raise NothingToDoError(
            f"{source} has too few products for a triplet: the training half and the held-out half "
            "(triplets.held_out_share) each need a product with two listings and another product"
        )
