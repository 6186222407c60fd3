"""Computes results in threads before they are needed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import Generic, TypeVar

from kembar.errors import RunError

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def threads_ahead(threads: int) -> Iterator[Executor]:
    """A pool of threads that is not joined at its end, so that a hanging thread does not hold up the process."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Ahead(Generic[Item, Result]):
    """`map(work, items)`, in order, with up to `depth` results computed ahead.

    The first results are begun at once, so that the caller can do other work meanwhile. At most `depth` results wait to
    be taken, which limits memory. Iteration raises RunError if one result takes more than `patience_s` seconds.

    >>> with threads_ahead(2) as pool:
    ...     list(Ahead(pool, str.upper, ["a", "b", "c"], depth=2, patience_s=60))
    ['A', 'B', 'C']
    """

    def __init__(
        self, pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], depth: int, patience_s: int
    ):
        self._pool, self._work, self._items, self._patience_s = pool, work, iter(items), patience_s
        self._begun: deque[tuple[Item, Future[Result]]] = deque()
        self._begin(depth)

    def _begin(self, count: int) -> None:
        self._begun.extend((item, self._pool.submit(self._work, item)) for item in islice(self._items, count))

    def __iter__(self) -> Iterator[Result]:
        while self._begun:
            result = self._wait_for(*self._begun.popleft())
            self._begin(1)
            yield result

    def _wait_for(self, item: Item, future: Future[Result]) -> Result:
        for _ in range(self._patience_s):  # in steps, so that the time of a stopped process does not count
            if wait([future], timeout=1).done:
                return future.result()
        raise RunError(
            f"{item} timed out after {self._patience_s} s; check the disk or object store. "
            "The setting encode.photo_seconds is the limit"
        )
