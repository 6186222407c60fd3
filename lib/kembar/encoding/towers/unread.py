"""Encodes titles in scripts that the text tower cannot read by their terms, since the tower gives them all one code.

No tower knows all scripts. Universal Sentence Encoder Multilingual reads Latin, Cyrillic, Greek, Arabic, Hebrew, Thai,
Korean, Japanese and Chinese, but any two Tamil, Bengali, Khmer or Burmese titles have a cosine of 1.0. To find such
titles, their letters are replaced by a character that is in no vocabulary. If the embedding stays the same, the tower
had not read them.
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
# Every tower knows Latin. A test of every title would double the time of the tower.
_OTHER_LETTER = re.compile(r"[^\W\d_\u0041-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")


def embed_all(embed: Callable[[list[str]], Matrix], titles: Sequence[str]) -> Matrix:
    """Embed titles. Those that the tower cannot read get a `hashed_code`.

    Args:
        embed: The tower, from titles to L2-normalised rows `[titles, dim]`.
        titles: Normalised titles.

    Returns:
        L2-normalised rows `[titles, dim]`.
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
    """Whether at least half of the letters of a title are not Latin."""
    return 2 * len(_OTHER_LETTER.findall(title)) >= max(len(_LETTER.findall(title)), 1)


def hashed_code(title: str, dim: int) -> Matrix:
    """Encode a title as the sum of random directions `[dim]` of its terms and their pairs of characters.

    The cosine of two such codes is close to the cosine of their counts, because this is a random projection (Johnson
    and Lindenstrauss 1984).

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
