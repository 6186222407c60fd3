"""Work that threads do ahead of whoever takes the results."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Ahead(Generic[Item, Result]):
    """`map(work, items)` in order, of which `depth` results are being made before they are asked for.

    The first are begun at once, so that whoever makes one has something else to do meanwhile; results that nobody
    has taken yet never number more than `depth`, which bounds the memory that they hold.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(Ahead(pool, str.upper, ["a", "b", "c"], depth=2))
    ['A', 'B', 'C']
    """

    def __init__(self, pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], depth: int):
        self._pool, self._work, self._items = pool, work, iter(items)
        self._begun: deque[Future[Result]] = deque(pool.submit(work, item) for item in islice(self._items, depth))

    def __iter__(self) -> Iterator[Result]:
        while self._begun:
            result = self._begun.popleft().result()
            self._begun.extend(self._pool.submit(self._work, item) for item in islice(self._items, 1))
            yield result
