"""Codes and hashes of a page: near where listings show one thing, at the distances that real ones have.

A code is a sum of independent Gaussian parts, whose shares of the variance are the cosines that they bring about:
those of topic, niche, line and product for what is sold, and a listing's own. The spectrum falls as 1 / (1 + k / k0),
with k0 fitted to the codes of `mall-dev` by the shipped heads (their first 50 directions hold 0.43 of a photo's
variance, 0.70 of a title's). A perceptual hash says, as a real one does, which of 64 frequencies lie above their
median: frequencies that compositions have in common, that a picture has of its own, and that an edit moves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.index.vectors import normalise_rows
from kembar.types import Reals
from load.plan import HASHES, IMAGES, PHOTO_EDITS, SHARED, TITLES, LoadPlan, Page

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Space:
    """How codes of one modality spread: their spectrum, and which share of the variance topic, niche and line hold.

    varied: by how much a niche's share differs between niches, up and down.
    """

    spectrum_offset: float
    topic: float
    niche: float
    line: float
    varied: float


IMAGE = Space(spectrum_offset=35, topic=0.1, niche=0.22, line=0.55, varied=0.25)
TITLE = Space(spectrum_offset=11, topic=0.12, niche=0.33, line=0.88, varied=0.25)

_TITLE_PER_WORD, _TITLE_JITTER = 0.7, 0.35
_FIRST_SHOT, _COPIED, _HASH_KEPT = 0.65, 0.5, 0.4
_SHOT_LIKENESS = (0.9, 3.0)
_LEAST_EDIT, _MOST_EDIT = 0.006, 0.6
_HASH_PER_EDIT = 6.0
_COMPOSITIONS, _COMPOSED = 24, 0.9
_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)


def _gaussian(rng: np.random.Generator, rows: int, dim: int, offset: float) -> Reals:
    """Rows of length about one, `[rows, dim]`, with a falling spectrum."""
    spectrum = 1 / (1 + np.arange(dim) / offset)
    rows_of_one = rng.standard_normal((rows, dim), dtype=np.float32)
    rows_of_one *= np.sqrt(spectrum / spectrum.sum()).astype(np.float32)
    return rows_of_one


def _mixed(part: Reals, share: Reals | float, rest: Reals) -> Reals:
    """`share` of the variance from `part`, the rest from `rest`; `[rows, dim]`, share a number or one each."""
    shares = np.asarray(share, np.float32).reshape(-1, 1)
    return (np.sqrt(shares) * part + np.sqrt(1 - shares) * rest).astype(np.float32, copy=False)


@dataclass(frozen=True)
class Places:
    """Where topics and niches lie in one space: `[niches, dim]`, and the share that they hold in each, `[niches]`."""

    centre: Reals
    share: Reals


def place_niches(plan: LoadPlan, space: Space, dim: int, modality: int) -> Places:
    """The centres of all niches, each around its topic's."""
    rng = plan.generator(SHARED, modality)
    topics = _gaussian(rng, plan.topics, dim, space.spectrum_offset)
    own = _gaussian(rng, plan.niches, dim, space.spectrum_offset)
    both = space.topic + space.niche
    centre = _mixed(topics[plan.topic_of_niche], space.topic / both, own)
    share = both + space.varied * (2 * rng.random(plan.niches, dtype=np.float32) - 1)
    return Places(centre, share)


def _products(places: Places, space: Space, page: Page, rng: np.random.Generator) -> Reals:
    """A vector for each product `[products, dim]`, those of a line `line` alike beyond their niche."""
    dim, lines = places.centre.shape[1], int(page.line[-1]) + 1
    line = _gaussian(rng, lines, dim, space.spectrum_offset)[page.line]
    own = _mixed(line, space.line, _gaussian(rng, len(page.line), dim, space.spectrum_offset))
    return _mixed(places.centre[page.niche], places.share[page.niche], own)


