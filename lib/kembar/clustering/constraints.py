"""People's decisions as constraints on grouping: must-link and cannot-link pairs.

The constraints follow Wagstaff et al. 2001, "Constrained K-means Clustering with Background Knowledge" (ICML), here for
average linkage. A must-link pair has distance zero and merges before any other. A cannot-link pair is so far apart that
no mean over a component's pairs can compensate for it. If decisions contradict each other through a third listing,
cannot-link wins. The cap on a group's size wins over both.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.clustering.graph import component_labels
from kembar.listings.decisions import DIFFERENT, SAME
from kembar.types import Rows

_TOGETHER, _APART, _SURE = 0.0, 1e6, 1e6


@dataclass(frozen=True)
class Links:
    """Pairs that people decided about.

    Attributes:
        must_link: Rows of pairs that are the same product, `[2, pairs]`, the lower row first.
        cannot_link: Rows of pairs that are different products, `[2, pairs]`.
        absent: The number of decisions about listings that the catalogue lacks.
    """

    must_link: Rows
    cannot_link: Rows
    absent: int = 0

    def counts(self) -> dict[str, int]:
        """Count the decisions that apply and those about absent listings, for the summary."""
        return {"together": self.must_link.shape[1], "apart": self.cannot_link.shape[1], "absent": self.absent}

    @staticmethod
    def none() -> "Links":
        return Links(np.empty((2, 0), np.int64), np.empty((2, 0), np.int64))

    @cached_property
    def heights(self) -> dict[int, list[tuple[int, float]]]:
        """For each lower row of a decided pair, the higher rows and the heights of the pairs.

        Must-links are transitive. Otherwise the mean over a group's pairs might keep two of them apart.
        """
        found: dict[int, list[tuple[int, float]]] = {}
        for pairs, height in ((close(self.must_link), _TOGETHER), (self.cannot_link, _APART)):
            for left, right in pairs.T.tolist():
                found.setdefault(left, []).append((right, height))
        return found

    @cached_property
    def strangers(self) -> dict[int, set[int]]:
        """For each row the rows that must not be in its group."""
        found: dict[int, set[int]] = {}
        for left, right in self.cannot_link.T.tolist():
            found.setdefault(left, set()).add(right)
            found.setdefault(right, set()).add(left)
        return found

    def apply(self, rows: Rows, heights: NDArray[np.float64]) -> None:
        """Overwrite the heights of decided pairs among all pairs of ascending `rows` in SciPy's order, in place."""
        place = {int(row): at for at, row in enumerate(rows)} if self.heights else {}
        size = len(rows)
        for row, at in place.items():
            for other, height in self.heights.get(row, ()):
                if other in place:
                    heights[size * at - at * (at + 1) // 2 + place[other] - at - 1] = height

    def join(self, edges: DataFrame) -> DataFrame:
        """Add must-link pairs to edges `row_l, row_r, probability`, with a probability far above any mean."""
        if not self.must_link.shape[1]:
            return edges
        certain = pa.table(
            {
                "row_l": self.must_link[0],
                "row_r": self.must_link[1],
                "probability": np.full(self.must_link.shape[1], _SURE, np.float32),
            }
        )
        return edges.select(*certain.column_names).union(edges.sparkSession.createDataFrame(certain))

    def part(self, edges: DataFrame) -> DataFrame:
        """Remove cannot-link pairs from edges `row_l, row_r, …`."""
        if not self.cannot_link.shape[1]:
            return edges
        apart = edges.sparkSession.createDataFrame(
            pa.table({"row_l": self.cannot_link[0], "row_r": self.cannot_link[1]})
        )
        return edges.join(apart, ["row_l", "row_r"], "left_anti")


def close(pairs: Rows) -> Rows:
    """The transitive closure of `pairs` `[2, m]`, the lower row first.

    >>> close(np.array([[0, 4], [4, 7]])).tolist()
    [[0, 0, 4], [4, 7, 7]]
    """
    rows, place = np.unique(pairs, return_inverse=True)
    chains = component_labels(place.reshape(2, -1), len(rows))
    several = [rows[chains == chain] for chain in np.unique(chains)]
    return np.concatenate(
        [pairs[:, :0], *(chain[np.stack(np.triu_indices(len(chain), 1))] for chain in several)], axis=1
    )


def place_links(decisions: pa.Table | None, posting_ids: list[str]) -> Links:
    """Turn DECISIONS into links between a catalogue's rows; without decisions there are no links."""
    if decisions is None:
        return Links.none()
    names = pa.array(posting_ids, pa.string())
    sides = [np.asarray(pc.index_in(decisions[f"posting_id_{s}"], names).fill_null(-1)).astype(np.int64) for s in "lr"]
    pairs = np.sort(np.stack(sides), axis=0)
    known = pairs[0] >= 0
    said = [np.asarray(pc.equal(decisions["decision"], word)).astype(bool) for word in (SAME, DIFFERENT)]
    return Links(pairs[:, known & said[0]], pairs[:, known & said[1]], int((~known).sum()))
