"""Titles of a page as terms: every product's own, and what each seller made of them.

Words are numbers until the end. Common ones follow the Zipf-Mandelbrot law with the exponent 0.85 and the offset 11
that fit the document frequencies of `mall-dev` (the most frequent word is in 9 % of the titles, the hundredth in 1.3 %,
the thousandth in 0.2 %); brands, names and model numbers are rare, so that the vocabulary grows with the catalogue.
"""

from dataclasses import dataclass

import numpy as np

from kembar.types import Reals, Rows
from load.plan import TITLE_EDITS, WORDS, LoadPlan, Page

COMMON, TOPIC, NICHE, BRAND, NAME, NUMBER = (kind << 56 for kind in range(6))
"""What kind a word is, in its highest bits."""
SLIP = 1 << 55
"""The bit of a misspelt word."""

COMMON_WORDS = 4000
_ZIPF_EXPONENT, _ZIPF_OFFSET = 0.85, 11
_WORDS_PER_TOPIC, _WORDS_PER_NICHE = 10, 5
_TOPIC_NOUNS, _NICHE_NOUNS = (0.9, 0.6), (0.9, 0.7, 0.4)
_BRANDED, _NAMED, _NUMBERED, _SIZED = 0.75, 0.7, 0.3, 0.5
_PROMISES = 4.7
_COPIED, _REWRITTEN, _MISSPELT, _ADDED, _OWN = 0.18, 0.012, 0.03, 1.6, 0.3
_LEAST_KEPT = 0.45

Terms = tuple[Rows, Rows]
"""Which title each term belongs to, ascending, and its word; int64 `[terms]` each."""


@dataclass(frozen=True)
class Titles:
    """Titles of a page's listings. words: int64 `[terms]`, listing after listing; counts: int64 `[listings]`, how many
    each has; kept: float32 `[listings]`, the cosine of its words with its product's, 1 for an exact copy."""

    words: Rows
    counts: Rows
    kept: Reals


def common_words(rng: np.random.Generator, count: int) -> Rows:
    """Words of the trade, by the inverse of the Zipf-Mandelbrot law's distribution function."""
    power = 1 - _ZIPF_EXPONENT
    low, high = _ZIPF_OFFSET**power, (COMMON_WORDS + _ZIPF_OFFSET) ** power
    ranks = (low + rng.random(count) * (high - low)) ** (1 / power) - _ZIPF_OFFSET
    return COMMON | ranks.astype(np.int64).clip(0, COMMON_WORDS - 1)


def brands_of(products: int) -> int:
    """How many brands so many products have: a power of their number, as vocabularies grow (Heaps' law)."""
    return 20 + int(6 * products**0.6)


def gather_terms(parts: list[Terms]) -> Terms:
    owner, word = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(owner, kind="stable")
    return owner[order], word[order]


def _some(rng: np.random.Generator, share: float, words: Rows) -> Terms:
    """The words of a share of the titles, one word each."""
    chosen = np.flatnonzero(rng.random(len(words)) < share)
    return chosen, words[chosen]


def _line_words(plan: LoadPlan, page: Page, rng: np.random.Generator) -> Terms:
    """What the products of a line are called: nouns of topic and niche, brand, name, model number, promises."""
    lines = int(page.line[-1]) + 1
    niche = np.zeros(lines, np.int64)
    niche[page.line] = page.niche
    topic = plan.topic_of_niche[niche]

    def ranked(words: int) -> Rows:
        return (rng.random(lines) ** 2 * words).astype(np.int64)

    topical = [(share, TOPIC | (topic * _WORDS_PER_TOPIC + ranked(_WORDS_PER_TOPIC))) for share in _TOPIC_NOUNS]
    narrow = [(share, NICHE | (niche * _WORDS_PER_NICHE + ranked(_WORDS_PER_NICHE))) for share in _NICHE_NOUNS]
    proper = [
        (_BRANDED, BRAND | ranked(brands_of(plan.products))),
        (_NAMED, NAME | (page.first_product + np.arange(lines))),
        (_NUMBERED, NUMBER | rng.integers(10, 10_000, lines)),
    ]
    promised = np.repeat(np.arange(lines), rng.poisson(_PROMISES, lines))
    parts = [_some(rng, share, words) for share, words in (*topical, *narrow, *proper)]
    return gather_terms([*parts, (promised, common_words(rng, len(promised)))])


def _product_words(plan: LoadPlan, page: Page) -> Terms:
    """The words of every product: those of its line and, always where it has siblings, a size of its own."""
    rng = plan.generator(WORDS, page.number)
    line, word = _line_words(plan, page, rng)
    counts = np.bincount(line, minlength=int(page.line[-1]) + 1)
    owner, at = spread(counts, page.line)
    siblings = np.bincount(page.line)[page.line] > 1
    sized = np.flatnonzero(siblings | (rng.random(len(page.line)) < _SIZED))
    return gather_terms([(owner, word[at]), (sized, NUMBER | rng.integers(1, 1000, len(sized)))])


def spread(counts: Rows, chosen: Rows) -> tuple[Rows, Rows]:
    """Ragged rows taken by number: the place in `chosen` of each element, and where it lies in the flat array.

    >>> owner, at = spread(np.array([2, 1]), np.array([1, 0, 0]))
    >>> owner.tolist(), at.tolist()
    ([0, 1, 1, 2, 2], [2, 0, 1, 0, 1])
    """
    starts, lengths = (np.cumsum(counts) - counts)[chosen], counts[chosen]
    owner = np.repeat(np.arange(len(chosen)), lengths)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return owner, starts[owner] + within


def write_titles(plan: LoadPlan, page: Page) -> Titles:
    """A title for each listing of a page.

    1. Take the product's words; some sellers copy them all, most leave some out, a few write their own.
    2. Misspell some, and add words of the trade.
    3. Put them into the seller's order.
    """
    product, words = _product_words(plan, page)
    lengths = np.bincount(product, minlength=len(page.line))
    rng, listings = plan.generator(TITLE_EDITS, page.number), len(page.product)
    copied, rewritten = rng.random(listings) < _COPIED, rng.random(listings) < _REWRITTEN
    share = np.where(copied, 1.0, np.where(rewritten, 0.1, rng.uniform(_LEAST_KEPT, 1, listings)))
    listing, at = spread(lengths, page.product)
    stays = rng.random(len(at)) < share[listing]
    misspelt = stays & ~copied[listing] & (words[at] < NUMBER) & (rng.random(len(at)) < _MISSPELT)
    taken = np.where(misspelt, SLIP | words[at], words[at])[stays]
    added = np.repeat(np.arange(listings), np.where(copied, 0, rng.poisson(_ADDED, listings)))
    seller = NAME | SLIP | (page.first_listing + added)  # a word that no other seller has, such as the shop's name
    extra = np.where(rng.random(len(added)) < _OWN, seller, common_words(rng, len(added)))
    owner, written = gather_terms([(listing[stays], taken), (added, extra)])
    empty = np.setdiff1d(np.arange(listings), owner)  # a title that lost every word gets one of the trade
    owner, written = gather_terms([(owner, written), (empty, common_words(rng, len(empty)))])
    order = np.lexsort((rng.random(len(owner)) + ~copied[owner] * np.arange(len(owner)) / 4, owner))
    counts = np.bincount(owner, minlength=listings)
    right = np.bincount(listing[stays & ~misspelt], minlength=listings)
    kept = right / np.sqrt(np.maximum(lengths[page.product], 1) * counts)
    return Titles(written[order], counts, kept.astype(np.float32))
