"""Thresholds: chosen by the F1 of whole groups on products that the discriminator was not fitted to.

The scored listings are grouped within the whole labelled catalogue, not alone:
the more listings compete, the more wrong neighbours there are, and a threshold that
was chosen in a small pool is too low for a large one.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.clustering import Links
from kembar.clustering.graph import component_labels
from kembar.clustering.linkage import Tree, least_of, link_all
from kembar.clustering.singletons import Neighbours, attach_singletons
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import Discriminator
from kembar.scoring.score import score_rows
from kembar.training.views import CandidateRows, ModalityView
from kembar.types import Rows

MATCH_GRID = np.round(np.arange(0.06, 0.9, 0.02), 2)
LONE_GRID = np.round(np.append(np.arange(0.02, 0.9, 0.02), 1.0), 2)
LONE_HOME = 0.34
"""Of equally good lone thresholds the one near this: a listing that surely has a match gains by a join from one in
three on, whatever the catalogue (`kembar.clustering.singletons.attach_singletons`)."""
_LARGEST_TREE = 3000


def row_f1(labels: Rows, product: Rows) -> NDArray[np.float64]:
    """F1 of each row's group against its product, `[n]`."""
    n = len(labels)
    together = np.unique(labels, return_inverse=True)[1] * n + np.unique(product, return_inverse=True)[1]
    _, both, hits = np.unique(together, return_inverse=True, return_counts=True)
    sizes = [np.unique(x, return_inverse=True, return_counts=True) for x in (labels, product)]
    return 2 * hits[both] / (sizes[0][2][sizes[0][1]] + sizes[1][2][sizes[1][1]])


