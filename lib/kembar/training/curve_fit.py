"""Fits the monotone additive model to labelled pairs, a convex problem, so the same pairs always give the same curves.

Training on triplets shapes the codes but gives no probabilities, since half of the pairs of triplets match, and far
fewer candidate pairs do. Therefore the curves are fitted to the candidate pairs themselves, by penalised maximum
likelihood under the constraint that no slope is negative.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from kembar.model.curves import KNOTS, segments
from kembar.model.discriminator import sigmoid
from kembar.types import Reals

WEAK = 1e-5
"""A penalty on squared weights, in units of mean log-loss, that only keeps empty segments at zero."""
_MOST_PAIRS = 100_000
_FLOOR = 1e-3
_STEPS = 50
_ENOUGH = 1e-7
"""Newton's method ends when a step lowers the loss by less than this share."""
_LEAST_BEND = 1e-9


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
    weight = examples.weight / examples.weight.sum()
    problem = _Problem(reach, examples.same.astype(np.float64), weight, start, strength, prior is not None)
    first = start if begin is None else np.append(begin.slopes.ravel()[columns] / scale, begin.bias)
    best = problem.solve(first)
    slopes = np.zeros(k * width, np.float32)
    slopes[columns] = np.maximum(best[:-1], 0) * scale
    return PatternCurves(slopes.reshape(k, width), float(best[-1]))


@dataclass(frozen=True)
class _Problem:
    """Penalised logistic regression with weights that are not negative, but for the last one, the bias.

    Attributes:
        reach: float32 `[m, columns]`; the log-odds are the bias less `reach` times the weights.
        same: `[m]`.
        weight: `[m]`, adding up to 1.
        start: `[columns + 1]`, what the weights are drawn to.
        strength: How strongly.
        draws_bias: Whether the bias is drawn too.
    """

    reach: Reals
    same: NDArray[np.float64]
    weight: NDArray[np.float64]
    start: NDArray[np.float64]
    strength: float
    draws_bias: bool

    @property
    def pull(self) -> NDArray[np.float64]:
        """The strength for each weight."""
        return np.append(np.full(len(self.start) - 1, self.strength), self.strength * self.draws_bias)

    def odds(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(theta[-1] - self.reach @ theta[:-1].astype(np.float32), np.float64)

    def loss(self, theta: NDArray[np.float64]) -> float:
        odds = self.odds(theta)
        apart = theta - self.start
        return float(self.weight @ (np.logaddexp(0, odds) - self.same * odds) + apart @ (self.pull * apart))

    def solve(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights with the least loss, by Newton's method from `theta` on; each step keeps the weights' signs."""
        loss = self.loss(theta)
        for _ in range(_STEPS):
            target = self._step(theta)
            shares = (0.5**halving for halving in range(12))
            tried = ((found := theta + share * (target - theta), self.loss(found)) for share in shares)
            theta, now = next((each for each in tried if each[1] < loss), (theta, loss))
            if loss - now < _ENOUGH * loss:
                break
            loss = now
        return theta

    def _step(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """The least weights of the loss's second-order approximation at `theta`: a non-negative least squares problem.

        With the Hessian as R'R and the gradient g, they minimise |R (theta' - theta) + R'^-1 g|.
        """
        chance = sigmoid(self.odds(theta).astype(np.float32)).astype(np.float64)
        error = self.weight * (chance - self.same)
        bend = (self.weight * chance * (1 - chance)).astype(np.float32)
        weighted = self.reach * bend[:, None]
        hessian = np.empty((len(theta), len(theta)))
        hessian[:-1, :-1] = self.reach.T @ weighted
        hessian[-1, :-1] = hessian[:-1, -1] = -weighted.sum(axis=0, dtype=np.float64)
        hessian[-1, -1] = bend.sum(dtype=np.float64)
        hessian += np.diag(2 * self.pull + _LEAST_BEND)
        slope = np.append(-(error.astype(np.float32) @ self.reach), error.sum()) + 2 * self.pull * (theta - self.start)
        root = cholesky(hessian)
        wanted = root @ theta - solve_triangular(root, slope, trans="T")
        found, _ = nnls(np.column_stack([root, -root[:, -1]]), wanted)
        return np.append(found[:-2], found[-2] - found[-1])
