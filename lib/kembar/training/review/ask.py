"""Which pairs to ask about: those whose answers say most about the curves, each beside those already chosen.

An answer about a pair adds p (1 − p) · x xᵀ to the Fisher information of the second stage's weights, x being how far
each distance reaches into each segment of its curve. Pairs are chosen one after the other for the largest growth of
the information's determinant (D-optimal design: Fedorov 1972, "Theory of Optimal Experiments"; for batches of
answers: Ash et al. 2021, arXiv:2106.09675): a pair that is in doubt, in a way of which nothing was asked yet.
"""

import numpy as np
from numpy.typing import NDArray

from kembar.model.curves import KNOTS, pattern_of, segments
from kembar.model.discriminator import Discriminator, sigmoid
from kembar.types import Present, Reals

POOL, _OF_A_LISTING = 20_000, 3
_PRIOR = 1e-2


def choose_pairs(
    model: Discriminator, evidence: Reals, present: Present, sides: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Places of the `count` pairs to ask about, the most telling first.

    evidence: `[m, 6]`; present: `[m, 3]`; sides: `[2, m]`, numbers of both listings, of which none is asked about more
    than three times.

    1. Of all pairs the 20,000 most in doubt.
    2. Each pattern's information apart, since each has curves of its own.
    3. Greedily the pair with the largest growth; the matrix is kept inverted (Sherman and Morrison 1950).
    """
    chance = sigmoid(model.second_logit(evidence, present)).astype(np.float64)
    doubt = chance * (1 - chance)
    pool = np.argsort(-doubt, kind="stable")[:POOL]
    rows, root = _reach(evidence[pool]), np.sqrt(doubt[pool])
    scaled = rows * root[:, None]
    pattern = pattern_of(present[pool])
    inverse = {int(p): np.eye(rows.shape[1]) / _PRIOR for p in np.unique(pattern)}
    growth = np.einsum("ij,ij->i", scaled, scaled) / _PRIOR
    asked = np.zeros(int(sides.max(initial=-1)) + 1, np.int64)
    chosen: list[int] = []
    while len(chosen) < min(count, len(pool)):
        best = int(np.argmax(growth))
        if growth[best] < 0:
            break
        growth[best] = -1.0
        ends = sides[:, pool[best]]
        if (asked[ends] >= _OF_A_LISTING).any():
            continue
        asked[ends] += 1
        chosen.append(int(pool[best]))
        same = (pattern == pattern[best]) & (growth >= 0)
        matrix = inverse[int(pattern[best])]
        toward = matrix @ scaled[best]
        shrink = 1 + scaled[best] @ toward
        growth[same] -= (scaled[same] @ toward) ** 2 / shrink
        inverse[int(pattern[best])] = matrix - np.outer(toward, toward) / shrink
        np.maximum(growth, 0.0, out=growth, where=growth > -0.5)
    return np.array(chosen, np.int64)


def _reach(evidence: Reals) -> NDArray[np.float64]:
    """The second stage's inputs `[m, 6 · 7 + 1]`, scaled to a mean of one third as in the fit, and 1 for the bias."""
    told = segments(evidence).reshape(len(evidence), evidence.shape[1] * KNOTS.shape[1]).astype(np.float64)
    told /= np.maximum(3 * told.sum(axis=0) / max(len(told), 1), 1e-3)
    return np.column_stack([told, np.ones(len(evidence))])
