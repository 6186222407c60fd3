"""What a task encoded a short while ago, so that a title or photo that comes again is not encoded again.

Of a task and not of a process: the last digits of a code depend on what shares its batch, and that must not depend on
which tasks the process happened to have before. A bundle could not be trained again to the same bytes.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Any

from cachetools import LRUCache

from kembar.types import Matrix

_MOST_BYTES = 64 << 20
"""Of codes in memory: 65,000 photos' with the shipped heads, or 13,000 embeddings of the image tower."""


class Recent:
    """Codes by what they are codes of, the least recently asked for forgotten first. Threads may share one.

    >>> import numpy as np
    >>> recent = Recent(most_bytes=32)
    >>> for word in ("a", "b", "a", "c"):
    ...     recent.keep(word, np.ones(4, np.float32))
    >>> [word for word in "abc" if word in recent]
    ['a', 'c']
    """

    def __init__(self, most_bytes: int = _MOST_BYTES):
        self._codes: LRUCache[Hashable, tuple[Matrix, Any]] = LRUCache(
            most_bytes, getsizeof=lambda kept: kept[0].nbytes
        )
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._codes

    def find(self, key: Hashable) -> tuple[Matrix, Any] | None:
        """The code that was kept under this key and what was kept beside it."""
        with self._lock:
            return self._codes.get(key)

    def keep(self, key: Hashable, code: Matrix, beside: Any = None) -> None:
        """Keep a code `[dim]`: a copy, since a row of a batch would keep the whole batch in memory."""
        with self._lock:
            if code.nbytes <= self._codes.maxsize:
                self._codes[key] = code.copy(), beside
