"""How the words of a catalogue for load are spelt: from numbers to strings, on Arrow's own kernels."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kembar.types import Rows
from load.words import BRAND, NAME, NUMBER, SLIP

_KIND = np.int64(0x7F << 56)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4)
_OTHER_VOWEL = np.uint64(31)  # steps to a syllable that is spelt another way
_SYLLABLES = pa.array([a + v + z for a in "bcdfghjklmnprstvwyz" for v in "aeiou" for z in ("", "", "", "n", "k", "s")])


def spell(words: Rows) -> pa.Array:
    """Strings of words: digits for numbers; three syllables for brands and names, two for others.

    A misspelt word differs in its second syllable, so that it shares character n-grams with what was meant.
    """
    kind, slipped = words & _KIND, words & SLIP != 0
    value = words & ~(_KIND | SLIP)
    mixed = (words & ~np.int64(SLIP)).astype(np.uint64) * _GOLDEN >> np.uint64(20)
    parts = []
    for place in range(3):
        shift = np.where(slipped & (place == 1), _OTHER_VOWEL, np.uint64(0))
        digit = (mixed // np.uint64(len(_SYLLABLES) ** place) + shift) % np.uint64(len(_SYLLABLES))
        parts.append(_SYLLABLES.take(pa.array(digit.astype(np.int32))))
    two, three = (pc.binary_join_element_wise(*parts[:length], "") for length in (2, 3))
    conditions = pa.StructArray.from_arrays(
        [pa.array(kind == k) for k in (NUMBER, BRAND, NAME)], ["number", "brand", "name"]
    )
    return pc.case_when(conditions, pa.array(value).cast(pa.string()), three, three, two)
