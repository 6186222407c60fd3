"""What a task encoded a short while ago, so that a title or photo that comes again is not encoded again."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

from kembar.heads import Matrix

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
        self._most_bytes, self._bytes = most_bytes, 0
        self._codes: OrderedDict[Hashable, tuple[Matrix, Any]] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._codes

    def find(self, key: Hashable) -> tuple[Matrix, Any] | None:
        """The code that was kept under this key and what was kept beside it."""
        with self._lock:
            if key in self._codes:
                self._codes.move_to_end(key)
            return self._codes.get(key)

    def keep(self, key: Hashable, code: Matrix, beside: Any = None) -> None:
        """Keep a code `[dim]`: a copy, since a row of a batch would keep the whole batch in memory."""
        with self._lock:
            if key not in self._codes:
                self._bytes += code.nbytes
            self._codes[key] = code.copy(), beside
            self._codes.move_to_end(key)
            while self._bytes > self._most_bytes:
                _, (oldest, _) = self._codes.popitem(last=False)
                self._bytes -= oldest.nbytes


_OF_PROCESS: dict[str, tuple[str, Recent]] = {}


def recent_of(kind: str, encoder: str) -> Recent:
    """What this process encoded with the named encoder; of another encoder of the kind nothing is left."""
    held = _OF_PROCESS.get(kind)
    if held is None or held[0] != encoder:
        held = _OF_PROCESS[kind] = encoder, Recent()
    return held[1]


def forget_recent() -> None:
    """Begin anew, as each task does: the last digits of a code depend on what shares its batch, and that must not
    depend on which tasks the same process had before. A bundle could not be trained again to the same bytes."""
    _OF_PROCESS.clear()
