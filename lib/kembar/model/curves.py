"""A monotone additive model: log-odds are a sum of piecewise-linear functions of distances.

It is a generalised additive model (Hastie & Tibshirani 1986). It has few weights, a larger distance never raises the
probability, and each distance's contribution to the log-odds can be shown. The curves and the bias depend on which
modalities both listings have, so a title weighs more if no photo can be compared.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.schemas import EVIDENCE, MODALITIES, MODALITY_OF
from kembar.types import Present, Reals

PATTERNS = 2 ** len(MODALITIES)
KNOTS = np.array(
    [
        [0.0, 0.1, 0.25, 0.4, 0.6, 0.8, 0.95],  # image: another shot of one article is at 0.8 and more
        [0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9],  # title
        [0.0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.9],  # word
        [0.0, 0.2, 0.35, 0.5, 0.6, 0.7, 0.85],  # character
        [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85],  # hash
        [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85],  # coverage
        [0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8],  # shared_word
        [0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85],  # missing_word
        *[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]] * 7,  # what is counted
        [0.0, 0.5, 1.0, 2.0, 3.5, 6.0, 10.0],  # gap, in log-odds
    ],
    np.float32,
)
"""Where the curve of each of EVIDENCE may bend; the last segment has no end."""


_PAIRS_AT_ONCE = 4096
"""So few that their distances stay in the processor's cache."""


def pattern_of(present: Present) -> NDArray[np.int64]:
    """Which modalities are there, as one number: bool `[pairs, 3]` to `[pairs]` in 0 … 7."""
    return present.astype(np.int64) @ (1 << np.arange(len(MODALITIES)))


def modalities_of(pattern: int) -> Present:
    """The inverse of `pattern_of` for one pattern: bool `[3]`."""
    return np.array([bool(pattern >> bit & 1) for bit in range(len(MODALITIES))])


def usable_distances(distances: int) -> Reals:
    """1 where a pattern has the modality of a distance, else 0: `[8, distances]`; the gap needs none."""
    has = np.ones((PATTERNS, len(EVIDENCE)), np.float32)
    has[:, : len(MODALITY_OF)] = ((np.arange(PATTERNS)[:, None] >> np.arange(len(MODALITIES))) & 1)[:, MODALITY_OF]
    has[0] = 0.0
    return has[:, :distances]


def segments(distances: Reals) -> Reals:
    """How far each distance reaches into each segment between its knots: `[..., k]` to `[..., k, 7]`."""
    knots = KNOTS[: distances.shape[-1]]
    widths = np.concatenate([np.diff(knots, axis=1), np.full((len(knots), 1), np.inf, np.float32)], axis=1)
    return np.clip(distances[..., None] - knots, 0.0, widths).astype(np.float32)


def _shares(distances: Reals, slopes: Reals) -> Reals:
    """The shares `[k, pairs]` of distances `[k, pairs]` by slopes `[k, 7]`, a segment of all pairs at a time."""
    shares = np.zeros_like(distances)
    for share, distance, knots, curve in zip(shares, distances, KNOTS, slopes, strict=False):
        for segment in np.flatnonzero(curve):
            reach = np.maximum(distance - knots[segment], 0)
            if segment + 1 < len(knots):
                reach = np.minimum(reach, knots[segment + 1] - knots[segment])
            share -= curve[segment] * reach
    return shares


@dataclass(frozen=True)
class Curves:
    """slopes: `[8 patterns, k distances, 7 segments]`, none negative; bias: `[8 patterns]`; float32.

    The k distances are the first k of EVIDENCE.
    """

    slopes: Reals
    bias: Reals

    def evidence(self, distances: Reals, present: Present) -> Reals:
        """Each distance's share of the log-odds `[pairs, k]`: 0 at distance 0 or where missing, else negative."""
        pattern, shares = pattern_of(present), np.zeros_like(distances, np.float32)
        for p in np.unique(pattern):
            rows = np.flatnonzero(pattern == p)
            for start in range(0, len(rows), _PAIRS_AT_ONCE):
                some = rows[start : start + _PAIRS_AT_ONCE]
                shares[some] = _shares(np.ascontiguousarray(distances[some].T), self.slopes[p]).T
        return shares

    def log_odds(self, distances: Reals, present: Present) -> Reals:
        """Bias and evidence added up, `[pairs]`."""
        return self.bias[pattern_of(present)] + self.evidence(distances, present).sum(axis=1)


def check_shapes(curves: Curves, distances: int) -> str | None:
    """What is wrong with the weights of curves over so many distances, or None."""
    want = (PATTERNS, distances, KNOTS.shape[1])
    slopes, bias = curves.slopes, curves.bias
    if slopes.shape != want or bias.shape != (PATTERNS,):
        return f"expected slopes {want} and bias {(PATTERNS,)}, received {slopes.shape} and {bias.shape}"
    if not (np.isfinite(slopes).all() and np.isfinite(bias).all()):
        return "weights that are not finite"
    return "negative slopes" if (slopes < 0).any() else None
