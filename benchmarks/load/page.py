"""A page of a catalogue for load as tables: its codes, its truth, and what could not be used."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.encoding.assembly import ENCODED_ARROW
from kembar.index.vectors import normalise_rows
from kembar.listings.attributes import title_attributes
from kembar.model.bundle import Bundle
from kembar.types import Reals, Rows
from load.plan import MISSING, ORDER, SHARED, LoadPlan, Page
from load.skewed import BAND, Shared, choose_shared, share_words
from load.spelling import spell
from load.vectors import (
    IMAGE,
    TITLE,
    Hashes,
    Places,
    choose_photos,
    hashes,
    image_codes,
    place_niches,
    title_codes,
)
from load.words import write_titles

_TEXT = pa.string()
QUARANTINE_SCHEMA = pa.schema([("posting_id", _TEXT), ("row", _TEXT), ("reason", _TEXT)])
LISTINGS_SCHEMA = pa.schema([(name, _TEXT) for name in ("posting_id", "image", "image_phash", "title", "label_group")])
_NO_PHOTO, _NO_TITLE, _NO_HASH_EITHER = 0.02, 0.005, 0.6
_UNREAD = "photo not found: its name leads to no file"
_REASON = f"neither a usable photo nor a usable title; {_UNREAD}"
_ODD = 2654435761  # odd, so that i → i · _ODD mod 2³² never gives two listings one id


@dataclass(frozen=True)
class Tables:
    """ENCODED, QUARANTINE, and all listings with their truth, of a page."""

    encoded: pa.Table
    quarantine: pa.Table
    listings: pa.Table


class PageMaker:
    """Makes the pages of a plan for the encoder of a bundle."""

    def __init__(self, plan: LoadPlan, bundle: Bundle) -> None:
        self.plan, self.encoder = plan, bundle.encoder_fingerprint
        self._image_dim, self._title_dim = bundle.image_head.code_dim, bundle.title_head.code_dim

    @cached_property
    def _images(self) -> Places:
        return place_niches(self.plan, IMAGE, self._image_dim, 0)

    @cached_property
    def _titles(self) -> Places:
        return place_niches(self.plan, TITLE, self._title_dim, 1)

    def __call__(self, page: Page) -> Tables:
        """The tables of a page, its listings in an order that says nothing about products."""
        plan, n = self.plan, len(page.product)
        shared = choose_shared(plan, page)
        titles, photos = write_titles(plan, page), choose_photos(plan, page)
        image = image_codes(plan, page, self._images, photos)
        title = title_codes(plan, page, self._titles, titles.kept)
        phash = hashes(plan, page, photos)
        self._share(shared, image, title, phash)
        titles = share_words(titles, shared)
        rng = plan.generator(MISSING, page.number)
        no_photo, no_title = rng.random(n) < _NO_PHOTO, rng.random(n) < _NO_TITLE
        no_hash = no_photo & (rng.random(n) < _NO_HASH_EITHER)
        counts = np.where(no_title, 0, titles.counts)
        words = titles.words[np.repeat(~no_title, titles.counts)]
        ids = posting_ids(page.first_listing + np.arange(n), plan.seed)
        terms = _lists(counts, spell(words))
        table = pa.table(
            {
                "posting_id": ids,
                "content": ids,  # of listings that never change
                "image_embedding": _codes(image, ~no_photo),
                "title_embedding": _codes(title, ~no_title),
                "phash": _hex(phash, ~no_hash),
                "terms": terms,
                "attributes": _attributes(terms),
                "failures": _lists(no_photo.astype(np.int64), pa.array([_UNREAD] * int(no_photo.sum()), _TEXT)),
                "encoder": pa.array([self.encoder]).take(pa.array(np.zeros(n, np.int8))),
            }
        )
        order = plan.generator(ORDER, page.number).permutation(n)
        encoded = table.take(pa.array(order)).combine_chunks()
        listings = self._truth(page, encoded, order)
        blind = pc.and_(pc.is_null(encoded["image_embedding"]), pc.is_null(encoded["title_embedding"]))
        return Tables(
            encoded.filter(pc.invert(blind)).cast(ENCODED_ARROW), _quarantine(listings.filter(blind)), listings
        )

    def _share(self, shared: Shared, image: Reals, title: Reals, phash: Hashes) -> None:
        """Give listings, in place, the codes and hashes that they share."""
        rng = self.plan.generator(SHARED, 2)
        for codes, some in ((image, shared.photo), (title, shared.title)):
            codes[some] = normalise_rows(rng.standard_normal((1, codes.shape[1]), dtype=np.float32))
        one = rng.integers(0, 2**64, dtype=np.uint64)
        phash[shared.band] = (phash[shared.band] & ~BAND) | (one & BAND)
        phash[shared.photo] = ~one

    def _truth(self, page: Page, encoded: pa.Table, order: Rows) -> pa.Table:
        product = page.first_product + page.product[order]
        ids = encoded["posting_id"]
        columns = (
            ids,
            pc.binary_join_element_wise(ids, "jpg", "."),
            encoded["phash"],
            pc.binary_join(encoded["terms"], " "),
            pa.array(product).cast(_TEXT),
        )
        return pa.table(dict(zip(LISTINGS_SCHEMA.names, columns, strict=True))).cast(LISTINGS_SCHEMA)


def _attributes(terms: pa.ListArray) -> pa.Array:
    """What the titles say of models and sizes, as jobs/encode.py reads it."""
    found = [title_attributes(" ".join(title), title) for title in terms.to_pylist()]
    return pa.array(found, pa.list_(_TEXT))


def posting_ids(number: Rows, seed: int) -> pa.Array:
    """Ids of listings by their number in the catalogue, as the competition's look."""
    scattered = (number.astype(np.uint64) * np.uint64(_ODD) + np.uint64(seed * 40503)) % np.uint64(2**32)
    return pc.binary_join_element_wise("load", pa.array(scattered).cast(_TEXT), "_")


def _codes(codes: Reals, present: NDArray[np.bool_]) -> pa.Array:
    """Codes as a list column, null in the rows that have none."""
    offsets = np.concatenate([[0], np.cumsum(np.where(present, codes.shape[1], 0))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(codes[present].ravel()), mask=pa.array(~present))


def _hex(hashed: Hashes, present: NDArray[np.bool_]) -> pa.Array:
    digits = np.frombuffer(hashed.astype(">u8").tobytes().hex().encode(), "S16")
    return pa.array(digits, pa.binary(), mask=~present).cast(_TEXT)


def _lists(counts: Rows, values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), values)


def _quarantine(listings: pa.Table) -> pa.Table:
    """QUARANTINE of listings that have neither photo nor title: what jobs/encode.py says of them."""
    rows = [json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in listings.to_pylist()]
    columns = (listings["posting_id"], pa.array(rows, _TEXT), pa.array([_REASON] * len(rows), _TEXT))
    return pa.table(dict(zip(QUARANTINE_SCHEMA.names, columns, strict=True))).cast(QUARANTINE_SCHEMA)
