"""Small catalogues and models for tests."""

import numpy as np

from kembar.catalogue import CatalogueIndex
from kembar.discriminator import KNOTS, PATTERNS, Discriminator, usable_distances
from kembar.distances import DISTANCES
from kembar.heads import normalise_rows
from kembar.terms import count_terms, tf_idf


def index_of(titles: list[list[str]], seed: int = 0, dim: int = 8, missing: float = 0.0) -> CatalogueIndex:
    """A catalogue with the given terms and random codes and hashes; a share `missing` of each modality is absent."""
    rng, n = np.random.default_rng(seed), len(titles)
    counts = count_terms(titles)
    frequency = {
        name: np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int32) for name, matrix in counts.items()
    }

    def codes() -> np.ndarray:
        return normalise_rows(rng.standard_normal((n, dim), dtype=np.float32)).astype(np.float16)

    has = rng.random((3, n)) >= missing
    return CatalogueIndex(
        phash=rng.integers(0, 2**64, n, dtype=np.uint64),
        has_hash=has[2],
        title=np.where(has[1][:, None], codes(), 0).astype(np.float16),
        has_title=has[1],
        image=np.where(has[0][:, None], codes(), 0).astype(np.float16),
        has_image=has[0],
        words=tf_idf(counts["words"], frequency["words"]),
        characters=tf_idf(counts["characters"], frequency["characters"]),
        word_frequency=frequency["words"],
    )


def random_titles(n: int, seed: int = 0, words: int = 40, length: int = 6) -> list[list[str]]:
    """Titles of words drawn from a small vocabulary, so that some are shared."""
    rng = np.random.default_rng(seed)
    return [[f"word{w}" for w in rng.integers(0, words, length)] for _ in range(n)]


def random_discriminator(seed: int = 0) -> Discriminator:
    """Rising curves of random slope."""
    rng = np.random.default_rng(seed)
    slopes = rng.gamma(1.0, 2.0, (PATTERNS, len(DISTANCES), len(KNOTS))).astype(np.float32)
    return Discriminator(slopes * usable_distances()[:, :, None], rng.normal(2, 1, PATTERNS).astype(np.float32))
