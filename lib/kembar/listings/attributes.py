"""What a title says of model, size and colour: model codes, quantities, numbers, editions and colours.

Two listings with nearly the same words are different products when one says "64GB" and the other "128GB". Words alone
cannot tell: each is as good as any other. So a title's attributes are read by kind, and compared by kind
(`kembar.model.title_evidence`). The words of units, editions and colours are in `attributes.toml`.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import isfinite

CODE, NUMBER, EDITION, COLOUR = "code", "number", "edition", "colour"
"""Kinds of attributes; every other kind is a dimension of `attributes.toml`, such as "memory"."""
_NUMERAL = r"\d+(?:[.,]\d+)?"
_SIZES = re.compile(rf"{_NUMERAL}(?:[x×*/]{_NUMERAL})+[a-z]{{0,2}}")
_SEPARATORS = re.compile(r"[-/.,'+&%]")
_SHORTEST_CODE, _SHORTEST_NUMBER_CODE = 4, 5


@dataclass(frozen=True)
class _Words:
    """The words of `attributes.toml`.

    Attributes:
        bases: The base unit of each dimension, as people write it.
        units: Dimension and number of base units of each unit's spelling.
        quantity: Finds a number with a unit behind it, as groups 1 and 2.
        count: Finds a number of pieces behind a word like "isi", as group 1.
        editions: Words that name an edition.
        colours: The colour that each word means.
    """

    bases: dict[str, str]
    units: dict[str, tuple[str, float]]
    quantity: re.Pattern[str]
    count: re.Pattern[str]
    editions: frozenset[str]
    colours: dict[str, str]


@cache
def attribute_words() -> _Words:
    text = (resources.files("kembar") / "listings" / "attributes.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    units = {
        word: (dimension, float(factor))
        for dimension, factors in table["units"].items()
        for factor, words in factors.items()
        if factor != "base"
        for word in words.split()
    }
    spelt = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    before = "|".join(re.escape(word) for word in table["counts"]["before"])
    return _Words(
        {dimension: factors["base"] for dimension, factors in table["units"].items()},
        units,
        re.compile(rf"(?<![\w.,])({_NUMERAL})[ -]?({spelt})(?![^\W_])"),
        re.compile(rf"(?<!\w)(?:(?:{before}) ?|x)(\d{{1,3}})(?!\w)"),
        frozenset(table["editions"]["words"].split()),
        {word: colour for colour, words in table["colours"].items() for word in words.split()},
    )


def title_attributes(normal: str, terms: list[str]) -> list[str]:
    """Attributes of a normalised title, each once, as `kind:value`, in order of their kinds.

    Args:
        normal: The title as `kembar.listings.titles.normalise_title` leaves it.
        terms: Its terms, from `kembar.listings.titles.title_terms`.

    Returns:
        Model codes without separators; quantities in the dimension's base unit; other numbers; editions; colours.

    >>> title_attributes("ssd mx500 2.5 inch 2tb blau", ["ssd", "mx", "500", "2.5", "inch", "2", "tb", "blau"])
    ['code:mx500', 'length:6.35', 'memory:2048', 'colour:blue']
    """
    words = attribute_words()
    quantities = [_quantity(*words.units[m[2]], m[1]) for m in words.quantity.finditer(normal)]
    quantities += [_quantity("count", 1, m[1]) for m in words.count.finditer(normal)]
    rest = words.count.sub(" ", words.quantity.sub(" ", normal))
    found = [attribute for chunk in rest.split() for attribute in _codes_and_numbers(chunk)]
    named = [f"{EDITION}:{term}" for term in terms if term in words.editions]
    named += [f"{COLOUR}:{words.colours[term]}" for term in terms if term in words.colours]
    codes = [each for each in found if each.startswith(CODE)]
    numbers = [each for each in found if not each.startswith(CODE)]
    return list(dict.fromkeys([*codes, *filter(None, quantities), *numbers, *named]))


def _quantity(dimension: str, factor: float, numeral: str) -> str:
    value = float(numeral.replace(",", ".")) * factor
    return f"{dimension}:{value:.6g}" if value > 0 and isfinite(value) else ""


def _codes_and_numbers(chunk: str) -> Iterator[str]:
    """The attributes of a chunk between spaces: one model code, or its numbers.

    A code has letters and digits and at least four characters, or digits alone and at least five.
    """
    chunk = chunk.strip(".,'%+/&-")
    flat = _SEPARATORS.sub("", chunk)
    digits, letters = sum(map(str.isdecimal, flat)), sum(map(str.isalpha, flat))
    if not digits or not flat.isascii():
        return
    mixed = letters and len(flat) >= _SHORTEST_CODE and not _SIZES.fullmatch(chunk)
    if mixed or (not letters and len(flat) >= _SHORTEST_NUMBER_CODE and "," not in chunk and "." not in chunk):
        yield f"{CODE}:{flat}"
    else:
        for numeral in re.findall(_NUMERAL, chunk):
            yield f"{NUMBER}:{float(numeral.replace(',', '.')):g}"
