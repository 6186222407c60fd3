"""What a report shows of each listing: its title, photo, hash and label."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Shown:
    """Texts of n listings, each an array `[n]`, null if unknown.

    Attributes:
        title: The title.
        image: The name of the photo.
        phash: The perceptual hash.
        label: The true product.
    """

    title: pa.Array
    image: pa.Array
    phash: pa.Array
    label: pa.Array


def show_listings(posting_ids: pa.Array, encoded: pa.Table, listings: pa.Table | None) -> Shown:
    """Look up the texts of the listings `posting_ids` in ENCODED and the catalogue, if there is one.

    Without a catalogue the title is its normalised terms, and there is no photo, since only a catalogue has its name.

    Args:
        posting_ids: The listings.
        encoded: ENCODED (posting_id, phash, terms).
        listings: The catalogue (posting_id, image, title, label_group); the first row of an id counts.
    """
    codes = pc.index_in(posting_ids, encoded["posting_id"].combine_chunks())
    phash = encoded["phash"].combine_chunks().take(codes)
    nothing = pa.nulls(len(posting_ids), pa.string())
    if listings is None:
        terms = encoded["terms"].combine_chunks().take(codes)
        return Shown(pc.binary_join(terms, " ").cast(pa.string()), nothing, phash, nothing)
    rows = pc.index_in(posting_ids, pc.utf8_trim_whitespace(listings["posting_id"].combine_chunks()))
    title, image, label = (_text(listings[name], rows) for name in ("title", "image", "label_group"))
    return Shown(title, image, phash, label)


def _text(column: pa.ChunkedArray, rows: pa.Array) -> pa.Array:
    """A column's rows, trimmed, null where blank."""
    text = pc.utf8_trim_whitespace(column.combine_chunks().take(rows))
    return pc.if_else(pc.equal(text, ""), None, text)
