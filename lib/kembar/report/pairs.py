"""The pairs that a report shows: all pairs within groups, and the most likely pairs across a group's border."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.report.groups import LONE, Groups
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.types import Rows

FIGURES = (
    "probability",
    "prior",
    *(f"{name}_evidence" for name in EVIDENCE),
    *(f"{name}_distance" for name in DISTANCES),
    "gap",
)
"""The report's figures of a pair, in this order; a distance is NaN if a side lacks the modality."""


@dataclass(frozen=True)
class Pairs:
    """m pairs of listings.

    Attributes:
        left: int64 `[m]`.
        right: int64 `[m]`.
        probability: float32 `[m]`.
        blocks: int64 `[m]`, a bit set of `sources`.
        sources: The names of the bits.
        columns: A table of FIGURES with m rows. It stays in Arrow, since the report needs few of its rows.
    """

    left: Rows
    right: Rows
    probability: NDArray[np.float32]
    blocks: Rows
    sources: tuple[str, ...]
    columns: pa.Table

    def __len__(self) -> int:
        return len(self.left)

    @property
    def figures(self) -> NDArray[np.float32]:
        """FIGURES of each pair `[m, len(FIGURES)]`."""
        columns = [np.asarray(pc.fill_null(self.columns[name], np.nan), dtype=np.float32) for name in FIGURES]
        return np.column_stack(columns)

    def take(self, rows: Rows) -> "Pairs":
        """Some of the pairs."""
        columns = self.columns.take(pa.array(rows))
        ends = self.left[rows], self.right[rows]
        return Pairs(*ends, self.probability[rows], self.blocks[rows], self.sources, columns)


@dataclass(frozen=True)
class Border:
    """The nearest neighbours of each group (other groups or singletons), each with its most likely pair.

    Entries are in order of group, and the nearest neighbour comes first.

    Attributes:
        group: int64 `[b]`.
        inside: int64 `[b]`, the listing of the pair in the group.
        outside: int64 `[b]`, the other listing.
        pair: int64 `[b]`, the row of the pair in the Pairs.
        linkage: `[b]`, the mean probability over all pairs with the neighbour, between 0 and 1.
    """

    group: Rows
    inside: Rows
    outside: Rows
    pair: Rows
    linkage: NDArray[np.float64]

    def nearest(self, groups: int) -> NDArray[np.float64]:
        """The linkage of each of so many groups to its nearest neighbour; 0 where it has none."""
        nearest = np.zeros(groups)
        np.maximum.at(nearest, self.group, self.linkage)
        return nearest


def place_pairs(matches: pa.Table, groups: Groups) -> Pairs:
    """Turn a MATCHES table into Pairs, without pairs of listings that GROUPS lacks."""
    sides = [pc.index_in(matches[f"posting_id_{side}"], groups.posting_ids) for side in "lr"]
    left, right = (np.asarray(pc.fill_null(side, LONE), dtype=np.int64) for side in sides)
    blocks, sources = _read_blocks(matches["blocks"])
    probability = np.asarray(matches["probability"], dtype=np.float32)
    pairs = Pairs(left, right, probability, blocks, sources, matches.select(FIGURES))
    unknown = (left == LONE) | (right == LONE)
    return pairs.take(np.flatnonzero(~unknown)) if unknown.any() else pairs


def _read_blocks(column: pa.ChunkedArray) -> tuple[Rows, tuple[str, ...]]:
    """Lists of block sources as bit sets, and the sources that the bits stand for."""
    lists = column.combine_chunks()
    coded = pc.dictionary_encode(lists.flatten())
    sizes = np.asarray(pc.fill_null(lists.value_lengths(), 0), dtype=np.int64)
    bits = np.zeros(len(lists), np.int64)
    np.bitwise_or.at(bits, np.repeat(np.arange(len(lists)), sizes), 1 << np.asarray(coded.indices, dtype=np.int64))
    return bits, tuple(coded.dictionary.to_pylist())


def inner_pairs(pairs: Pairs, groups: Groups) -> Pairs:
    """The pairs within groups, one group after the other."""
    group = groups.of[pairs.left]
    rows = np.flatnonzero((group == groups.of[pairs.right]) & (group != LONE))
    return pairs.take(rows[np.argsort(group[rows], kind="stable")])


def border_pairs(pairs: Pairs, groups: Groups, per_group: int) -> Border:
    """Find the `per_group` nearest neighbours of each group. A pair between two groups is on both borders.

    The nearness of a neighbour is the mean probability over all pairs with it, as in average linkage. A pair that was
    not compared counts as 0, since its listings had more likely candidates.

    1. Take each pair across a border, from each side that has a group.
    2. Find each group's neighbours, with their linkage and most likely pair.
    3. Keep the nearest of each group.
    """
    across = np.flatnonzero(groups.of[pairs.left] != groups.of[pairs.right])
    inside = np.concatenate([pairs.left[across], pairs.right[across]])
    outside = np.concatenate([pairs.right[across], pairs.left[across]])
    pair = np.concatenate([across, across])
    kept = groups.of[inside] != LONE
    inside, outside, pair = inside[kept], outside[kept], pair[kept]
    chance = pairs.probability[pair].astype(np.float64)

    span = len(groups) + len(groups.of)  # neighbours are numbered: groups first, then listings
    other = np.where(groups.of[outside] == LONE, len(groups) + outside, groups.of[outside])
    key, met = np.unique(groups.of[inside] * span + other, return_inverse=True)
    group, neighbour = np.divmod(key, span)
    sizes = np.append(groups.sizes, 1)
    many = sizes[group] * sizes[np.minimum(neighbour, len(groups))]
    linkage = np.bincount(met, chance, minlength=len(key)) / many

    likeliest = np.lexsort((outside, inside, -chance, met))
    likeliest = likeliest[np.diff(met[likeliest], prepend=-1) != 0]
    order = np.lexsort((key, -chance[likeliest], -linkage, group))
    order = order[_rank_within(group[order]) < per_group]
    best = likeliest[order]
    return Border(group[order], inside[best], outside[best], pair[best], linkage[order])


def _rank_within(group: Rows) -> Rows:
    """For groups that lie one after the other, each entry's place in its group."""
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    return np.arange(len(group)) - np.repeat(begins, np.diff(np.append(begins, len(group))))
