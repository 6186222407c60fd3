"""Computes results in threads before they are needed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

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


def work_ahead(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], depth: int, patience_s: int
) -> Iterator[Result]:
    """`map(work, items)`, in order, with up to `depth` results computed ahead.

    The first results are begun at once, so that the caller can do other work meanwhile. At most `depth` results wait to
    be taken, which limits memory. Iteration raises RunError if one result takes more than `patience_s` seconds.

    >>> with threads_ahead(2) as pool:
    ...     list(work_ahead(pool, str.upper, ["a", "b", "c"], depth=2, patience_s=60))
    ['A', 'B', 'C']
    """
    begun = ((item, pool.submit(work, item)) for item in items)
    waiting = deque(islice(begun, depth))

    def results() -> Iterator[Result]:
        while waiting:
            result = _wait_for(*waiting.popleft(), patience_s)
            waiting.extend(islice(begun, 1))
            yield result

    return results()


def _wait_for(item: Item, future: Future[Result], patience_s: int) -> Result:
    for _ in range(patience_s):  # in steps, so that the time of a stopped process does not count
        if wait([future], timeout=1).done:
            return future.result()
    raise RunError(
        f"{item} timed out after {patience_s} s; check the disk or object store. "
        "The setting encode.photo_seconds is the limit"
    )
