"""What a catalogue for load is made of: pages of products, each a function of seed, size and page number alone.

A page is made in memory at once, by whichever process, and pages do not know of each other: that bounds memory
and makes the result independent of who made which. Products lie in *lines* (siblings that differ in a size or a
colour), lines in *niches* (things that look and read alike), niches in *topics*. There are as many niches as eighths
of the products, so that look-alikes are as dense in a large catalogue as in a small one, and topics grow with the
square root of the catalogue.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.errors import ConfigError
from kembar.synthetic.products import draw_sizes
from kembar.types import Rows

PAGE_PRODUCTS = 8192
_MOST_LISTINGS = 2**32
_PRODUCTS_PER_NICHE, _TOPICS_AT_1000 = 8, 40
# Streams of random numbers, each independent of the others, so that a change to one leaves the rest as they are.
(
    SIZES,
    LINES,
    NICHES,
    WORDS,
    TITLE_EDITS,
    PHOTO_EDITS,
    IMAGES,
    TITLES,
    HASHES,
    MISSING,
    SKEWS,
    ORDER,
    SHARED,
) = range(13)
# Products of which the first picture is that of another: a maker's, a brand's, a stock photo.
_BORROWED_PICTURES = 0.02
# Lines of several products: with this chance, of so many.
_SIBLING_LINES, _LINE_SIZES, _LINE_WEIGHTS = 0.02, (2, 3, 4, 6), (0.6, 0.25, 0.1, 0.05)


@dataclass(frozen=True)
class Skew:
    """Shares of the listings that a naive join chokes on.

    block: have two words in common, and one 16-bit band of the perceptual hash, each chosen on its own; title: have
    one title, whatever they sell; photo: show one placeholder picture.
    """

    block: float = 0.0
    title: float = 0.0
    photo: float = 0.0


EVEN = Skew()
SKEWED = Skew(block=0.05, title=0.02, photo=0.01)
"""One block of 50,000 in a million listings, one title 20,000 times, one placeholder photo 10,000 times."""


@dataclass(frozen=True)
class Page:
    """Products of a page by line and niche, and its listings by product.

    first_listing, first_product: what number the first of each has in the catalogue; line, niche: int64 `[products]`,
    lines counted within the page; twin: bool `[products]`, not the first of its line; picture: int64 `[products]`, the
    product of the page that its first picture shows; product: int64 `[listings]`, ascending.
    """

    number: int
    first_listing: int
    first_product: int
    line: Rows
    twin: NDArray[np.bool_]
    niche: Rows
    picture: Rows
    product: Rows


@dataclass(frozen=True)
class LoadPlan:
    """A catalogue of so many listings.

    Raises:
        ConfigError: fewer than 2 listings or more than there are ids, or a share that is none.
    """

    listings: int
    seed: int = 7
    skew: Skew = EVEN

    def __post_init__(self) -> None:
        if not 2 <= self.listings <= _MOST_LISTINGS:
            raise ConfigError(f"--listings: expected 2 to {_MOST_LISTINGS}, received {self.listings}")
        for name, share in vars(self.skew).items():
            if not 0 <= share <= 1:
                raise ConfigError(f"skew {name}: expected a share from 0 to 1, received {share}")

    def generator(self, stream: int, page: int = 0) -> np.random.Generator:
        """The random numbers of one stream on one page."""
        return np.random.default_rng((self.seed, 11, stream, page))

    @cached_property
    def sizes(self) -> list[Rows]:
        """Listings of each product, by page; the last products are cut or filled so that the sum is `listings`."""
        pages: list[Rows] = []
        left = self.listings
        while left > 0:
            sizes = draw_sizes(self.generator(SIZES, len(pages)), PAGE_PRODUCTS)
            if sizes.sum() >= left - 1:
                sizes = _cut(sizes, left)
            pages.append(sizes)
            left -= int(sizes.sum())
        return pages

    @cached_property
    def products(self) -> int:
        return sum(map(len, self.sizes))

    @property
    def niches(self) -> int:
        return max(self.products // _PRODUCTS_PER_NICHE, 4)

    @property
    def topics(self) -> int:
        return max(round(_TOPICS_AT_1000 * (self.listings / 1000) ** 0.5), 4)

    @cached_property
    def topic_of_niche(self) -> Rows:
        """int64 `[niches]`; the first topics have more niches than the last."""
        share = self.generator(NICHES, 2**32).random(self.niches) ** 1.5
        return (share * self.topics).astype(np.int64)

    def pages(self) -> Iterator[Page]:
        """The pages in order."""
        listing = product = 0
        for number, sizes in enumerate(self.sizes):
            yield self._page(number, listing, product, sizes)
            listing, product = listing + int(sizes.sum()), product + len(sizes)

    def _page(self, number: int, listing: int, product: int, sizes: Rows) -> Page:
        rng = self.generator(LINES, number)
        several = rng.random(len(sizes)) < _SIBLING_LINES
        lengths = np.where(several, rng.choice(_LINE_SIZES, len(sizes), p=_LINE_WEIGHTS), 1)
        line = np.repeat(np.arange(len(sizes)), lengths)[: len(sizes)]
        twin = np.append(False, line[1:] == line[:-1])
        # A few niches are crowded, most are not: the power draws towards the first.
        niche = (self.generator(NICHES, number).random(len(sizes)) ** 1.6 * self.niches).astype(np.int64)
        places = np.arange(len(sizes))
        picture = np.maximum(places - (rng.random(len(sizes)) < _BORROWED_PICTURES), 0)
        return Page(number, listing, product, line, twin, niche[line], picture, np.repeat(places, sizes))


def _cut(sizes: Rows, listings: int) -> Rows:
    """The first of the sizes, evened out so that they sum to `listings` and none is 1, where there are 2 or more."""
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), listings)) + 1].copy()
    sizes[-1] += listings - int(sizes.sum())
    if sizes[-1] == 1 and len(sizes) > 1:
        largest = int(sizes.argmax())
        if sizes[largest] == 2:
            return np.append(sizes[:-2], 3)
        sizes[[largest, -1]] = sizes[largest] - 1, 2
    return sizes
