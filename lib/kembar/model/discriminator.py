"""The discriminator: two listings' distances to one probability that they sell the same product.

It looks twice. The first look sees the pair alone: its distances along photo, title, words,
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
"""First look of a pair that nothing can be compared of, and of the best candidate of a listing without any."""


def sigmoid(log_odds: Reals) -> Reals:
    """Probabilities of log-odds, exact to the last digit on the small side."""
    return np.asarray(expit(log_odds), dtype=np.float32)


def gap(first: Reals, best_l: Reals, best_r: Reals) -> Reals:
    """By how many log-odds the best candidates of both sides beat this pair on average, at least 0.

    first: the pair's first look; best_l, best_r: the highest first look of any candidate of
    each side; all `[pairs]`.
    """
    return np.maximum((best_l + best_r) / 2 - first, 0.0).astype(np.float32)


@dataclass(frozen=True)
class Discriminator:
    """first: curves over DISTANCES; second: curves over EVIDENCE, which is DISTANCES and the gap."""

    first: Curves
    second: Curves

    def first_logit(self, distances: Reals, present: Present) -> Reals:
        """Log-odds `[pairs]` of distances `[pairs, 5]` by the pair alone."""
        odds = self.first.log_odds(distances, present)
        return np.where(present.any(axis=1), np.maximum(odds, MIN_LOGIT), MIN_LOGIT).astype(np.float32)

    def second_logit(self, evidence: Reals, present: Present) -> Reals:
        """Log-odds `[pairs]` of distances and gap `[pairs, 6]`."""
        odds = self.second.log_odds(evidence, present)
        return np.where(present.any(axis=1), odds, MIN_LOGIT).astype(np.float32)

    def probability(self, distances: Reals, present: Present, best_l: Reals, best_r: Reals) -> Reals:
        """Probability of a match `[pairs]`; nearly 0 where no modality can be compared."""
        apart = gap(self.first_logit(distances, present), best_l, best_r)
        return sigmoid(self.second_logit(np.column_stack([distances, apart]), present))

    def fault(self) -> str | None:
        """What is wrong with the weights, or None."""
        return check_shapes(self.first, len(DISTANCES)) or check_shapes(self.second, len(EVIDENCE))


def best_logits(rows: int, left: NDArray[np.int64], right: NDArray[np.int64], first: Reals) -> Reals:
    """Each listing's highest first look over its candidate pairs, `[rows]`; MIN_LOGIT where it has none."""
    best = np.full(rows, MIN_LOGIT, np.float32)
    np.maximum.at(best, left, first)
    np.maximum.at(best, right, first)
    return best
