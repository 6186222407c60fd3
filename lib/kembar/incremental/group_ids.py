"""Stable group ids: a group keeps the id of the last run's group with which it shares the most listings."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


def overlaps(labels: Labels, before: list[str | None]) -> list[tuple[int, str]]:
    """Pairs of a label and an old id that share listings, in descending order of shared listings.

    Of equal pairs the one whose first shared listing has the lower row comes first.

    >>> overlaps(np.array([0, 0, 2, 2]), ["a", "a", "a", None])
    [(0, 'a'), (2, 'a')]
    """
    known = np.array([name is not None for name in before], bool)
    ids = np.array([name for name in before if name is not None], dtype=object)
    if not len(ids):
        return []
    names, number = np.unique(ids, return_inverse=True)
    pairs, first, shared = np.unique(labels[known] * len(names) + number, return_index=True, return_counts=True)
    order = np.lexsort((first, -shared))
    return [(int(pair) // len(names), str(names[int(pair) % len(names)])) for pair in pairs[order]]


def name_groups(
    labels: Labels, posting_ids: list[str], before: list[str | None], used: Collection[str], run: int
) -> NDArray[np.object_]:
    """The group id of each listing `[n]`.

    A group that inherits no id gets its least posting_id, followed by the number of the run if that id is taken.

    Args:
        labels: `[n]`, rows in order of posting_id.
        posting_ids: `[n]`.
        before: The id of each listing's group in the last run, None for a new listing.
        used: Further ids that groups once had, which must not be given again.
        run: The number of this run.
    """
    given: dict[int, str] = {}
    taken: set[str] = set()
    for label, name in overlaps(labels, before):
        if label not in given and name not in taken:
            given[label] = name
            taken.add(name)
    taken |= set(used) | {name for name in before if name is not None}
    groups, first, place = np.unique(labels, return_index=True, return_inverse=True)
    names = np.empty(len(groups), dtype=object)
    for at, label in enumerate(groups.tolist()):
        if label not in given:
            given[label] = _fresh(posting_ids[first[at]], taken, run)
            taken.add(given[label])
        names[at] = given[label]
    return names[place]


def _fresh(least: str, taken: set[str], run: int) -> str:
    """
    >>> _fresh("a", {"a", "a.3"}, 3)
    'a.3.3'
    """
    name = least
    while name in taken:
        name = f"{name}.{run}"
    return name
