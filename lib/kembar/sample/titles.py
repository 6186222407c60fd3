"""Titles as sellers write them: the same product under many names, sizes and decorations."""

import numpy as np

from kembar.sample.products import Product
from kembar.sample.vocabulary import COLOUR_NAMES, KINDS, LANGUAGES, PREFIXES, SUFFIXES, VARIANTS

_KEEP_CODE = 0.5
_KEEP_LANGUAGE, _KEEP_BRAND, _KEEP_NAME, _KEEP_VARIANT, _KEEP_ATTRIBUTE = 0.85, 0.85, 0.75, 0.93, 0.4


def name_variant(product: Product, language: int, rng: np.random.Generator) -> str:
    """What sets a product apart from its siblings, as one of its sellers says it."""
    if product.variant_kind == "colour":
        return COLOUR_NAMES[product.variant][language]
    unit = str(rng.choice(VARIANTS[product.variant_kind].units))
    word = str(rng.choice(VARIANTS[product.variant_kind].words))
    return f"{word} {product.variant}{unit}".strip()


def _misspell(word: str, rng: np.random.Generator) -> str:
    """One slip of the keyboard: a letter left out, doubled, or swapped with the next."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = int(rng.integers(1, len(word) - 1))
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return slips[int(rng.integers(3))]


def _case(title: str, rng: np.random.Generator) -> str:
    styles = (str.title, str.upper, str.lower, str)
    return styles[int(rng.choice(4, p=(0.35, 0.2, 0.15, 0.3)))](title)


def _debris(title: str, rng: np.random.Generator) -> str:
    """What broken exports and free-hand typing leave: byte literals, line breaks, quotes, commas."""
    roll = rng.random()
    if roll < 0.02:
        escaped = "".join(chr(byte) if byte < 128 else f"\\x{byte:02x}" for byte in title.encode())
        return f'b"{escaped}"'
    if roll < 0.04:
        return title.replace(" ", "\n", 1)
    if roll < 0.07:
        return title.replace(" ", ' "', 1) + '"'
    return title.replace(" ", ", ", 2) if roll < 0.12 else title


def dress_up(parts: list[str], rng: np.random.Generator) -> str:
    """A title of these parts as a seller types it: in some order and case, misspelt, with shouts around."""
    if rng.random() < 0.5:
        parts = [parts[i] for i in rng.permutation(len(parts))]
    words = [_misspell(word, rng) if rng.random() < 0.05 else word for word in " ".join(parts).split(" ")]
    title = _case(" ".join(words), rng)
    title = str(rng.choice(PREFIXES)) + title if rng.random() < 0.3 else title
    title = title + str(rng.choice(SUFFIXES)) if rng.random() < 0.35 else title
    return _debris(title, rng)


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
