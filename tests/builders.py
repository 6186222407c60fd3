"""Small catalogues and models for tests."""

import numpy as np

from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.tfidf import count_terms, tf_idf
from kembar.index.title_tokens import SLICES, WIDTH, rarest_words, token_row
from kembar.index.vectors import normalise_rows
from kembar.listings.attributes import title_attributes
from kembar.model.bundle import Bundle, Decider, Thresholds
from kembar.model.curves import KNOTS, PATTERNS, Curves, usable_distances
from kembar.model.discriminator import MIN_LOGIT, Discriminator
from kembar.model.distances import pair_distances
from kembar.model.heads import Head
from kembar.schemas import DISTANCES, EVIDENCE, TITLE_EVIDENCE

FIRST, LAST = len(DISTANCES) - len(TITLE_EVIDENCE), len(DISTANCES)
"""The columns of title evidence."""


def index_of(
    titles: list[list[str]], seed: int = 0, dim: int = 8, missing: float = 0.0, normal: list[str] | None = None
) -> CatalogueIndex:
    """A catalogue with the given terms and random codes and hashes; a share `missing` of each modality is absent.

    `normal` has the titles that the terms are of, where more than the terms counts.
    """
    rng, n = np.random.default_rng(seed), len(titles)
    counts = count_terms(titles)
    frequency = {
        name: np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int32) for name, matrix in counts.items()
    }

    def codes() -> np.ndarray:
        return normalise_rows(rng.standard_normal((n, dim), dtype=np.float32)).astype(np.float16)

    has = rng.random((3, n)) >= missing
    words = tf_idf(counts["words"], frequency["words"])
    texts = normal or [" ".join(terms) for terms in titles]
    rows = [token_row(title_attributes(*each), each[1]) for each in zip(texts, titles, strict=True)]
    tokens = np.array(rows, np.int32).reshape(-1, WIDTH)
    tokens[:, SLICES["words"]], rarity, word_total = rarest_words(words, frequency["words"])
    return CatalogueIndex(
        phash=rng.integers(0, 2**64, n, dtype=np.uint64),
        has_hash=has[2],
        title=np.where(has[1][:, None], codes(), 0).astype(np.float16),
        has_title=has[1],
        image=np.where(has[0][:, None], codes(), 0).astype(np.float16),
        has_image=has[0],
        words=words,
        characters=tf_idf(counts["characters"], frequency["characters"]),
        word_frequency=frequency["words"],
        tokens=tokens,
        rarity=rarity,
        word_total=word_total,
        best_logit=np.full(n, MIN_LOGIT, np.float32),
    )


def first_logits(index: CatalogueIndex, model: Discriminator, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """First looks of the pairs of rows `left[i]` and `right[i]`."""
    return model.first_logit(*pair_distances(index, left, right))


def random_titles(n: int, seed: int = 0, words: int = 40, length: int = 6) -> list[list[str]]:
    """Titles of words drawn from a small vocabulary, so that some are shared."""
    rng = np.random.default_rng(seed)
    return [[f"word{w}" for w in rng.integers(0, words, length)] for _ in range(n)]


def random_curves(distances: int, seed: int = 0) -> Curves:
    """Rising curves of random slope over the first so many of EVIDENCE."""
    rng = np.random.default_rng(seed)
    slopes = rng.gamma(1.0, 2.0, (PATTERNS, distances, KNOTS.shape[1])).astype(np.float32)
    slopes *= usable_distances(distances)[:, :, None]
    slopes[:, FIRST:LAST] /= 10  # so many of them, of up to three each, would rule out every match
    return Curves(slopes, rng.normal(2, 1, PATTERNS).astype(np.float32))


def random_discriminator(seed: int = 0) -> Discriminator:
    """Two looks of random curves."""
    return Discriminator(random_curves(len(DISTANCES), seed), random_curves(len(EVIDENCE), seed + 1000))


def near_copies(products: int, noise: float = 0.08) -> CatalogueIndex:
    """Products of three listings each, whose words are shared but for one, and whose codes are nearly equal."""
    titles = [[*title, f"own{i}"] for title in random_titles(products, seed=2, words=60) for i in range(3)]
    index, rng = index_of(titles, seed=2, dim=16), np.random.default_rng(2)
    n = len(index)
    for codes in (index.image, index.title):
        codes[:] = codes[np.arange(n) // 3 * 3]
        codes += rng.normal(0, noise, (n, 16)).astype(np.float16)
    return index


def steady_discriminator() -> Discriminator:
    """One that decides by all distances alike, in no pattern without hope."""
    model = random_discriminator(1)
    looks = (
        Curves(np.minimum(look.slopes, 3), np.full(PATTERNS, 4.0, np.float32)) for look in (model.first, model.second)
    )
    return Discriminator(*looks)


def small_bundle() -> Bundle:
    """Heads of 8 by 4 and random deciders."""
    rng = np.random.default_rng(0)
    heads = [Head(*(rng.normal(0, 1, shape).astype(np.float32) for shape in ((8,), (8, 4)))) for _ in "it"]
    return Bundle(
        *heads,
        titled=Decider(random_discriminator(), Thresholds(0.6, 0.4)),
        untitled=Decider(random_discriminator(7), Thresholds(0.2, 0.3)),
        image_tower="efficientnet-lite0",
        text_tower="builtin:x",
        trained_on={"name": "toy"},
    )
