"""Perceptual hashes within a Hamming distance: what imagededup's PHash does with hashes that are already there.

imagededup itself is not installed: importing it needs torch, and its search of given hashes is this comparison
of all pairs. Tuned: the distance, its default being 10; the grouping.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from features import hash_numbers
from grouping import Cut, Pairs, choose_cut

FARTHEST = 24


@dataclass(frozen=True)
class Model:
    """Only the grouping is fitted: a score is 1 − distance / 64."""

    cut: Cut
    chosen_f1: float


def near_hashes(hashes: pd.Series) -> Pairs:
    """All pairs of listings whose hashes differ in few bits."""
    numbers, known = hash_numbers(hashes)
    rows = np.flatnonzero(known)
    distance = np.bitwise_count(numbers[rows, None] ^ numbers[rows])
    left, right = np.nonzero(np.triu(distance <= FARTHEST, k=1))
    return Pairs.of(len(hashes), rows[left], rows[right], 1 - distance[left, right] / 64)


def fit(train: pd.DataFrame) -> Model:
    return Model(*choose_cut(near_hashes(train["image_phash"]), train["label_group"]))


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:  # noqa: ARG001
    return near_hashes(catalogue["image_phash"])
