"""Distances between two titles along what tells models and sizes apart, for many pairs at once.

They are the token features of product matching: which model codes, quantities and numbers agree, are missing or
conflict, and how rare the words are that the titles share and lack. Each is 0 or near it where the titles agree and
grows with what speaks against one product, so that the discriminator's curves fall along all of them.
"""

import numpy as np
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.title_tokens import DIMENSION_BITS, NEAR, SLICES, Tokens
from kembar.schemas import TITLE_EVIDENCE
from kembar.types import Reals, Rows

_PAIRS_AT_ONCE = 8192
_MOST = 3


def compare_titles(index: CatalogueIndex, left: Rows, right: Rows) -> Reals:
    """Distances `[pairs, 10]` of the titles of rows `left` and `right` `[pairs]`, in the order of TITLE_EVIDENCE.

    Numbers of things are cut at 3 a side. Rarity is a word's inverse document frequency, 1 for a word of one title.

    - coverage: 1 less the share of the rarities of the longer title's words that are of words that both have.
    - shared_word: 1 less the rarity of the rarest word that both have.
    - missing_word: the rarity of the rarest word that only one title has; of both titles' the lesser.
    - code: 0 if a model code is shared, 1 if one stands in the other title written apart or within a longer one, 2 if
      neither title has a code, 3 if only one has, 4 if both have others.
    - other_code: how many codes of a title the other lacks; of both titles' numbers the lesser.
    - quantity: 2, plus the quantities that conflict in their dimension, or less those that agree if none conflicts.
    - number: how many numbers of a title the other lacks; of both titles' the lesser.
    - shared_number: 3 less the numbers that both have.
    - edition: edition words that only one title has.
    - colour: 0 if a colour is shared, 1 if a title names none, 2 if they name others.
    """
    found = np.empty((len(left), len(TITLE_EVIDENCE)), np.float32)
    for start in range(0, len(left), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        found[part] = _compare(index, left[part], right[part])
    return found


def _compare(index: CatalogueIndex, left: Rows, right: Rows) -> Reals:
    """`compare_titles` of so few pairs that the processor's cache holds them.

    Tokens lie as `[k, pairs]`, so that each step goes through the pairs in order of memory.
    """
    a, b = (_tokens_by_kind(index.tokens[rows]) for rows in (left, right))
    rarity = [np.ascontiguousarray(index.rarity[rows].T).astype(np.float32) for rows in (left, right)]
    words = _compare_words(a["words"], b["words"], rarity, [index.word_total[rows] for rows in (left, right)])
    shared_code = _hits(a["codes"], b["codes"]).any(axis=0)
    found = [_hits(x["codes"], y["parts"]) for x, y in ((a, b), (b, a))]
    has = [(side["codes"] != 0).any(axis=0) for side in (a, b)]
    contained = found[0].any(axis=0) | found[1].any(axis=0)
    code = np.select([shared_code, contained, has[0] & has[1], has[0] | has[1]], [0, 1, 4, 3], 2)
    numbers = [_hits(x["numbers"], y["numerals"]) for x, y in ((a, b), (b, a))]
    shared_number = _hits(a["numbers"], b["numbers"]).sum(axis=0)
    editions = [_hits(a["editions"], b["editions"]), _hits(b["editions"], a["editions"])]
    return np.column_stack(
        [
            *words,
            code,
            np.minimum(*_missing(found, a["codes"], b["codes"])),
            _compare_quantities(a["quantities"], b["quantities"]),
            np.minimum(*_missing(numbers, a["numbers"], b["numbers"])),
            _MOST - np.minimum(shared_number, _MOST),
            np.add(*_missing(editions, a["editions"], b["editions"])),
            _compare_colours(a["colours"], b["colours"]),
        ]
    ).astype(np.float32)


def _tokens_by_kind(tokens: Tokens) -> dict[str, Tokens]:
    """Tokens of titles `[pairs, WIDTH]` as `[k, pairs]` of each kind, without what no title fills."""
    across = np.ascontiguousarray(tokens.T)
    filled: NDArray[np.bool_] = np.any(across, axis=1)
    return {kind: across[columns][: np.count_nonzero(filled[columns])] for kind, columns in SLICES.items()}


def _hits(mine: Tokens, theirs: Tokens, near: int = 0) -> NDArray[np.bool_]:
    """Which of my tokens `[k, pairs]` the other title has too, or one at most `near` away."""
    found = np.zeros(mine.shape, bool)
    for token in theirs:
        found |= np.abs(mine - token) <= near if near else mine == token
    found &= mine != 0
    return found


def _missing(hits: list[NDArray[np.bool_]], *sides: Tokens) -> list[NDArray[np.int64]]:
    """How many of its tokens `[k, pairs]` each side has without a hit, at most 3; `[pairs]` each."""
    return [np.minimum(((mine != 0) & ~hit).sum(axis=0), _MOST) for hit, mine in zip(hits, sides, strict=True)]


def _compare_words(mine: Tokens, theirs: Tokens, rarity: list[Reals], total: list[Reals]) -> tuple[Reals, Reals, Reals]:
    """Coverage, shared_word and missing_word, `[pairs]` each."""
    weights = [side[: len(words)] for side, words in zip(rarity, (mine, theirs), strict=True)]
    hits = [_hits(mine, theirs), _hits(theirs, mine)]
    shared = np.where(hits[0], weights[0], 0)
    coverage = 1 - shared.sum(axis=0) / np.maximum(np.maximum(*total), 1e-6)
    lacking = [np.where(hit, 0, weight).max(axis=0, initial=0) for hit, weight in zip(hits, weights, strict=True)]
    return np.clip(coverage, 0, 1), 1 - shared.max(axis=0, initial=0), np.minimum(*lacking)


def _compare_quantities(mine: Tokens, theirs: Tokens) -> NDArray[np.int64]:
    """`[pairs]`; a quantity conflicts if the other title has its dimension and no near value."""
    hits = [_hits(mine, theirs, NEAR), _hits(theirs, mine, NEAR)]
    dimensions = [side >> DIMENSION_BITS for side in (mine, theirs)]
    measured = [_hits(dimensions[0], dimensions[1]), _hits(dimensions[1], dimensions[0])]
    conflicts = np.minimum(*((seen & ~hit).sum(axis=0) for seen, hit in zip(measured, hits, strict=True)))
    agreeing = np.minimum(*(hit.sum(axis=0) for hit in hits))
    return 2 + np.where(conflicts > 0, np.minimum(conflicts, 2), -np.minimum(agreeing, 2))


def _compare_colours(mine: Tokens, theirs: Tokens) -> NDArray[np.int64]:
    shared, named = _hits(mine, theirs).any(axis=0), mine.any(axis=0) & theirs.any(axis=0)
    return np.select([shared, named], [0, 2], 1)
