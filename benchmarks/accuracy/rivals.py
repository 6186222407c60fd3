"""Ways to go from probabilities to each listing's matches, for `grouping.py`: claims `[n, scored]` by threshold."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cophenet, fcluster, linkage
from scipy.spatial.distance import squareform

from accuracy.extras import square_of
from accuracy.judge import TableChoice
from kembar.clustering.linkage import least_of
from kembar.clustering.singletons import attach_singletons
from kembar.types import Reals

Claims = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass
class Way(ABC):
    """One way over one choice, which it may keep something of."""

    choice: TableChoice
    max_group: int

    @abstractmethod
    def claims(self, threshold: float, lone: float) -> Claims:
        """What each scored row claims; nothing joins a lone listing where `lone` is above 1."""


class Linkage(Way):
    """Average linkage within the components of the candidate pairs, as the product does."""

    def labels(self, threshold: float) -> Rows:
        return self.choice.group(threshold)

    def claims(self, threshold: float, lone: float) -> Claims:
        labels = attach_singletons(self.labels(threshold), self.choice.neighbours(), lone, self.max_group)
        return labels[:, None] == labels[self.choice.scored][None]


class Closure(Linkage):
    """Connected components of the candidate pairs from the threshold on."""

    def labels(self, threshold: float) -> Rows:
        return least_of(self.choice._components(threshold), np.arange(len(self.choice.product)))


class TreeLinkage(Linkage):
    """Linkage of the whole catalogue over distances of its own."""

    method = "average"

    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        self.tree = linkage(1.0 - self.likeness().astype(np.float64), self.method)

    def likeness(self) -> Reals:
        """Of all pairs, condensed, in 0 … 1."""
        return self.choice.every

    def labels(self, threshold: float) -> Rows:
        found = fcluster(self.tree, 1.0 - threshold, criterion="distance").astype(np.int64)
        return least_of(found, np.arange(len(found)))


class OddsLinkage(TreeLinkage):
    """Average linkage of log-odds: one very unlikely pair weighs more, one very likely pair too."""

    def likeness(self) -> Reals:
        sure = np.clip(self.choice.every, 1e-4, 1 - 1e-4)
        return ((np.log(sure / (1 - sure)) + 9.3) / 18.6).astype(np.float32)


class Blended(TreeLinkage):
    """Probabilities averaged with those of mutual neighbours, then average linkage (neighbourhood blending)."""

    def likeness(self) -> Reals:
        square = square_of(self.choice.table, self.choice.every)
        np.fill_diagonal(square, 1.0)
        weight = np.where(square >= 0.5, square, 0)
        moved = (weight / weight.sum(axis=1, keepdims=True)) @ square
        return ((moved + moved.T) / 2)[np.triu_indices(len(square), 1)]


class Lists(Way):
    """Each listing's own candidates from the threshold on."""

    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        chosen, scored = self.choice, np.flatnonzero(self.choice.scored)
        square = np.zeros((len(chosen.product), len(chosen.product)), np.float32)
        square[chosen.pairs.left, chosen.pairs.right] = chosen.probability
        square = square + square.T
        np.fill_diagonal(square, 2.0)
        self.chance = square[:, scored]
        self.order = np.argsort(-self.chance, axis=0, kind="stable")[: self.max_group]
        self.best = np.take_along_axis(self.chance, self.order, axis=0)

    def claims(self, threshold: float, lone: float) -> Claims:
        taken = self.best >= threshold
        taken[1] |= self.best[1] >= max(lone, 1e-6)
        return self._spread(taken)

    def _spread(self, taken: Claims) -> Claims:
        claims = np.zeros(self.chance.shape, bool)
        np.put_along_axis(claims, self.order, taken, axis=0)
        return claims


class ExpectedF1(Lists):
    """The k likeliest candidates with the highest expected F1, of those whose probability reaches the threshold.

    Expected F1 of k candidates is taken as 2 (1 + sum of theirs) / (1 + k + 1 + sum of all).
    """

    def claims(self, threshold: float, lone: float) -> Claims:
        chance = np.where(self.best[1:] >= threshold, self.best[1:], 0)
        hits, size = 1 + np.cumsum(chance, axis=0), 2 + chance.sum(axis=0)
        worth = np.concatenate([2 / size[None], 2 * hits / (np.arange(1, len(chance) + 1)[:, None] + size)])
        count = worth.argmax(axis=0)
        taken = np.arange(len(self.best))[:, None] <= count
        taken[1] |= self.best[1] >= max(lone, 1e-6)
        return self._spread(taken)


class ExpectedF1OfTree(ExpectedF1):
    """Expected-F1 sets of probabilities that average linkage has smoothed: those at which two listings merge."""

    def __init__(self, *known: Any) -> None:
        Way.__init__(self, *known)
        tree = linkage(1.0 - self.choice.every.astype(np.float64), "average")
        square = squareform(1.0 - cophenet(tree)).astype(np.float32)
        np.fill_diagonal(square, 2.0)
        self.chance = square[:, np.flatnonzero(self.choice.scored)]
        self.order = np.argsort(-self.chance, axis=0, kind="stable")[: self.max_group]
        self.best = np.take_along_axis(self.chance, self.order, axis=0)


WAYS: dict[str, type[Way]] = {
    "average linkage (the product)": Linkage,
    "connected components": Closure,
    "neighbour lists": Lists,
    "expected-F1 sets": ExpectedF1,
    "expected-F1 sets along the linkage tree": ExpectedF1OfTree,
    "average linkage of log-odds": OddsLinkage,
    "neighbourhood blending, then linkage": Blended,
}
