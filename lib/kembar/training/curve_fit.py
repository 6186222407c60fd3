"""Fits the monotone additive model to labelled pairs, a convex problem, so the same pairs always give the same curves.

Training on triplets shapes the codes but gives no probabilities, since half of the pairs of triplets match, and far
fewer candidate pairs do. Therefore the curves are fitted to the candidate pairs themselves, by penalised maximum
likelihood under the constraint that no slope is negative.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from kembar.model.curves import KNOTS, segments
from kembar.model.discriminator import sigmoid
from kembar.types import Reals

WEAK = 1e-5
"""A penalty on squared weights, in units of mean log-loss, that only keeps empty segments at zero."""
_MOST_PAIRS = 100_000
_FLOOR = 1e-3
_STEPS = 300


@dataclass(frozen=True)
class PatternCurves:
    """The curves of one pattern of modalities: slopes `[k distances, 7 segments]`, none negative, and bias."""

    slopes: Reals
    bias: float

    def log_odds(self, distances: Reals) -> Reals:
        """`[pairs]` of distances `[pairs, k]`."""
        return self.bias - np.einsum("pks,ks->p", segments(distances), self.slopes)


@dataclass(frozen=True)
class PairExamples:
    """Labelled pairs of one pattern: distances `[m, k]`, same `[m]` whether they are one product, weight `[m]`."""

    distances: Reals
    same: NDArray[np.bool_]
    weight: NDArray[np.float64]

    @staticmethod
    def join(parts: list["PairExamples"]) -> "PairExamples":
        """All of them, each part with the same total weight: a large catalogue must not outvote a small one."""
        kept = [part for part in parts if len(part.same)]
        weight = [part.weight / part.weight.sum() for part in kept]
        distances, same = np.concatenate([p.distances for p in kept]), np.concatenate([p.same for p in kept])
        return PairExamples(distances, same, np.concatenate(weight))._thinned()

    def with_share(self, share: float) -> "PairExamples":
        """The same pairs, weighted so that matches are a `share` of them."""
        now = float(self.weight[self.same].sum() / self.weight.sum())
        scale = np.where(self.same, share / now, (1 - share) / max(1 - now, 1e-9))
        return PairExamples(self.distances, self.same, self.weight * scale)

    def _thinned(self) -> "PairExamples":
        """Every match, and evenly taken non-matches with their weight made up for, where there are very many pairs."""
        non_matches = np.flatnonzero(~self.same)
        step = -(-len(non_matches) // _MOST_PAIRS)
        if step <= 1:
            return self
        weight = self.weight.copy()
        weight[non_matches] *= step
        kept = np.sort(np.concatenate([np.flatnonzero(self.same), non_matches[::step]]))
        return PairExamples(self.distances[kept], self.same[kept], weight[kept])


def fit_curves(
    examples: PairExamples,
    usable: NDArray[np.bool_],
    prior: PatternCurves | None = None,
    strength: float = WEAK,
    begin: PatternCurves | None = None,
) -> PatternCurves:
    """Fit curves that maximise the likelihood of the examples.

    Each column of segments is scaled to a mean of one third, so that a penalty means the same for all.

    Args:
        examples: Labelled pairs of one pattern.
        usable: Which distances the pattern has, `[k]`; the others keep slope 0.
        prior: What the curves are drawn to; zero where None.
        strength: How strongly.
        begin: Where the search begins; at the prior where None. The problem is convex: it only saves steps.
    """
    k, width = len(usable), KNOTS.shape[1]
    columns = np.repeat(usable, width)
    reach = segments(examples.distances).reshape(-1, k * width)[:, columns]
    scale = 1 / np.maximum(3 * reach.mean(axis=0), _FLOOR)
    reach = reach * scale.astype(np.float32)
    start = np.zeros(reach.shape[1] + 1)
    if prior is not None:
        start = np.append(prior.slopes.ravel()[columns] / scale, prior.bias)
    weight, same = examples.weight / examples.weight.sum(), examples.same.astype(np.float64)

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = theta[-1] - reach @ theta[:-1].astype(np.float32)
        pull = theta - start
        if prior is None:
            pull[-1] = 0.0  # nothing is known of the bias
        value = weight @ (np.logaddexp(0, odds) - same * odds) + strength * pull @ pull
        error = weight * (sigmoid(odds) - same)
        slope = np.append(-(error.astype(np.float32) @ reach), error.sum())
        return float(value), slope + 2 * strength * pull

    bounds = [(0, None)] * reach.shape[1] + [(None, None)]
    first = start if begin is None else np.append(begin.slopes.ravel()[columns] / scale, begin.bias)
    best = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}).x
    slopes = np.zeros(k * width, np.float32)
    slopes[columns] = np.maximum(best[:-1], 0) * scale
    return PatternCurves(slopes.reshape(k, width), float(best[-1]))
