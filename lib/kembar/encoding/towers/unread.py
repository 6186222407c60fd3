"""Titles in scripts that a text tower does not know: coded by their terms, since the tower gives all of them one code.

A tower's vocabulary ends somewhere. Universal Sentence Encoder Multilingual reads Latin, Cyrillic, Greek, Arabic,
Hebrew, Thai, Korean, Japanese and Chinese, but two different Tamil, Bengali, Khmer or Burmese titles have a cosine of
1.0. What it does not read is found by asking it: where letters can be replaced by a character that no vocabulary has,
and the embedding stays the same, they were not read.
"""

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from kembar.index.vectors import normalise_rows
from kembar.listings.titles import title_terms
from kembar.types import Matrix

_UNKNOWN = "\ue000"
_SAME = 0.9999
# Every tower knows Latin; to ask about each title would take the tower twice as long.
_OTHER_LETTER = re.compile(r"[^\W\d_\u0041-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")


def embed_all(embed: Callable[[list[str]], Matrix], titles: Sequence[str]) -> Matrix:
    """The embeddings of normalised titles, those that the tower cannot read made of their terms.

    Args:
        embed: The tower: titles to L2-normalised rows `[titles, dim]`.
        titles: Normalised titles.
    """
    embedded = embed(list(titles))
    asked = [row for row, title in enumerate(titles) if _mostly_other(title)]
    if asked:
        blanked = embed([_OTHER_LETTER.sub(_UNKNOWN, titles[row]) for row in asked])
        same = (embedded[asked] * blanked).sum(axis=1) >= _SAME
        for row in np.asarray(asked)[same]:
            embedded[row] = hashed_code(titles[row], embedded.shape[1])
    return embedded


def _mostly_other(title: str) -> bool:
    """Whether at least half of a title's letters are of another script than Latin."""
    return 2 * len(_OTHER_LETTER.findall(title)) >= max(len(_LETTER.findall(title)), 1)


def hashed_code(title: str, dim: int) -> Matrix:
    """A title as the sum of a random direction for each of its terms and of their pairs of characters, `[dim]`.

    The cosine of two such codes is about that of their counts (random projection; Johnson and Lindenstrauss 1984).

    >>> one, other = hashed_code("சேலை சிவப்பு", 512), hashed_code("சேலை பச்சை", 512)
    >>> round(float(one @ one), 3), 0.1 < float(one @ other) < 0.9
    (1.0, True)
    """
    terms = title_terms(title)
    pairs = [f"{term[i : i + 2]}\t" for term in terms for i in range(len(term) - 1)]
    total = sum((_direction(part, dim) for part in [*terms, *pairs]), np.zeros(dim, np.float32))
    return normalise_rows(total[None])[0]


def _direction(part: str, dim: int) -> Matrix:
    seed = zlib.crc32(part.encode("utf-8", "surrogatepass"))
    return np.random.default_rng(seed).standard_normal(dim, dtype=np.float32)
