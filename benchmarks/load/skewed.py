"""What many listings have in common that says nothing: a pair of words, a hash band, a title, a placeholder photo."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from load.plan import SKEWS, LoadPlan, Page
from load.words import COMMON, COMMON_WORDS, Titles, gather_terms

BAND = np.uint64(0xFFFF)
_PAIR = COMMON_WORDS + np.array([COMMON, COMMON + 1])  # in no other title
_TITLE = np.array([COMMON | rank for rank in (3, 17, 40, 95, 230, 610)])


@dataclass(frozen=True)
class Shared:
    """Which listings of a page share what, bool `[listings]` each."""

    words: NDArray[np.bool_]
    band: NDArray[np.bool_]
    title: NDArray[np.bool_]
    photo: NDArray[np.bool_]


def choose_shared(plan: LoadPlan, page: Page) -> Shared:
    """Draw who shares what, each independently of the rest and of what is sold."""
    rng, n = plan.generator(SKEWS, page.number), len(page.product)
    shares = (plan.skew.block, plan.skew.block, plan.skew.title, plan.skew.photo)
    return Shared(*(rng.random(n) < share for share in shares))


def share_words(titles: Titles, shared: Shared) -> Titles:
    """The titles with the common pair of words behind some, and the repeated title in place of others."""
    some = np.flatnonzero(shared.words)
    owner = np.repeat(np.arange(len(titles.counts)), titles.counts)
    owner, words = gather_terms([(owner, titles.words), (np.repeat(some, 2), np.tile(_PAIR, len(some)))])
    kept = ~shared.title[owner]
    repeated = np.flatnonzero(shared.title)
    parts = [(owner[kept], words[kept]), (np.repeat(repeated, len(_TITLE)), np.tile(_TITLE, len(repeated)))]
    owner, words = gather_terms(parts)
    return replace(titles, words=words, counts=np.bincount(owner, minlength=len(titles.counts)))
