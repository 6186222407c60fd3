"""dedupe, trained on labelled pairs: its own learnt blocking and its regularised logistic regression.

A pair is compared by dedupe's Text variable and, as Custom ones, by TF-IDF cosines over the catalogue at hand, by
shared numbers and by the Hamming distance of hashes. The draws are seeded, which dedupe itself does not offer for
all of them. Tuned: the grouping, fold by fold; by hand, once, on the tuning part of the first fold, the variables
(String and Text with the hash were 0.001 behind, and learnt to block by any shared word) and the recall that is
asked of the blocking.
"""

import random
import warnings
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import dedupe
import numpy as np
import pandas as pd
from dedupe import variables
from dedupe.predicates import ExistsPredicate
from features import character_vectors, clean, nearest_pairs, word_vectors
from grouping import Cut, Pairs, choose_cut
from scipy.sparse import csr_array, hstack

warnings.filterwarnings("ignore")
MATCHES, HARD, RANDOM = 3000, 6000, 2000
VARIABLES = ("Text", "words", "characters", "hash", "numbers")


class TitleCosine:
    """Cosine of two titles under vectors that are set for each catalogue, so that its own rarity of words counts."""

    def __init__(self, name: str) -> None:
        self.__name__, self._vectors = name, {}

    def know(self, titles: pd.Series, vectors: csr_array) -> None:
        cuts = zip(vectors.indptr[:-1], vectors.indptr[1:], strict=True)
        rows = [dict(zip(vectors.indices[a:b].tolist(), vectors.data[a:b].tolist(), strict=True)) for a, b in cuts]
        self._vectors = dict(zip(titles, rows, strict=True))

    def __call__(self, left: str, right: str) -> float:
        small, large = sorted((self._vectors[left], self._vectors[right]), key=len)
        return sum(weight * large.get(term, 0.0) for term, weight in small.items())


def hash_distance(left: str, right: str) -> float:
    """Share of the bits that differ, at most what unrelated photos have."""
    return min((int(left, 16) ^ int(right, 16)).bit_count(), 24) / 24


def number_overlap(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    """Jaccard similarity of the words that hold digits: sizes and model numbers."""
    return len(set(left) & set(right)) / len(set(left) | set(right))


@dataclass(frozen=True)
class Model:
    """A trained `dedupe.Dedupe` and the cosines that it compares with."""

    predicates: str
    cut: Cut
    chosen_f1: float
    deduper: dedupe.Dedupe = field(repr=False)
    cosines: dict[str, TitleCosine] = field(repr=False)


def _records(catalogue: pd.DataFrame) -> dict[int, dict]:
    records = {}
    for row, (title, phash) in enumerate(zip(catalogue["title"].map(clean), catalogue["image_phash"], strict=True)):
        numbers = tuple(sorted({word for word in title.split() if any(c.isdigit() for c in word)}))
        records[row] = {"title": title or "?", "hash": phash or None, "numbers": numbers or None}
    return records


def _know(cosines: dict[str, TitleCosine], catalogue: pd.DataFrame) -> None:
    titles = catalogue["title"].map(clean).replace("", "?")
    cosines["words"].know(titles, word_vectors(titles))
    cosines["characters"].know(titles, character_vectors(titles, 4))


def _variable(name: str, cosines: dict[str, TitleCosine], corpus: list[str]) -> Any:
    if name == "Text":
        return variables.Text("title", corpus=corpus)
    if name in cosines:
        return variables.Custom("title", comparator=cosines[name])
    comparator = hash_distance if name == "hash" else number_overlap
    variable = variables.Custom(name, comparator=comparator, has_missing=True)
    # It would learn to pair every listing that has a number with every other.
    variable.predicates = [p for p in variable.predicates if not isinstance(p, ExistsPredicate)]
    return variable


def _training_pairs(train: pd.DataFrame, records: dict[int, dict]) -> dict[str, list]:
    """Labelled pairs: matches, the nearest non-matches, and random ones."""
    rng, label = np.random.default_rng(7), train["label_group"].to_numpy()
    same = np.argwhere(np.triu(label[:, None] == label, k=1))
    titles = train["title"].map(clean)
    near = nearest_pairs(csr_array(hstack([word_vectors(titles), character_vectors(titles)]) * 0.5**0.5))
    hard = np.stack([near.left, near.right], axis=1)[label[near.left] != label[near.right]]
    drawn = rng.integers(len(train), size=(RANDOM, 2))
    drawn = drawn[label[drawn[:, 0]] != label[drawn[:, 1]]]
    some = [rng.permutation(part)[:most] for part, most in ((same, MATCHES), (hard, HARD))]
    named = [[(records[a], records[b]) for a, b in part.tolist()] for part in (*some, drawn)]
    return {"match": named[0], "distinct": named[1] + named[2]}


def _train(train: pd.DataFrame) -> tuple[dedupe.Dedupe, dict[str, TitleCosine]]:
    records, cosines = _records(train), {name: TitleCosine(name) for name in ("words", "characters")}
    _know(cosines, train)
    corpus = [record["title"] for record in records.values()]
    deduper = dedupe.Dedupe([_variable(name, cosines, corpus) for name in VARIABLES], num_cores=0, in_memory=True)
    deduper.classifier.n_jobs = 1
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002 - dedupe draws from the global generator too
    seeded = np.random.default_rng(7)
    with mock.patch("numpy.random.default_rng", lambda *_: seeded):
        deduper.mark_pairs(_training_pairs(train, records))
        deduper.prepare_training(records)
        deduper.train(recall=0.95)
    return deduper, cosines


def _pairs(deduper: dedupe.Dedupe, cosines: dict[str, TitleCosine], catalogue: pd.DataFrame) -> Pairs:
    _know(cosines, catalogue)
    scored = deduper.score(deduper.pairs(_records(catalogue)))
    return Pairs.of(len(catalogue), scored["pairs"][:, 0], scored["pairs"][:, 1], scored["score"].astype(np.float64))


def fit(train: pd.DataFrame) -> Model:
    deduper, cosines = _train(train)
    chosen = choose_cut(_pairs(deduper, cosines, train), train["label_group"])
    return Model(str(deduper.predicates), *chosen, deduper, cosines)


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:
    return _pairs(model.deduper, model.cosines, catalogue)
