"""All pairs of a catalogue of a few thousand listings, so that many settings can be judged quickly.

The product compares only candidate pairs and the pairs within a component. Here every
pair's distances are taken once, by matrix products, and looked up from then on.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.curves import KNOTS, Curves, pattern_of
from kembar.model.discriminator import Discriminator, gap, sigmoid
from kembar.model.distances import hash_distance, presence
from kembar.schemas import MODALITY_OF
from kembar.training.views import ModalityView
from kembar.types import Present, Reals

Rows = NDArray[np.int64]
_FAR = 200.0


@dataclass(frozen=True)
class PairTable:
    """Distances `[n(n−1)/2, 5]` and presence `[n(n−1)/2, 3]` in the condensed order of SciPy."""

    listings: int
    distances: Reals
    present: Present

    @staticmethod
    def of(index: CatalogueIndex) -> "PairTable":
        n = len(index)
        left, right = np.triu_indices(n, 1)
        image, title = (_cosines(codes.astype(np.float32), left, right) for codes in (index.image, index.title))
        word, character = (
            np.minimum(1.0 - (matrix @ matrix.T).toarray()[left, right], 1.0)
            for matrix in (index.words, index.characters)
        )
        bits = hash_distance(index.phash[left], index.phash[right])
        distances = np.maximum(np.column_stack([image, title, word, character, bits]), 0).astype(np.float32)
        present = presence(index, left, right)
        distances[~present[:, MODALITY_OF]] = 0.0
        return PairTable(n, distances, present)

    def place(self, left: Rows, right: Rows) -> Rows:
        """Where pairs of a lower and a higher row are."""
        return left * (2 * self.listings - left - 1) // 2 + right - left - 1

    @cached_property
    def _ends(self) -> tuple[Rows, Rows]:
        return np.triu_indices(self.listings, 1)

    def probabilities(self, model: Discriminator, best: Reals) -> Reals:
        """Of all pairs, as `kembar.scoring.score.score_rows` gives them."""
        left, right = self._ends
        first = log_odds(model.first, self.distances, self.present)
        evidence = np.column_stack([self.distances, gap(first, best[left], best[right])])
        return sigmoid(log_odds(model.second, evidence, self.present))


def _cosines(codes: Reals, left: Rows, right: Rows) -> Reals:
    return 1.0 - (codes @ codes.T)[left, right] if codes.shape[1] else np.ones(len(left), np.float32)


def log_odds(curves: Curves, distances: Reals, present: Present) -> Reals:
    """`Curves.log_odds` by interpolation: each curve's value is taken at its knots once."""
    pattern, odds = pattern_of(present), np.zeros(len(distances), np.float32)
    for p in np.unique(pattern):
        rows, total = pattern == p, float(curves.bias[p])
        for k in range(curves.slopes.shape[1]):
            if curves.slopes[p, k].any():
                knots = np.append(KNOTS[k], _FAR)
                total = total - np.interp(
                    distances[rows, k], knots, np.append(0.0, np.cumsum(curves.slopes[p, k] * np.diff(knots)))
                )
        odds[rows] = total
    return odds


@dataclass(frozen=True)
class TableWorld(ModalityView):
    """A view that looks its pairs up."""

    table: PairTable

    @cached_property
    def compared(self) -> tuple[Reals, Present]:
        """Distances and presence of the proposed pairs."""
        pairs = self.catalogue.proposed
        at = self.table.place(pairs.left, pairs.right)
        present = self.table.present[at] & self.kept
        return np.where(present[:, MODALITY_OF], self.table.distances[at], 0).astype(np.float32), present

    def all_pairs(self) -> PairTable:
        """The table through this view's modalities."""
        if self.kept.all():
            return self.table
        present = self.table.present & self.kept
        distances = np.where(present[:, MODALITY_OF], self.table.distances, 0).astype(np.float32)
        return PairTable(self.table.listings, distances, present)
