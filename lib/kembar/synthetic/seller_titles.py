"""Titles as sellers write them: the same product under many names, sizes and decorations."""

import numpy as np

from kembar.synthetic.edit_titles import dress_up
from kembar.synthetic.products import Product
from kembar.synthetic.vocabulary import COLOUR_NAMES, KINDS, LANGUAGES, VARIANTS

_KEEP_CODE = 0.5
_KEEP_LANGUAGE, _KEEP_BRAND, _KEEP_NAME, _KEEP_VARIANT, _KEEP_ATTRIBUTE = 0.85, 0.85, 0.75, 0.93, 0.4


def name_variant(product: Product, language: int, rng: np.random.Generator) -> str:
    """What sets a product apart from its siblings, as one of its sellers says it."""
    if product.variant_kind == "colour":
        return COLOUR_NAMES[product.variant][language]
    unit = str(rng.choice(VARIANTS[product.variant_kind].units))
    word = str(rng.choice(VARIANTS[product.variant_kind].words))
    return f"{word} {product.variant}{unit}".strip()


def write_title(product: Product, rng: np.random.Generator) -> str:
    """One seller's title of a product."""
    own = rng.random() < _KEEP_LANGUAGE
    language = LANGUAGES.index(product.language) if own else int(rng.integers(len(LANGUAGES)))
    noun = KINDS[product.kind].names[language].split()
    if len(noun) > 2 and rng.random() < 0.4:
        noun = noun[: len(noun) - 1]
    parts = [" ".join(noun)]
    parts += [product.brand] if rng.random() < _KEEP_BRAND else []
    parts += [product.name] if rng.random() < _KEEP_NAME else []
    parts += [product.code] if rng.random() < _KEEP_CODE else []
    parts += [attribute for attribute in product.attributes if rng.random() < _KEEP_ATTRIBUTE]
    parts += [name_variant(product, language, rng)] if rng.random() < _KEEP_VARIANT else []
    return dress_up(parts, rng)
