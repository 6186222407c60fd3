"""Candidate pairs judged by curves that were fitted without them: how far their probabilities are to be trusted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.model.discriminator import Discriminator, sigmoid
from kembar.training.crossfit import CrossFit
from kembar.training.fit_discriminator import with_gap
from kembar.training.views import FOLDS, ModalityView


@dataclass(frozen=True)
class JudgedPairs:
    """Probability and truth of candidate pairs, and how many judged listings each is a candidate of; `[pairs]`."""

    probability: NDArray[np.float32]
    same: NDArray[np.bool_]
    weight: NDArray[np.float64]

    def calibration_error(self, bins: int = 10) -> float:
        """Expected calibration error (Guo et al. 2017, arXiv:1706.04599): mean |said − seen| over equal bins."""
        place = np.minimum((self.probability * bins).astype(int), bins - 1)
        said = np.bincount(place, self.probability * self.weight, bins)
        seen = np.bincount(place, self.same * self.weight, bins)
        return float(np.abs(said - seen).sum() / max(self.weight.sum(), 1e-9))

    def brier(self) -> float:
        """Brier score: the mean squared error of the probability."""
        return float(np.average((self.probability - self.same) ** 2, weights=self.weight))

    def log_loss(self) -> float:
        sure = np.clip(np.where(self.same, self.probability, 1 - self.probability), 1e-7, 1)
        return float(np.average(-np.log(sure), weights=self.weight))


def left_out_pairs(
    cross: CrossFit, view: ModalityView, outer: int | None = None, fixed: Discriminator | None = None
) -> JudgedPairs:
    """The candidate pairs of a view, each by curves that were fitted without the judged product.

    Args:
        cross: how the curves are fitted.
        view: what the pairs are of.
        outer: a fold whose products are neither judged nor fitted to.
        fixed: judges all pairs instead of those curves.
    """
    others = [fold for fold in range(FOLDS) if fold != outer]

    def judge(fold: int) -> Discriminator:
        if fixed is not None:
            return fixed
        return cross.folds[fold] if outer is None else cross.model(fold, outer)

    parts = []
    for fold in others:
        model = judge(fold)
        look = view.look(model, cross.how.per_listing)
        kept = look.kept if view.catalogue.known is None else look.kept | view.catalogue.known
        judged = kept & (view.inside(fold) > 0)
        odds = model.second_logit(with_gap(view, look)[judged], view.compared[1][judged])
        parts.append((sigmoid(odds), view.same[judged], view.inside(fold)[judged].astype(np.float64)))
    return JudgedPairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))
