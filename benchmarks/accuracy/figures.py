"""What is said of a judgement: each listing's scores, their means with intervals, and differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.evaluation.scores import bootstrap_mean
from kembar.training.thresholds import GroupingChoice

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """Precision, recall and F1 of each listing `[n]`, and its product; NaN for a listing that nobody judged."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    product: Rows

    @staticmethod
    def by_groups(judged: list[tuple[GroupingChoice, Rows]]) -> "Judged":
        """Of listings that are grouped into disjoint sets."""
        first = judged[0][0]
        scores = np.full((3, len(first.product)), np.nan)
        for choice, labels in judged:
            claims = labels[:, None] == labels[choice.scored][None]
            scores[:, choice.scored] = row_scores(claims, choice.product, choice.scored)
        return Judged(*scores, first.product)

    @staticmethod
    def joined(parts: list["Judged"]) -> "Judged":
        """Of several catalogues, each with products of its own."""
        scores = (np.concatenate([getattr(part, name) for part in parts]) for name in ("precision", "recall", "f1"))
        labels = [[number, product] for number, part in enumerate(parts) for product in part.product]
        return Judged(*scores, np.unique(labels, axis=0, return_inverse=True)[1].ravel())

    @property
    def products(self) -> int:
        """How many products were judged."""
        return len(np.unique(self.product[~np.isnan(self.f1)]))

    def row(self) -> dict[str, float | str]:
        """Figures of a table."""
        known = ~np.isnan(self.f1)
        f1, precision, recall = (float(x[known].mean()) for x in (self.f1, self.precision, self.recall))
        low, high = bootstrap_mean(self.f1[known], self.product[known])
        b_cubed = 2 * precision * recall / (precision + recall)
        figures = {"F1": f1, "precision": precision, "recall": recall, "B-cubed F1": b_cubed}
        shown = {name: f"{value:.3f}" for name, value in figures.items()}
        return {"F1": shown.pop("F1"), "95 % interval": f"{low:.3f}–{high:.3f}", **shown}

    def gain(self, other: "Judged") -> tuple[float, float, float]:
        """The paired difference of F1 to another judgement of the same listings, and its interval."""
        both = ~np.isnan(self.f1) & ~np.isnan(other.f1)
        difference = (self.f1 - other.f1)[both]
        return float(difference.mean()), *bootstrap_mean(difference, self.product[both])

    def over(self, other: "Judged") -> str:
        """`gain` for a table."""
        mean, low, high = self.gain(other)
        return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def row_scores(claims: NDArray[np.bool_], product: Rows, scored: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Precision, recall and F1 `[3, m]` of the scored rows' claimed sets, `[n, m]`."""
    same = product[:, None] == product[scored][None]
    hits, claimed, size = (x.sum(axis=0) for x in (claims & same, claims, same))
    return np.stack([hits / np.maximum(claimed, 1), hits / size, 2 * hits / (claimed + size)])
