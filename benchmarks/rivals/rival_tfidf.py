"""TF-IDF cosine of titles with a threshold: what one would write in an afternoon.

Tuned: words, character n-grams or both; the grouping and its thresholds.
"""

from dataclasses import dataclass

import pandas as pd
from features import character_vectors, clean, nearest_pairs, word_vectors
from grouping import Cut, Pairs, choose_cut
from scipy.sparse import csr_array, hstack

WEIGHTS = (1.0, 0.75, 0.5, 0.25, 0.0)


@dataclass(frozen=True)
class Model:
    """`word_weight` is the words' share of the similarity, the characters have the rest."""

    word_weight: float
    longest: int
    cut: Cut
    chosen_f1: float


def _pairs(titles: pd.Series, word_weight: float, longest: int) -> Pairs:
    cleaned = titles.map(clean)
    words, characters = word_vectors(cleaned), character_vectors(cleaned, longest)
    # The cosine of vectors side by side, weighted by roots, is the weighted mean of their cosines.
    return nearest_pairs(csr_array(hstack([word_weight**0.5 * words, (1 - word_weight) ** 0.5 * characters])))


def fit(train: pd.DataFrame) -> Model:
    titles, labels = train["title"], train["label_group"]
    choices = [(weight, longest) for weight in WEIGHTS for longest in ((3, 5) if weight < 1 else (3,))]
    tried = [Model(*choice, *choose_cut(_pairs(titles, *choice), labels)) for choice in choices]
    return max(tried, key=lambda model: model.chosen_f1)


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:
    return _pairs(catalogue["title"], model.word_weight, model.longest)
