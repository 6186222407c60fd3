"""Components in which nothing changed since the last run: their clusters are those that they had.

The clusters of a component follow from the probabilities of the pairs within it, and those from distances, which a
pair of unchanged listings keeps, and from each side's best candidate. A component of which no member is new, changed
or has another best candidate, and which has the members that it had, is therefore clustered as it was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.types import Rows


@dataclass(frozen=True)
class UnchangedClusters:
    """The last run's grouping by row of this one, `[n]` each: component and cluster, −1 for a listing that is new,
    changed or was in no component, or whose cluster hung on a hair; size: of the component in the last run; touched:
    new, changed, or with another best candidate."""

    component: Rows
    cluster: Rows
    size: Rows
    touched: NDArray[np.bool_]

    @staticmethod
    def of(
        place: Rows, component: Rows, cluster: Rows, before: NDArray[np.float32], now: NDArray[np.float32]
    ) -> "UnchangedClusters":
        """place: `[old]`, the row that each listing of the last run has now, −1 where it is gone or changed; component,
        cluster: `[old]`, by rows of the last run; before `[old]` and now `[n]`: the best first looks."""
        kept = place >= 0
        rows, touched = place[kept], np.ones(len(now), bool)
        touched[rows] = before[kept] != now[rows]
        sizes = np.bincount(component[component >= 0], minlength=len(place))

        def here(values: Rows) -> Rows:
            found = np.full(len(now), -1, np.int64)
            found[rows] = values[kept]
            return found

        heads = np.where(cluster >= 0, place[np.maximum(cluster, 0)], -1)
        return UnchangedClusters(here(component), here(heads), here(sizes[np.maximum(component, 0)]), touched)

    def find(self, rows: Rows, component: Rows) -> NDArray[np.bool_]:
        """Which of the members `rows` `[m]` of components `[m]` are in one that is as it was."""
        names, number, sizes = np.unique(component, return_inverse=True, return_counts=True)
        was = self.component[rows]
        first = np.full(len(names), -1, np.int64)
        first[number[::-1]] = was[::-1]
        same = np.ones(len(names), bool)
        np.logical_and.at(same, number, (was == first[number]) & (was >= 0) & ~self.touched[rows])
        np.logical_and.at(same, number, (self.size[rows] == sizes[number]) & (self.cluster[rows] >= 0))
        return same[number]
