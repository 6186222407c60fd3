"""Components that did not change since the last run keep their clusters.

The clusters of a component follow from the probabilities of its pairs. These follow from distances, which do not change
for unchanged listings, and from each side's best candidate. So a component keeps its clusters if it has the same
members, none of them new or changed, and all with the same best candidate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.types import Rows


@dataclass(frozen=True)
class UnchangedClusters:
    """The last run's grouping by row of this run, all `[n]`.

    Attributes:
        component: The last run's component; −1 for a listing that is new, changed, was in no component, or whose
            cluster had a merge near the threshold.
        cluster: The last run's cluster, −1 in the same cases.
        size: The size of the component in the last run.
        touched: Whether the listing is new, changed, or has another best candidate.
    """

    component: Rows
    cluster: Rows
    size: Rows
    touched: NDArray[np.bool_]

    @staticmethod
    def of(
        place: Rows, component: Rows, cluster: Rows, before: NDArray[np.float32], now: NDArray[np.float32]
    ) -> "UnchangedClusters":
        """Bring the last run's grouping to the rows of this run.

        Args:
            place: `[old]`, the current row of each listing of the last run, −1 if it is gone or changed.
            component: `[old]`.
            cluster: `[old]`.
            before: `[old]`, each listing's highest first-stage logit in the last run.
            now: `[n]`, the same in this run.
        """
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
        """Which of the members `rows` `[m]` of components `[m]` are in an unchanged component."""
        names, number, sizes = np.unique(component, return_inverse=True, return_counts=True)
        was = self.component[rows]
        first = np.full(len(names), -1, np.int64)
        first[number[::-1]] = was[::-1]
        same = np.ones(len(names), bool)
        np.logical_and.at(same, number, (was == first[number]) & (was >= 0) & ~self.touched[rows])
        np.logical_and.at(same, number, (self.size[rows] == sizes[number]) & (self.cluster[rows] >= 0))
        return same[number]
