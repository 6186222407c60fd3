"""Modality views: a labelled catalogue with some of its modalities hidden, as a catalogue that lacks them.

A discriminator must decide where photos, titles or hashes are missing. Hiding them in
a catalogue that has them gives labelled pairs of every pattern, with the neighbours,
and so the gaps, that such a catalogue would have.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex, has_titles
from kembar.model.curves import PATTERNS, modalities_of, pattern_of
from kembar.model.discriminator import Discriminator, best_logits
from kembar.model.distances import pair_distances
from kembar.schemas import MODALITIES
from kembar.types import Present, Reals, Rows

FOLDS = 5
_SHARE = 0.2


@dataclass(frozen=True)
class CandidateRows:
    """A catalogue's pairs as rows of its index, `[pairs]` each.

    sides: bool `[2, pairs]`, whether the left and the right row proposed the other; None where both did.
    """

    left: Rows
    right: Rows
    sides: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class LabelledCatalogue:
    """A catalogue with its codes, its proposed pairs and the truth.

    product: `[n]`, equal for the listings of one product; fold: `[n]`, a number in
    0 … FOLDS − 1 that is the same for all listings of a product, whatever the catalogue, and −1
    for a listing that is not judged: its label is not known, or the heads were trained on it; level: one of
    `kembar.config.LEVELS`, that of the truth; known: `[pairs]`, of which proposed pairs the truth is known, all where
    None; truth: `[pairs]`, whether such a pair is one product.
    """

    name: str
    index: CatalogueIndex
    proposed: CandidateRows
    product: Rows
    fold: Rows
    level: str = "product"
    known: NDArray[np.bool_] | None = None
    truth: NDArray[np.bool_] | None = None

    def views(self) -> list["ModalityView"]:
        """This catalogue through every pattern of modalities that a good part of its listings has."""
        has = np.stack([getattr(self.index, f"has_{name}") for name in MODALITIES], axis=1)
        patterns = [modalities_of(p) for p in range(1, PATTERNS)]
        return [ModalityView(self, kept) for kept in patterns if has[:, kept].all(axis=1).mean() >= _SHARE]

    @cached_property
    def natural(self) -> "ModalityView":
        """This catalogue as it is."""
        return ModalityView(self, np.ones(len(MODALITIES), bool))

    @property
    def usual_pattern(self) -> int:
        """The pattern of modalities that most of its listings have."""
        has = np.stack([getattr(self.index, f"has_{name}") for name in MODALITIES], axis=1)
        return int(np.bincount(pattern_of(has), minlength=PATTERNS).argmax())

    @property
    def titled(self) -> bool:
        """Whether it is a catalogue of listings with titles, and not one of photos alone."""
        return has_titles(self.index)

    @property
    def complete(self) -> bool:
        """Whether the truth of every pair is known, so that groups can be judged."""
        return self.known is None


@dataclass(frozen=True)
class ModalityView:
    """A labelled catalogue through the modalities `kept` `[3]`."""

    catalogue: LabelledCatalogue
    kept: Present

    @property
    def pattern(self) -> int:
        return int(pattern_of(self.kept[None])[0])

    @cached_property
    def index(self) -> CatalogueIndex:
        names = [f"has_{name}" for name in MODALITIES]
        whole = self.catalogue.index
        return replace(whole, **{n: getattr(whole, n) & keep for n, keep in zip(names, self.kept, strict=True)})

    @cached_property
    def compared(self) -> tuple[Reals, Present]:
        """Distances and presence of the proposed pairs."""
        return pair_distances(self.index, self.catalogue.proposed.left, self.catalogue.proposed.right)

    @cached_property
    def same(self) -> NDArray[np.bool_]:
        """Whether each proposed pair is one product."""
        if self.catalogue.truth is not None:
            return self.catalogue.truth
        product, pairs = self.catalogue.product, self.catalogue.proposed
        return product[pairs.left] == product[pairs.right]

    @cached_property
    def sides(self) -> Rows:
        """The folds of both sides of the proposed pairs, `[2, pairs]`."""
        pairs = self.catalogue.proposed
        return self.catalogue.fold[np.stack([pairs.left, pairs.right])]

    def outside(self, folds: Collection[int] = ()) -> NDArray[np.bool_]:
        """The proposed pairs to fit to: a side is judged, and none is in one of the folds that are left out."""
        judged: NDArray[np.bool_] = np.any(self.sides >= 0, axis=0)
        left = judged & ~np.isin(self.sides, list(folds)).any(axis=0)
        return left if self.catalogue.known is None else left & self.catalogue.known

    def inside(self, fold: int) -> Rows:
        """How many sides of each proposed pair are in a fold, `[pairs]`: how often it is a judged listing's."""
        sides = (self.sides == fold).sum(axis=0)
        return sides if self.catalogue.known is None else sides * self.catalogue.known

    def weight(self, folds: Collection[int] = ()) -> NDArray[np.float64]:
        """What each proposed pair counts when some folds are left out, `[pairs]`.

        A match leaves with its product alone, a non-match with either side: what is left of the non-matches
        between judged listings counts for those that went. A non-match with a listing that is not judged is
        seen from one side only. Without this a model that is fitted to a part of a catalogue takes the
        whole for sparser than it is.
        """
        judged = self.catalogue.fold >= 0
        share = (judged & ~np.isin(self.catalogue.fold, list(folds))).sum() / max(judged.sum(), 1)
        both = (self.sides >= 0).all(axis=0)
        return np.where(self.same, 1.0, np.where(both, 1.0 / max(share, 1e-9), 0.5))

    def look(self, model: Discriminator, per_listing: int) -> "Candidates":
        """The candidates that match would keep after the first stage."""
        pairs = self.catalogue.proposed
        first = model.first_logit(*self.compared)
        kept = best_per_listing(len(self.index), pairs, first, per_listing)
        best = best_logits(len(self.index), pairs.left[kept], pairs.right[kept], first[kept])
        return Candidates(kept, first, best)


def natural_views(catalogues: list[LabelledCatalogue]) -> list[ModalityView]:
    """The views to learn each pattern from: the catalogues that are of it by nature, else those that can be made so.

    A catalogue's own hashes and titles say more about its pattern than those of one whose photos were hidden.
    """
    usual = {catalogue.usual_pattern for catalogue in catalogues}
    views = [view for catalogue in catalogues for view in catalogue.views()]
    return [w for w in views if w.pattern not in usual or w.pattern == w.catalogue.usual_pattern]


@dataclass(frozen=True)
class Candidates:
    """Candidates among proposed pairs.

    Attributes:
        kept: Which proposed pairs are candidates.
        first: The first-stage logit of each proposed pair.
        best: `[n]`, the highest first-stage logit of each listing.
    """

    kept: NDArray[np.bool_]
    first: Reals
    best: Reals


def best_per_listing(rows: int, pairs: CandidateRows, first: Reals, per_listing: int) -> NDArray[np.bool_]:
    """Which pairs match keeps: the `per_listing` most likely ones that either side proposed, `[pairs]`."""
    proposed = np.ones(2 * len(first), bool) if pairs.sides is None else pairs.sides.ravel()
    row = np.concatenate([pairs.left, pairs.right])[proposed]
    other = np.concatenate([pairs.right, pairs.left])[proposed]
    order = np.lexsort((other, -np.concatenate([first, first])[proposed], row))
    counts = np.bincount(row, minlength=rows)
    rank = np.empty(len(row), np.int64)
    rank[order] = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.zeros((2, len(first)), bool)
    kept.ravel()[proposed] = rank < per_listing
    return kept[0] | kept[1]
