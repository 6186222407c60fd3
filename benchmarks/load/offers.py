"""Titles of a catalogue with photos: what a product is called, and what each of its sellers makes of it.

At 3,000 listings the text codes of true pairs and of nearest non-matches lie about where those of 1,499 real listings
do (`benchmarks.load` has these); words that are no language's all look alike to the text tower, so most are real.
"""

from dataclasses import dataclass, replace

import numpy as np

from kembar.synthetic.edit_titles import dress_up
from kembar.synthetic.products import Product, draw_product
from kembar.synthetic.seller_titles import name_variant
from kembar.synthetic.vocabulary import GOODS, LANGUAGES
from load.spelling import spell
from load.words import BRAND, NAME, brands_of, common_words

_COPIED = 0.18
_KEEP_WORD, _KEEP_BRAND, _KEEP_NAME, _KEEP_CODE, _KEEP_VARIANT = 0.85, 0.8, 0.75, 0.4, 0.9


@dataclass(frozen=True)
class Offer:
    """A product under a brand and a name of its own; words: what it is and what it promises, as siblings share them."""

    product: Product
    words: tuple[str, ...]

    @property
    def parts(self) -> list[tuple[str, float]]:
        """What a full title says in its order, and how often sellers keep each."""
        product = self.product
        variant = name_variant(product, LANGUAGES.index(product.language), np.random.default_rng(product.shape))
        named = [(product.brand, _KEEP_BRAND), (product.name, _KEEP_NAME), (product.code, _KEEP_CODE)]
        return [*((word, _KEEP_WORD) for word in self.words), *named, (variant, _KEEP_VARIANT)]


def name_offer(seed: int, group: int, products: int) -> Offer:
    """The offer of a group in a catalogue of so many products, whose vocabulary grows with it.

    Two of its words are of the 4,000 common ones of `benchmarks.load.words`, so that document frequencies fall as
    real ones do.
    """
    product = draw_product(seed, group)
    rng = np.random.default_rng((seed, 21, product.shape))
    brand = BRAND | int(rng.random() ** 2 * brands_of(products))
    brand, name, *common = spell(np.array([brand, NAME | product.shape, *common_words(rng, 2)])).to_pylist()
    words = (str(rng.choice(GOODS)), *product.attributes[:2], *common)
    return Offer(replace(product, brand=brand.capitalize(), name=name.capitalize()), words)


def write_offer(offer: Offer, rng: np.random.Generator) -> str:
    """One seller's title: the full one as it was copied, or what the seller kept of it."""
    if rng.random() < _COPIED:
        return " ".join(part for part, _ in offer.parts)
    kept = [part for part, share in offer.parts if rng.random() < share]
    return dress_up(kept or [offer.words[0]], rng)
