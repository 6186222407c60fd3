"""Runs that have nothing to work on: why not, said before anything is published."""

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
    """Check that of a catalogue's rows some can be used.

    Args:
        listings: How many can be.
        quarantine: QUARANTINE of the others.
        source: What the user calls the catalogue.

    Raises:
        NothingToDoError: none can; with the commonest reasons, how often each was given, and some rows.
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
    """The manifest of an encoded catalogue. Raises NothingToDoError where it has no listings."""
    if "tables" in manifest and not table_rows(manifest, "listings"):
        raise NothingToDoError(
            f"{uri} has no listings: there is nothing to match; its quarantine/ says why rows could not be used"
        )
    return manifest


def require_products(listings: DataFrame, source: str) -> None:
    """Check that labels say of some listings that they are one product, and of others that they are not.

    Args:
        listings: LISTINGS of a catalogue to learn from.
        source: What the user calls it.

    Raises:
        NothingToDoError: there is no such label, product of two listings, or second product.
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
        f"{source} has nothing to learn from: {why}; needed are products of two and more listings, and more than one "
        "product"
    )


def require_triplets(triplets: int, source: str) -> None:
    """Raises NothingToDoError where a catalogue gave no triplets."""
    if not triplets:
        raise NothingToDoError(
            f"{source} has too few products for a triplet: of the products that are trained on and of those that are "
            "held out (triplets.held_out_share) each needs one of two listings and another product"
        )
