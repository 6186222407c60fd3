"""Keeps the latest codes of a task, so that a repeated title or photo is not encoded again.

The codes are kept for a task and not for a process. The last digits of a code depend on the other rows of its batch.
With codes from earlier tasks of the process, training would not give the same bytes again.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Any

from cachetools import LRUCache

from kembar.types import Matrix

_MOST_BYTES = 64 << 20
"""Bytes of codes in memory: 65,000 codes of photos by the shipped heads, or 13,000 embeddings of the image tower."""


class Recent:
    """A cache of codes that drops the least recently used ones first. Threads may share it.

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
        """The code under this key and the value beside it, or None."""
        with self._lock:
            return self._codes.get(key)

    def keep(self, key: Hashable, code: Matrix, beside: Any = None) -> None:
        """Keep a copy of a code `[dim]`, since a view of a row would keep its whole batch in memory."""
        with self._lock:
            if code.nbytes <= self._codes.maxsize:
                self._codes[key] = code.copy(), beside
