"""The versions of the algorithms that results depend on.

Raise a version when the same input gives other results than before. The versions are part of the fingerprints by which
a run decides what it can reuse of an earlier run, so results of two versions are never mixed. A test with a tiny fixed
catalogue notices changed results (`tests/test_algorithms.py`).
"""

PHOTOS = 2
"""From the bytes of a photo to its pixels and its hash."""
TITLES = 3
"""From a title to its normal form, its terms and its attributes."""
WORDS = 3
"""From terms to hashed words and character n-grams with their weights, and to tokens."""
BLOCKING = 1
"""From a catalogue's codes to proposed pairs."""
SCORING = 2
"""From two listings to their distances and their probability."""
CLUSTERING = 1
"""From scored pairs to groups."""


def algorithm_versions() -> dict[str, int]:
    """All versions, as a manifest has them.

    >>> sorted(algorithm_versions())
    ['blocking', 'clustering', 'photos', 'scoring', 'titles', 'words']
    """
    return {name.lower(): value for name, value in globals().items() if name.isupper() and isinstance(value, int)}