def title_codes(plan: LoadPlan, page: Page, places: Places, kept: Reals) -> Reals:
    """Codes `[listings, dim]` of titles of which the share `kept` is the product's own words.

    On `mall-dev` the cosine distance of two titles' codes is about 0.7 times that of their words.
    """
    rng = plan.generator(TITLES, page.number)
    products = _products(places, TITLE, page, rng)
    noise = _gaussian(rng, len(page.product), places.centre.shape[1], TITLE.spectrum_offset)
    jitter = np.exp(_TITLE_JITTER * rng.standard_normal(len(kept), dtype=np.float32))
    cosine = np.clip(1 - _TITLE_PER_WORD * (1 - kept) * jitter, 0, 1)
    return normalise_rows(_mixed(products[page.product], cosine**2, noise))


@dataclass(frozen=True)
class Photos:
    """How a page's listings show their product, each `[listings]`: the product's first shot or one of their own, how
    like the first that is (a cosine), the share of the code's variance that an edit replaced, by how much it moved the
    hash's frequencies (1 is as much as they vary)."""

    first: NDArray[np.bool_]
    likeness: Reals
    edit: Reals
    hash_edit: Reals


def choose_photos(plan: LoadPlan, page: Page) -> Photos:
    """Copy a product's picture, edit it, or shoot another."""
    rng, n = plan.generator(PHOTO_EDITS, page.number), len(page.product)
    first, copied = rng.random(n) < _FIRST_SHOT, rng.random(n) < _COPIED
    edit = np.exp(rng.uniform(np.log(_LEAST_EDIT), np.log(_MOST_EDIT), n))
    edit = np.where(first & copied, 0, edit)
    hash_edit = np.where((rng.random(n) < _HASH_KEPT) & (edit < 0.1), 0, _HASH_PER_EDIT * edit)
    likeness = np.where(first, 1, rng.beta(*_SHOT_LIKENESS, n))
    return Photos(first, *(x.astype(np.float32) for x in (likeness, edit, hash_edit)))


def image_codes(plan: LoadPlan, page: Page, places: Places, photos: Photos) -> Reals:
    """Codes `[listings, dim]` of the photos."""
    rng, dim, offset = plan.generator(IMAGES, page.number), places.centre.shape[1], IMAGE.spectrum_offset
    product = _products(places, IMAGE, page, rng)[page.picture[page.product]]
    niche = page.niche[page.product]
    alike = places.share[niche] * rng.random(len(niche), dtype=np.float32)
    scene = _mixed(places.centre[niche], alike, _gaussian(rng, len(niche), dim, offset))
    shot = _mixed(product, photos.likeness**2, scene)
    scene[:] = _gaussian(rng, len(product), dim, offset)
    return normalise_rows(_mixed(scene, photos.edit, shot))


def hashes(plan: LoadPlan, page: Page, photos: Photos) -> Hashes:
    """64-bit hashes `[listings]`, 32 bits set in each."""
    rng = plan.generator(HASHES, page.number)
    compositions = plan.generator(SHARED, HASHES).standard_normal((_COMPOSITIONS, 64), dtype=np.float32)

    def pictures(count: int) -> Reals:
        chosen = compositions[rng.integers(0, _COMPOSITIONS, count)]
        return _mixed(chosen, (_COMPOSED * rng.random(count) ** 1.5).astype(np.float32), _noise(rng, count))

    lines = pictures(int(page.line[-1]) + 1)[page.line]
    products = np.where(page.twin[:, None], _mixed(lines, 0.8, _noise(rng, len(lines))), lines)
    seen = np.where(photos.first[:, None], products[page.picture[page.product]], pictures(len(page.product)))
    seen += photos.hash_edit[:, None] * _noise(rng, len(seen))
    return pack_hashes(seen)


def _noise(rng: np.random.Generator, count: int) -> Reals:
    return rng.standard_normal((count, 64), dtype=np.float32)


def pack_hashes(frequencies: Reals) -> Hashes:
    """Hashes `[n]` of 64 frequencies each, bit k set where frequency k lies above their median."""
    median = np.partition(frequencies, 31, axis=1)[:, 31:32]
    return (np.where(frequencies > median, _BITS, np.uint64(0))).sum(axis=1, dtype=np.uint64)
