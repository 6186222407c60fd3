"""A title's tokens as one row of whole numbers, by which many pairs of titles are compared at once.

The columns of a row go by kind, and 0 fills what a title has fewer of. A title with more keeps the first ones; of
words these are the rarest. Tokens are hashes of 31 bits, so that two are equal by chance once in two thousand million.
"""

import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from kembar.listings.attributes import CODE, COLOUR, EDITION, NUMBER

Tokens = NDArray[np.int32]

_WIDTHS = {
    **{"words": 20, "codes": 5, "parts": 32, "quantities": 6, "numbers": 6, "numerals": 12},
    **{"editions": 5, "colours": 4},
}
_STARTS = dict(zip(_WIDTHS, np.cumsum([0, *_WIDTHS.values()]).tolist(), strict=False))
WIDTH = sum(_WIDTHS.values())
"""Numbers of a row."""
SLICES = {kind: slice(_STARTS[kind], _STARTS[kind] + width) for kind, width in _WIDTHS.items()}
"""The columns of each kind.

words: the rarest words, from the rarest on; codes: model codes; parts: what a model code of another title may equal:
codes, and neighbouring terms written together; quantities: `quantity_token`; numbers: numbers that are no quantity;
numerals: all numbers of the title; editions, colours.
"""
WORDS = _WIDTHS["words"]
_MOST_JOINED, _LEAST_PART = 5, 4
DIMENSION_BITS = 20
"""A quantity's token shifted right by so many bits is its dimension's."""
_STEPS = 1 << DIMENSION_BITS
_LOGARITHMS = 40.0
NEAR = int(0.03 / _LOGARITHMS * _STEPS)
"""Tokens of one dimension that differ by at most so much are of quantities within 3 %."""


def quantity_token(dimension: str, value: float) -> int:
    """A quantity as one number: equal dimensions share the upper 11 bits, and near values have near numbers.

    The lower 20 bits are the natural logarithm from -20 to 20. `value` is above 0.
    """
    place = int((np.log(value) + _LOGARITHMS / 2) / _LOGARITHMS * (_STEPS - 1))
    return (_token(dimension) % 2047 + 1) * _STEPS + min(max(place, 0), _STEPS - 1)


def _token(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % (2**31 - 1) + 1


def _parts(codes: list[str], terms: list[str]) -> Iterator[str]:
    """Codes, and runs of two to five neighbouring terms with a digit, which another title may write as one code."""
    yield from codes
    for length in range(1, _MOST_JOINED + 1):
        for start in range(len(terms) - length + 1):
            joined = "".join(terms[start : start + length]).replace(".", "")
            if len(joined) >= _LEAST_PART and any(map(str.isdecimal, joined)):
                yield joined


def token_row(attributes: Iterable[str], terms: list[str]) -> Tokens:
    """The tokens of a title but for its words, which need the catalogue's frequencies: int32 `[WIDTH]`.

    Args:
        attributes: As `kembar.listings.attributes.title_attributes`.
        terms: The title's terms in order.
    """
    found: dict[str, list[int]] = {kind: [] for kind in _WIDTHS}
    codes = []
    for attribute in attributes:
        kind, _, value = attribute.partition(":")
        if kind == CODE:
            codes.append(value)
        elif kind in (NUMBER, EDITION, COLOUR):
            found[f"{kind}s"].append(_token(value))
        else:
            found["quantities"].append(quantity_token(kind, float(value)))
    found["codes"] = [_token(code) for code in codes]
    found["parts"] = [_token(part) for part in dict.fromkeys(_parts(codes, terms))]
    numerals = (f"{float(term):g}" for term in terms if term[0].isdecimal() and term.count(".") < 2)
    found["numerals"] = [_token(numeral) for numeral in dict.fromkeys(numerals)]
    row = np.zeros(WIDTH, np.int32)
    for kind, tokens in found.items():
        kept = tokens[: _WIDTHS[kind]]
        row[_STARTS[kind] : _STARTS[kind] + len(kept)] = kept
    return row


def rarest_words(
    words: csr_array, frequency: NDArray[np.int32]
) -> tuple[Tokens, NDArray[np.float16], NDArray[np.float32]]:
    """Each title's rarest words, from the rarest on.

    Args:
        words: `[n, buckets]`, which words a title has.
        frequency: `[buckets]`, in how many titles a word stands.

    Returns:
        Tokens `[n, WORDS]`; rarity `[n, WORDS]`, the words' inverse document frequency from 0 (in every title) to 1 (in
        one title); total `[n]`, the rarities of all words of a title added up.
    """
    n = words.shape[0]
    row = np.repeat(np.arange(n), np.diff(words.indptr))
    most = np.log((1 + n) / 2) + 1
    rarity = ((np.log((1 + n) / (1 + frequency[words.indices].astype(np.float64))) + 1) / most).astype(np.float32)
    order = np.lexsort((words.indices, -rarity, row))
    rank = np.arange(len(row)) - np.repeat(words.indptr[:-1], np.diff(words.indptr))
    kept = order[rank < WORDS]
    at = row[kept], rank[rank < WORDS]
    tokens, weights = np.zeros((n, WORDS), np.int32), np.zeros((n, WORDS), np.float16)
    tokens[at] = words.indices[kept] + 1
    weights[at] = rarity[kept]
    return tokens, weights, np.bincount(row, rarity, n).astype(np.float32)
