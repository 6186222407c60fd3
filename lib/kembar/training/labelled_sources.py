"""Labelled catalogues on their way through training: what the towers saw of each, and its triplets."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex, has_titles, join_catalogues
from kembar.training.fit_heads import SamePhotos, same_photos
from kembar.training.labels import RowLabels
from kembar.training.pair_features import TrainingFeatures, TripletRows


@dataclass(frozen=True)
class LabelledSource:
    """One catalogue of the training.

    towers: its index with the towers' own embeddings for codes; pixels: as in `TrainingFeatures`; triplets: as rows of
    this catalogue.
    """

    name: str
    towers: CatalogueIndex
    labels: RowLabels
    triplets: TripletRows
    pixels: NDArray[np.uint8] | None = None

    def same_photos(self, part: str) -> SamePhotos:
        """Pairs of photos of one article, of the products of one split or of the "whole", copies included."""
        usable = self.labels.fold >= 0
        if part != "whole":
            usable &= self.labels.held_out == (part == "held_out")
        return same_photos(self.towers, self.labels.product, usable, has_titles(self.towers))


def join_sources(sources: list[LabelledSource]) -> tuple[TrainingFeatures, TripletRows]:
    """All of them as one catalogue of rows, with the triplets of each moved to where its rows are."""
    starts = np.cumsum([0, *(len(source.towers) for source in sources)])
    pixels = [source.pixels for source in sources if source.pixels is not None]
    towers = join_catalogues([source.towers for source in sources])
    moved = zip(starts, (source.triplets for source in sources), strict=False)
    parts = [(start + triplets.train, start + triplets.held_out) for start, triplets in moved]
    rows = TripletRows(*(np.concatenate(side) for side in zip(*parts, strict=True)))
    return TrainingFeatures(towers, np.concatenate(pixels) if pixels else None), rows