@dataclass(frozen=True)
class GroupingChoice:
    """A labelled catalogue grouped at each threshold of the grid, from its candidate pairs.

    Attributes:
        index: A catalogue index with best logits.
        model: The discriminator.
        pairs: The candidate pairs.
        product: `[n]`.
        scored: `[n]`, the rows whose F1 counts; the model was not fitted to their products.
    """

    index: CatalogueIndex
    model: Discriminator
    pairs: CandidateRows
    product: Rows
    scored: NDArray[np.bool_]

    @staticmethod
    def of(view: ModalityView, model: Discriminator, per_listing: int, scored: NDArray[np.bool_]) -> "GroupingChoice":
        """A view as match would group it."""
        look, proposed = view.look(model, per_listing), view.catalogue.proposed
        pairs = CandidateRows(proposed.left[look.kept], proposed.right[look.kept])
        return GroupingChoice(view.index.with_best_logits(look.best), model, pairs, view.catalogue.product, scored)

    def scoring(self, rows: NDArray[np.bool_]) -> "GroupingChoice":
        """The same grouping, which is not made again, with other rows scored."""
        if np.array_equal(rows, self.scored):
            return self
        other = replace(self, scored=rows)
        other.__dict__.update(probability=self.probability, cuts=self.cuts)  # where cached_property keeps them
        return other

    @cached_property
    def probability(self) -> NDArray[np.float32]:
        """Of each candidate pair, `[pairs]`."""
        return score_rows(self.index, self.model, self.pairs.left, self.pairs.right)

    def f1(self, groups: Rows) -> NDArray[np.float64]:
        """F1 of each scored row."""
        return row_f1(groups, self.product)[self.scored]

    @cached_property
    def cuts(self) -> dict[float, Rows]:
        """Labels of all rows by threshold, as match would give them.

        One tree a component of the lowest threshold serves every higher one: it is cut there,
        and its parts are parted further where no candidate pair above the threshold connects
        them, since match clusters nothing across components.
        """
        floor, components = next(
            (t, label)
            for t in MATCH_GRID
            if np.bincount(label := self._components(t)).max() <= _LARGEST_TREE or t == MATCH_GRID[-1]
        )
        merges = _merges_of(self._trees(components))
        grid = MATCH_GRID[floor <= MATCH_GRID]
        return {float(t): _cut(merges, self._components(t), t) for t in grid}

    def group(self, threshold: float) -> Rows:
        """Labels of all rows at one threshold."""
        if threshold in self.cuts:
            return self.cuts[threshold]
        components = self._components(threshold)
        return _cut(_merges_of(self._trees(components)), components, threshold)

    def _trees(self, components: Rows) -> list[tuple[Rows, Tree]]:
        several = [part for part in _parts(components) if len(part) > 1]
        return list(link_all(self.index, self.model, several, Links.none()))

    def _components(self, threshold: float) -> Rows:
        """Component of each row in the graph of the candidate pairs from a threshold on."""
        n, sure = len(self.index), self.probability >= threshold
        return component_labels(np.stack([self.pairs.left[sure], self.pairs.right[sure]]), n)

    def neighbours(self) -> Neighbours:
        """Each listing's most likely candidate, the lower row of equals."""
        left, right = self.pairs.left, self.pairs.right
        rows, others = np.concatenate([left, right]), np.concatenate([right, left])
        chance = np.concatenate([self.probability, self.probability])
        order = np.lexsort((others, -chance, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        return Neighbours(rows[first], others[first], chance[first])


def _parts(label: Rows) -> list[Rows]:
    """The rows of each label."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


@dataclass(frozen=True)
class _Merges:
    """All merges of some trees: a row of each side `[2, m]`, and the height `[m]`."""

    ends: Rows
    height: NDArray[np.float64]


def _merges_of(trees: list[tuple[Rows, Tree]]) -> _Merges:
    ends: list[tuple[int, int]] = []
    for rows, tree in trees:
        first = rows.tolist()  # a row of each cluster; merge i makes cluster len(rows) + i
        for left, right in tree[:, :2].astype(int).tolist():
            ends.append((first[left], first[right]))
            first.append(first[left])
    height = np.concatenate([np.zeros(0), *(tree[:, 2] for _, tree in trees)])
    return _Merges(np.array(ends, np.int64).reshape(-1, 2).T, height)


def _cut(merges: _Merges, component: Rows, threshold: float) -> Rows:
    """The least row of each row's cluster; clusters stay within `component`.

    The merges of average linkage grow in height along a tree, so those up to the cut connect its clusters.
    """
    labels = component_labels(merges.ends[:, merges.height <= 1.0 - threshold], len(component))
    _, within = np.unique(labels * len(component) + component, return_inverse=True)
    return least_of(within, np.arange(len(component)))


def curve(choices: list[GroupingChoice]) -> dict[float, float]:
    """Row-wise mean F1 by match threshold, before singletons join; the choices score disjoint rows."""
    scores: dict[float, list[NDArray[np.float64]]] = {}
    for choice in choices:
        for threshold, groups in choice.cuts.items():
            scores.setdefault(threshold, []).append(choice.f1(groups))
    return {t: float(np.concatenate(parts).mean()) for t, parts in scores.items() if len(parts) == len(choices)}


def lone_curve(choices: list[GroupingChoice], match: float, max_group: int) -> dict[float, float]:
    """Row-wise mean F1 by lone threshold, at a match threshold."""
    cuts, neighbours = [c.cuts[match] for c in choices], [c.neighbours() for c in choices]

    def f1(lone: float) -> float:
        joined = [attach_singletons(g, n, lone, max_group) for g, n in zip(cuts, neighbours, strict=True)]
        return float(np.concatenate([c.f1(g) for c, g in zip(choices, joined, strict=True)]).mean())

    return {float(lone): f1(lone) for lone in LONE_GRID}


def plateau(quality: dict[float, float], tolerance: float = 0.003) -> float:
    """The highest of the thresholds that are nearly as good as the best.

    The very peak is chance, and of equals the highest is the safest: the catalogues that a bundle
    meets are larger than the one it was trained on, and the more listings compete, the more
    wrong neighbours there are.
    """
    top = max(quality.values())
    return max(t for t, value in quality.items() if value >= top - tolerance)


def nearest_plateau(quality: dict[float, float], home: float, tolerance: float = 0.005) -> float:
    """Of the thresholds that are nearly as good as the best the nearest to `home`."""
    top = max(quality.values())
    return min((t for t, value in quality.items() if value >= top - tolerance), key=lambda t: abs(t - home))
