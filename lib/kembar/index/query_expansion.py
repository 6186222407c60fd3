"""The codes that listings are compared by: centred on the catalogue's mean, with query expansion for photos alone."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from kembar.index.catalogue_index import CatalogueIndex, has_titles
from kembar.index.nearest import NearestCodes
from kembar.index.vectors import normalise_rows
from kembar.types import Matrix, Rows

NEIGHBOURS = 5
PHOTOS_PER_NEIGHBOUR = 10
"""Fewer neighbours in a small catalogue, where the five nearest are mostly other products, which it would draw near."""
_CHUNK, _SEED = 16_384, 7


def comparable(index: CatalogueIndex, blends: bool = True) -> CatalogueIndex:
    """A catalogue as it was encoded, with the codes that are compared; blends: whether the bundle blends them."""
    centred = index.centred()
    return expand_queries(centred) if blends and not has_titles(centred) else centred


def expand_queries(index: CatalogueIndex) -> CatalogueIndex:
    """The same catalogue, each photo's code drawn to the nearest five, which weigh as their cosine.

    Average query expansion of the whole catalogue (Chum et al. 2007, doi:10.1109/ICCV.2007.4408891; with weights
    Radenović et al. 2018, arXiv:1711.02512). What is new in one shot of an article is evened out by its other shots.
    Where titles tell listings apart, photos that are much alike are copies, which this only blurs.
    """
    rows = np.flatnonzero(index.has_image)
    neighbours = min(NEIGHBOURS, len(rows) // PHOTOS_PER_NEIGHBOUR)
    if not neighbours:
        return index

    def codes(chosen: Rows) -> Matrix:
        return index.image[chosen].astype(np.float32)

    near, image = NearestCodes.build(codes, rows, index.draw(_SEED)[rows], _SEED), index.image.copy()
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        own = codes(chunk)
        place, other, cosine = near(chunk, own, neighbours)
        known, column = np.unique(other, return_inverse=True)
        weights = csr_array((np.maximum(cosine, 0), (place, column)), shape=(len(chunk), len(known)))
        image[chunk] = normalise_rows(own + weights @ codes(known))
    return replace(index, image=image)
