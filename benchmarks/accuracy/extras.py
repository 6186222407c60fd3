"""Evidence that was tried beside the product's own, added to its log-odds by a logistic regression.

Each is cross-fitted like the curves: weights come from the candidate pairs of other products.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from common import dataset
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from accuracy.judge import TableChoice, TableFit
from accuracy.tables import PairTable
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.discriminator import Discriminator, gap
from kembar.training.views import ModalityView
from kembar.types import Reals

_NUMBER = re.compile(r"\d")
_RARE = 4


def _terms(name: str, posting_ids: list[str]) -> list[list[str]]:
    listings = pd.read_csv(dataset(name) / "train.csv", dtype=str).set_index("posting_id")
    return [title_terms(normalise_title(title)) for title in listings["title"][posting_ids]]


def _sizes(terms: list[str]) -> list[str]:
    """Numbers with what stands behind them, as `250_gr`."""
    return [f"{a}_{b}" for a, b in zip(terms, [*terms[1:], ""], strict=False) if _NUMBER.match(a) and b.isalpha()]


def _shared(texts: list[list[str]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How many distinct tokens every two texts share, and how many each has."""
    if not any(texts):
        return np.zeros((len(texts), len(texts)), np.float32), np.zeros(len(texts), np.float32)
    counts = CountVectorizer(analyzer=lambda tokens: tokens, binary=True, dtype=np.float32).fit_transform(texts)
    return (counts @ counts.T).toarray(), np.asarray(counts.sum(axis=1)).ravel()


def number_agreement(texts: list[list[str]]) -> NDArray[np.float32]:
    """Whether both have numbers of one unit: +1 that one agrees, −1 that all differ, as two columns `[n, n, 2]`."""
    sizes = [_sizes(terms) for terms in texts]
    same, _ = _shared(sizes)
    unit, _ = _shared([[size.split("_")[1] for size in each] for each in sizes])
    return np.stack([same > 0, (unit > 0) & (same == 0)], axis=-1).astype(np.float32)


def rare_overlap(texts: list[list[str]]) -> NDArray[np.float32]:
    """Shared tokens that at most four titles have, of the rarer side's, `[n, n, 1]`."""
    frequency = pd.Series([t for terms in texts for t in set(terms)]).value_counts()
    rare = [[t for t in terms if frequency[t] <= _RARE] for terms in texts]
    shared, each = _shared(rare)
    return (shared / np.maximum(np.minimum(each[:, None], each[None]), 1))[..., None]


def length_ratio(texts: list[list[str]]) -> NDArray[np.float32]:
    """Terms of the shorter title over those of the longer, `[n, n, 1]`."""
    length = np.array([max(len(terms), 1) for terms in texts], np.float32)
    return (np.minimum(length[:, None], length[None]) / np.maximum(length[:, None], length[None]))[..., None]


FEATURES = {
    "numbers with units": number_agreement,
    "rare-token overlap": rare_overlap,
    "length ratio": length_ratio,
}


def features(name: str, posting_ids: list[str], which: list[str]) -> Reals:
    """The named features of all pairs, condensed."""
    texts, ends = _terms(name, posting_ids), np.triu_indices(len(posting_ids), 1)
    return np.concatenate([FEATURES[each](texts)[ends] for each in which], axis=1).astype(np.float32)


@dataclass(frozen=True)
class AdjustedChoice(TableChoice):
    """A grouping whose probabilities were adjusted."""

    adjusted: Reals = field(kw_only=True)

    @property
    def every(self) -> Reals:  # type: ignore[override]
        return self.adjusted


@dataclass(frozen=True)
class Stacked(TableFit):
    """A fit whose log-odds are joined by `more` `[all pairs, k]`, by what their candidates' neighbourhoods share, or
    replaced by boosted trees over everything."""

    more: Reals | None = None
    neighbourhood: bool = False
    trees: bool = False

    def choice(self, view: ModalityView, model: Discriminator, number: int) -> TableChoice:
        """With probabilities by logistic regression or trees."""
        plain = super().choice(view, model, number)
        columns = self._columns(plain)
        at = plain.table.place(plain.pairs.left, plain.pairs.right)
        look = view.look(model, self.how.per_listing).kept
        known = view.outside((number,))[look]
        learner = (
            HistGradientBoostingClassifier(max_iter=120, learning_rate=0.08, max_leaf_nodes=12, l2_regularization=5.0)
            if self.trees
            else LogisticRegression(C=100.0, max_iter=300)
        )
        learner.fit(columns[at[known]], view.same[look][known], view.weight((number,))[look][known])
        said = learner.predict_proba(columns)[:, 1].astype(np.float32)
        return AdjustedChoice(
            plain.index, model, plain.pairs, plain.product, plain.scored, table=plain.table, adjusted=said
        )

    def _columns(self, plain: TableChoice) -> Reals:
        sure = np.clip(plain.every, 1e-6, 1 - 1e-6)
        parts = [np.log(sure / (1 - sure))[:, None]]
        if self.more is not None:
            parts.append(self.more)
        if self.neighbourhood:
            parts.append(_neighbourhood_cosine(plain)[:, None])
        if self.trees:
            parts += [plain.table.distances, _gaps(plain)[:, None]]
        return np.concatenate(parts, axis=1).astype(np.float32)


def _gaps(choice: TableChoice) -> Reals:
    table, best = choice.table, choice.index.best_logit
    left, right = np.triu_indices(table.listings, 1)
    return gap(choice.model.first_logit(table.distances, table.present), best[left], best[right])


def _neighbourhood_cosine(choice: TableChoice) -> Reals:
    """Cosine of two listings' probabilities to all others, each certain of itself."""
    square = square_of(choice.table, choice.every)
    np.fill_diagonal(square, 1.0)
    rows = square / np.linalg.norm(square, axis=1, keepdims=True)
    return (rows @ rows.T)[np.triu_indices(len(rows), 1)]


def square_of(table: PairTable, condensed: Reals) -> Reals:
    """All pairs as a symmetric matrix with zeros on the diagonal."""
    square = np.zeros((table.listings, table.listings), np.float32)
    square[np.triu_indices(table.listings, 1)] = condensed
    return square + square.T
