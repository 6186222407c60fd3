"""The change log: groups that a run created, grew, shrank, merged, split or dissolved, and why.

A single listing is not a group here. If another listing joins it, a group is created. If it loses all others, its group
is dissolved.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from kembar.schemas import CHANGES

EVENTS = ("created", "grown", "shrunk", "merged", "split", "dissolved")
CHANGES_ARROW = to_arrow_schema(CHANGES)
Groups = dict[str, set[str]]
Event = tuple[str, str, int, list[str], list[str], str]


def members_of(groups: dict[str, str]) -> Groups:
    """Map each group of two or more to its listings, from the group of each listing."""
    members: Groups = defaultdict(set)
    for listing, group in groups.items():
        members[group].add(listing)
    return {group: listings for group, listings in members.items() if len(listings) > 1}


def log_changes(before: dict[str, str], after: dict[str, str], changed: set[str], run: int) -> pa.Table:
    """Compare two partitions and return CHANGES.

    An unchanged group has no row. A group that won and lost listings has two.

    Args:
        before: The group_id of each posting_id in the last run.
        after: The same in this run.
        changed: Listings whose title or photo changed.
        run: The number of this run.
    """
    status = dict.fromkeys(after.keys() - before.keys(), "new") | dict.fromkeys(before.keys() - after.keys(), "removed")
    status |= {name: "changed" for name in changed if name in before and name in after}
    events = sorted(_events(before, after, status), key=lambda event: (event[1], EVENTS.index(event[0])))
    columns = list(zip(*events, strict=True)) or [()] * 6
    arrays = [pa.array([run] * len(events), pa.int32())]
    arrays += [pa.array(column, field.type) for column, field in zip(columns, list(CHANGES_ARROW)[1:], strict=True)]
    return pa.Table.from_arrays(arrays, schema=CHANGES_ARROW)


def _events(before: dict[str, str], after: dict[str, str], status: dict[str, str]) -> Iterator[Event]:
    """Yield each event as a row without the run."""
    was, now = members_of(before), members_of(after)
    for group in was.keys() | now.keys():
        old, new = was.get(group, set()), now.get(group, set())
        if old == new:
            continue
        won, lost = sorted(new - old), sorted(old - new)
        # Old groups that the listings came from, and new groups that they went to.
        came = sorted({before[x] for x in won if before.get(x) in was} - {group})
        went = sorted({after[x] for x in lost if after.get(x) in now} - {group})
        if not old:
            yield "created", group, len(new), won, came, _why(won, status)
        elif not new:
            yield "dissolved", group, 0, lost, went, _why(lost, status)
        else:
            if won:
                yield ("merged" if came else "grown"), group, len(new), won, came, _why(won, status)
            if lost:
                yield ("split" if went else "shrunk"), group, len(new), lost, went, _why(lost, status)


def _why(listings: list[str], status: dict[str, str]) -> str:
    """
    >>> _why(["a", "b", "c"], {"a": "new", "b": "new"})
    '2 new, 1 regrouped'
    """
    counts = Counter(status.get(name, "regrouped") for name in listings)
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
