"""Features that several rivals start from, so that none is behind for want of a cleaned title."""

import re
import unicodedata

import numpy as np
import pandas as pd
from grouping import Pairs
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

NEIGHBOURS = 50


def clean(title: str) -> str:
    """The title in lower case with compatible characters unified; what is no letter or digit parts words."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", title).lower()))


def word_vectors(titles: pd.Series) -> csr_array:
    """TF-IDF of words, L2-normalised `[n, terms]`; a word of one character counts too, as sizes do."""
    return csr_array(TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True, dtype=np.float32).fit_transform(titles))


def character_vectors(titles: pd.Series, longest: int = 5) -> csr_array:
    """TF-IDF of character n-grams within words, L2-normalised `[n, terms]`."""
    model = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, longest), sublinear_tf=True, dtype=np.float32)
    return csr_array(model.fit_transform(titles))


def nearest_pairs(vectors: csr_array, floor: float = 0.1, step: int = 500) -> Pairs:
    """For each row its nearest others by cosine, at least `floor` near."""
    n, found, right = vectors.shape[0], [], vectors.T.tocsr()
    for start in range(0, n, step):
        near = (vectors[start : start + step] @ right).toarray()
        near[np.arange(len(near)), np.arange(start, start + len(near))] = -1
        best = np.argpartition(-near, min(NEIGHBOURS, n - 1) - 1, axis=1)[:, :NEIGHBOURS]
        rows = np.repeat(np.arange(len(near)), best.shape[1])
        score = near[rows, best.ravel()]
        kept = score >= floor
        found.append((rows[kept] + start, best.ravel()[kept], score[kept]))
    left, other, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return Pairs.of(n, left, other, np.minimum(score.astype(np.float64), 1.0))


def hash_numbers(hashes: pd.Series) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Perceptual hashes as 64-bit numbers, and which rows have one."""
    known = (hashes != "").to_numpy()
    return np.array([int(text, 16) if text else 0 for text in hashes], dtype=np.uint64), known
