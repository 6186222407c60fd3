"""The discriminator: two listings' distances to one probability that they sell the same product.

Log-odds = bias − Σ over distances of a rising piecewise-linear curve. Curves and
bias depend on which modalities both listings have, so that a title weighs more where
no photo can be compared. A generalised additive model (Hastie & Tibshirani 1986) in
shape: few weights, never rewarding distance, and each distance's share of the log-odds
can be shown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.distances import DISTANCES, MODALITIES, MODALITY_OF

KNOTS = np.array([0.0, 0.15, 0.3, 0.5, 0.75], np.float32)
"""Where the curves may bend; the last segment has no end."""

PATTERNS = 2 ** len(MODALITIES)


def pattern_of(present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Which modalities are there, as one number: bool `[pairs, 3]` to `[pairs]` in 0 … 7."""
    return present.astype(np.int64) @ (1 << np.arange(len(MODALITIES)))


def usable_distances() -> NDArray[np.float32]:
    """1 where a pattern has the modality of a distance, else 0: `[8, 5]`."""
    has = (np.arange(PATTERNS)[:, None] >> np.arange(len(MODALITIES))) & 1
    return has[:, MODALITY_OF].astype(np.float32)


def segments(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each distance reaches into each segment between KNOTS: `[..., 5]` to `[..., 5, 5]`."""
    widths = np.append(np.diff(KNOTS), np.float32(np.inf))
    return np.clip(distances[..., None] - KNOTS, 0.0, widths).astype(np.float32)


@dataclass(frozen=True)
class Discriminator:
    """slopes: `[8 patterns, 5 distances, 5 segments]`, none negative; bias: `[8 patterns]`; float32."""

    slopes: NDArray[np.float32]
    bias: NDArray[np.float32]

    def evidence(self, distances: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Each distance's share of the log-odds `[pairs, 5]`: 0 at distance 0 or where missing, else negative."""
        slopes = self.slopes[pattern_of(present)]
        return -np.einsum("pks,pks->pk", segments(distances), slopes)

    def log_odds(self, distances: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Bias and evidence added up, `[pairs]`."""
        return self.bias[pattern_of(present)] + self.evidence(distances, present).sum(axis=1)

    def probability(self, distances: NDArray[np.float32], present: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Probability of a match `[pairs]`; 0 where no modality can be compared."""
        odds = self.log_odds(distances, present)
        sigmoid = 0.5 * (1.0 + np.tanh(0.5 * odds))  # the form that cannot overflow
        return np.where(present.any(axis=1), sigmoid, 0.0).astype(np.float32)


def check_shapes(slopes: NDArray[np.float32], bias: NDArray[np.float32]) -> str | None:
    """What is wrong with a discriminator's weights, or None."""
    want = (PATTERNS, len(DISTANCES), len(KNOTS))
    if slopes.shape != want or bias.shape != (PATTERNS,):
        return f"expected slopes {want} and bias {(PATTERNS,)}, received {slopes.shape} and {bias.shape}"
    if not (np.isfinite(slopes).all() and np.isfinite(bias).all()):
        return "weights that are not finite"
    return "negative slopes" if (slopes < 0).any() else None
