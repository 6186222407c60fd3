"""The groups of two and more listings, as numbers that arrays can be indexed with."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kembar.types import Rows

LONE = -1
"""The group of a listing that has none."""


@dataclass(frozen=True)
class Groups:
    """A partition: `posting_ids` of n listings, and their groups of two and more.

    ids: the group_ids `[g]`; of: each listing's group int64 `[n]`, LONE where it has none; member: the listings
    of the groups, one group after the other, those of group k at `member[start[k]:start[k + 1]]`, start `[g + 1]`.
    """

    posting_ids: pa.Array
    ids: pa.Array
    of: Rows
    start: Rows
    member: Rows

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sizes(self) -> Rows:
        """Listings of each group `[g]`."""
        return np.diff(self.start)

    def members(self, group: int) -> Rows:
        """The listings of one group."""
        return self.member[self.start[group] : self.start[group + 1]]

    def reordered(self, order: Rows) -> "Groups":
        """The same groups, the `order[k]`-th of them now the k-th."""
        place = np.empty(len(self), np.int64)
        place[order] = np.arange(len(self))
        of = np.where(self.of == LONE, LONE, place[self.of] if len(self) else LONE)
        return _number(self.posting_ids, self.ids.take(pa.array(order)), of, self.member)


def number_groups(groups: pa.Table) -> Groups:
    """The groups of a GROUPS table, in order of group_id; listings in order of posting_id."""
    listed = groups.select(["posting_id", "group_id"]).sort_by("posting_id")
    ids, named = (listed[name].combine_chunks() for name in ("posting_id", "group_id"))
    coded = pc.dictionary_encode(named)
    size = np.bincount(np.asarray(coded.indices), minlength=len(coded.dictionary))
    kept = np.flatnonzero(size > 1)
    kept = kept[np.asarray(pc.sort_indices(coded.dictionary.take(pa.array(kept))))] if len(kept) else kept
    number = np.full(max(len(coded.dictionary), 1), LONE)
    number[kept] = np.arange(len(kept))
    of = number[np.asarray(coded.indices)] if len(ids) else np.empty(0, np.int64)
    return _number(ids, coded.dictionary.take(pa.array(kept, pa.int64())), of, np.arange(len(ids)))


def _number(posting_ids: pa.Array, ids: pa.Array, of: Rows, listings: Rows) -> Groups:
    """Groups by each listing's number; members in the order in which `listings` has them."""
    grouped = listings[of[listings] != LONE]
    member = grouped[np.argsort(of[grouped], kind="stable")]
    start = np.concatenate([[0], np.cumsum(np.bincount(of[grouped], minlength=len(ids)))]).astype(np.int64)
    return Groups(posting_ids, ids, of, start, member)
