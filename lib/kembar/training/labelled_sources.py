"""Labelled catalogues on their way through training: what the towers saw of each, and its triplets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex, has_titles, join_catalogues
from kembar.training.augmentation.photo_copies import Relisted
from kembar.training.augmentation.title_copies import Retitled
from kembar.training.fit_heads import SamePhotos, same_photos
from kembar.training.labels import RowLabels
from kembar.training.pair_features import TrainingFeatures, TripletRows
from kembar.training.views import CandidateRows


@dataclass(frozen=True)
class LabelledSource:
    """One catalogue of the training.

    towers: its index with the towers' own embeddings for codes; pixels, proposed: as in `TrainingFeatures`;
    triplets: as rows of this catalogue; relisted, retitled: altered copies of its photos and of its titles.
    """

    name: str
    towers: CatalogueIndex
    labels: RowLabels
    triplets: TripletRows
    pixels: NDArray[np.uint8] | None = None
    proposed: CandidateRows | None = None
    relisted: Relisted | None = None
    retitled: Retitled | None = None

    @property
    def copies(self) -> list[Relisted | Retitled]:
        """Altered copies of its listings."""
        return [each for each in (self.relisted, self.retitled) if each is not None]

    def same_photos(self, part: str) -> SamePhotos:
        """Pairs of photos of one article, of the products of one split or of the "whole", copies included."""
        usable = self.labels.fold >= 0
        if part != "whole":
            usable &= self.labels.held_out == (part == "held_out")
        told = same_photos(self.towers, self.labels.product, usable, has_titles(self.towers))
        if self.relisted is None:
            return told
        copied = usable[self.relisted.row]
        return told.with_copies(self.relisted.row[copied], self.relisted.photos[copied].astype(np.float32))


def join_sources(sources: list[LabelledSource]) -> tuple[TrainingFeatures, TripletRows]:
    """All of them as one catalogue of rows, with the triplets of each moved to where its rows are.

    Altered copies are rows after those of all listings.
    """
    starts = np.cumsum([0, *(len(source.towers) for source in sources)])
    pixels = [source.pixels for source in sources if source.pixels is not None]
    catalogue = np.repeat(np.arange(len(sources)), np.diff(starts))
    labels = np.stack([catalogue, np.concatenate([source.labels.product for source in sources])])
    copied = [(start, s.towers, each) for start, s in zip(starts, sources, strict=False) for each in s.copies]
    copies = [each.listings(towers) for _, towers, each in copied]
    origin = np.concatenate([np.arange(starts[-1]), *(start + each.row for start, _, each in copied)])
    features = TrainingFeatures(
        join_catalogues([*(source.towers for source in sources), *copies]),
        np.unique(labels, axis=1, return_inverse=True)[1].astype(np.int64).ravel()[origin],
        catalogue[origin],
        np.concatenate(pixels) if pixels else None,
        _join_pairs(starts, [source.proposed for source in sources if source.proposed is not None]),
        origin if copies else None,
    )
    moved = zip(starts, (source.triplets for source in sources), strict=False)
    parts = [(start + triplets.train, start + triplets.held_out) for start, triplets in moved]
    return features, TripletRows(*(np.concatenate(side) for side in zip(*parts, strict=True)))


def _join_pairs(starts: NDArray[np.int64], proposed: list[CandidateRows]) -> CandidateRows | None:
    """The pairs of all catalogues moved to where their rows are, where every catalogue has some."""
    if len(proposed) < len(starts) - 1:
        return None
    moved = [(start + each.left, start + each.right) for start, each in zip(starts, proposed, strict=False)]
    return CandidateRows(*(np.concatenate(side) for side in zip(*moved, strict=True)))
