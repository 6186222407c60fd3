"""What a product is: kind, brand, look and variant; some have a sibling that differs in one thing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.synthetic import vocabulary
from kembar.synthetic.vocabulary import ATTRIBUTES, COLOURS, KINDS, VARIANTS

_BRANDS = 400
_SIBLING_SHARE = 0.12
# Group sizes of the competition's listings (500 of its groups), with a thin tail up to its cap of 50.
_SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 18, 27, 50)
_WEIGHTS = (319, 83, 30, 21, 13, 13, 7, 3, 3, 2, 1, 3, 1, 1, 0.4, 0.2)


@dataclass(frozen=True)
class Product:
    """One group of the catalogue.

    shape: seed of the drawing, shared by siblings; variant: what sets siblings apart, as a value of its kind.
    """

    kind: str
    drawing: str
    brand: str
    name: str
    colour: str
    accent: str
    variant_kind: str
    variant: str
    attributes: tuple[str, ...]
    code: str
    language: str
    shape: int
    size: int


def _generator(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


def _word(rng: np.random.Generator, syllables: tuple[str, ...], count: int) -> str:
    return "".join(rng.choice(syllables, count)).capitalize()


def group_size(seed: int, group: int) -> int:
    """Listings of a group, at least 2, at most 50."""
    return int(draw_sizes(_generator(seed, 1, group), 1)[0])


def draw_sizes(rng: np.random.Generator, groups: int) -> NDArray[np.int64]:
    """Listings of so many groups at once, int64 `[groups]`, as `group_size` draws them."""
    weights = np.array(_WEIGHTS)
    return rng.choice(_SIZES, groups, p=weights / weights.sum())


def _line(seed: int, group: int) -> tuple[int, int]:
    """The product line of a group, and its turn in it: two siblings share a line, others have their own."""
    pair = group // 2
    has_sibling = _generator(seed, 2, pair).random() < _SIBLING_SHARE
    return (2 * pair, group % 2) if has_sibling else (group, 0)


def draw_product(seed: int, group: int) -> Product:
    """The product of a group: a function of seed and group number alone, so that any part can be made anywhere."""
    line, turn = _line(seed, group)
    rng = _generator(seed, 3, line)
    kind = str(rng.choice(list(KINDS)))
    drawing, variant_kind = KINDS[kind].drawing, KINDS[kind].variants
    colours = rng.permutation(list(COLOURS))
    values = colours if variant_kind == "colour" else rng.permutation(VARIANTS[variant_kind].values)
    brand = _word(_generator(seed, 4, int(rng.integers(_BRANDS))), vocabulary.SYLLABLES, int(rng.integers(2, 4)))
    return Product(
        kind=kind,
        drawing=drawing,
        brand=brand,
        name=_word(rng, vocabulary.NAME_SYLLABLES, int(rng.integers(2, 4))),
        colour=str(values[turn]) if variant_kind == "colour" else str(colours[0]),
        accent=str(colours[2]),
        variant_kind=variant_kind,
        variant=str(values[turn]),
        attributes=tuple(str(a) for a in rng.choice(ATTRIBUTES, 4, replace=False)),
        code=f"{''.join(rng.choice(list('ABCDEGHKLMNPRSTVXZ'), 2))}{rng.integers(10, 999)}",
        language=str(rng.choice(vocabulary.LANGUAGES, p=vocabulary.LANGUAGE_WEIGHTS)),
        shape=int(rng.integers(2**31)),
        size=group_size(seed, group),
    )
