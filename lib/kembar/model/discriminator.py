"""The discriminator: two listings' distances to one probability that they sell the same product.

It decides in two stages. The first sees the pair alone: its distances along photo, title, words,
characters and hash. The second sees the same distances and the *gap*: by how much each
listing's best candidate is likelier than this pair. A pair at a middling distance is
a match where nothing else is nearer, and a look-alike where something is; that is what
keeps a threshold valid from a sparse catalogue to a dense one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kembar.model.curves import Curves, check_shapes
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.types import Present, Reals

MIN_LOGIT = np.float32(-30.0)
"""The first-stage logit of a pair without comparable modalities, and the best logit of a listing without candidates."""


def sigmoid(log_odds: Reals) -> Reals:
    """Probabilities of log-odds, exact to the last digit on the small side."""
    return np.asarray(expit(log_odds), dtype=np.float32)


def gap(first: Reals, best_l: Reals, best_r: Reals) -> Reals:
    """By how many log-odds the best candidates of both sides beat this pair on average, at least 0.

    Args:
        first: `[pairs]`, the pair's first-stage logit.
        best_l: `[pairs]`, the highest first-stage logit of the left side's candidates.
        best_r: `[pairs]`, the same of the right side.
    """
    return np.maximum((best_l + best_r) / 2 - first, 0.0).astype(np.float32)


@dataclass(frozen=True)
class Discriminator:
    """The decision in two stages: `first` has curves over DISTANCES, `second` over EVIDENCE (DISTANCES and the gap)."""

    first: Curves
    second: Curves

    def first_logit(self, distances: Reals, present: Present) -> Reals:
        """First-stage log-odds `[pairs]` from distances `[pairs, 5]`, by the pair alone."""
        odds = self.first.log_odds(distances, present)
        return np.where(present.any(axis=1), np.maximum(odds, MIN_LOGIT), MIN_LOGIT).astype(np.float32)

    def second_logit(self, evidence: Reals, present: Present) -> Reals:
        """Second-stage log-odds `[pairs]` from distances and gap `[pairs, 6]`."""
        odds = self.second.log_odds(evidence, present)
        return np.where(present.any(axis=1), odds, MIN_LOGIT).astype(np.float32)

    def probability(self, distances: Reals, present: Present, best_l: Reals, best_r: Reals) -> Reals:
        """Probability of a match `[pairs]`; nearly 0 if no modality can be compared."""
        apart = gap(self.first_logit(distances, present), best_l, best_r)
        return sigmoid(self.second_logit(np.column_stack([distances, apart]), present))

    @property
    def sees_gap(self) -> bool:
        """Whether the gap changes any probability."""
        return bool(self.second.slopes[:, len(DISTANCES) :].any())

    def fault(self) -> str | None:
        """What is wrong with the weights, or None."""
        return check_shapes(self.first, len(DISTANCES)) or check_shapes(self.second, len(EVIDENCE))


def best_logits(rows: int, left: NDArray[np.int64], right: NDArray[np.int64], first: Reals) -> Reals:
    """Each listing's highest first-stage logit over its candidate pairs, `[rows]`; MIN_LOGIT if it has none."""
    best = np.full(rows, MIN_LOGIT, np.float32)
    np.maximum.at(best, left, first)
    np.maximum.at(best, right, first)
    return best
