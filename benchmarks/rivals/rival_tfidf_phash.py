"""The two simple rivals added: TF-IDF cosine of titles plus a share for near perceptual hashes.

Not a product, but what someone would try next. Tuned: the share of the hash; the grouping.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from features import character_vectors, clean, hash_numbers, nearest_pairs, word_vectors
from grouping import Cut, Pairs, choose_cut
from rival_phash import FARTHEST, near_hashes
from scipy.sparse import csr_array, hstack

SHARES = (0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Model:
    """`share` of the score that equal hashes give; a missing hash gives none."""

    share: float
    cut: Cut
    chosen_f1: float


def _candidates(catalogue: pd.DataFrame) -> tuple[Pairs, np.ndarray]:
    """Pairs near by title or hash, scored by the title's cosine, and what the hash says of each, 0-1."""
    titles = catalogue["title"].map(clean)
    vectors = csr_array(hstack([word_vectors(titles), character_vectors(titles)]) * 0.5**0.5)
    near, hashes = nearest_pairs(vectors), near_hashes(catalogue["image_phash"])
    left, right = np.concatenate([near.left, hashes.left]), np.concatenate([near.right, hashes.right])
    also = np.array(vectors[hashes.left].multiply(vectors[hashes.right]).sum(axis=1)).ravel()
    pairs = Pairs.of(near.n, left, right, np.concatenate([near.score, also]))
    numbers, known = hash_numbers(catalogue["image_phash"])
    distance = np.bitwise_count(numbers[pairs.left] ^ numbers[pairs.right]).astype(float)
    return pairs, np.where(known[pairs.left] & known[pairs.right], np.clip(1 - distance / FARTHEST, 0, 1), 0)


def _scored(pairs: Pairs, soft: np.ndarray, share: float) -> Pairs:
    return Pairs(pairs.n, pairs.left, pairs.right, (1 - share) * pairs.score + share * soft)


def fit(train: pd.DataFrame) -> Model:
    pairs, soft = _candidates(train)
    tried = [Model(share, *choose_cut(_scored(pairs, soft, share), train["label_group"])) for share in SHARES]
    return max(tried, key=lambda model: model.chosen_f1)


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:
    return _scored(*_candidates(catalogue), model.share)
