"""Catalogues with less in them: modalities that nobody has, or some have not; rows that are not there."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from kembar.index.catalogue_index import CatalogueIndex

Chosen = NDArray[np.bool_]


def keep_where(index: CatalogueIndex, image: Chosen, title: Chosen, phash: Chosen) -> CatalogueIndex:
    """The catalogue with each modality left to the listings that are said, bool `[n]` each, and empty elsewhere.

    The words of hidden titles go too, so that blocking cannot use them.
    """
    image, title, phash = image & index.has_image, title & index.has_title, phash & index.has_hash
    words, characters = (_rows_left(matrix, title) for matrix in (index.words, index.characters))
    frequency = np.bincount(words.indices, minlength=words.shape[1]).astype(np.int32)
    return replace(
        index,
        image=np.where(image[:, None], index.image, 0).astype(np.float16),
        title=np.where(title[:, None], index.title, 0).astype(np.float16),
        phash=np.where(phash, index.phash, 0).astype(np.uint64),
        has_image=image,
        has_title=title,
        has_hash=phash,
        words=words,
        characters=characters,
        word_frequency=frequency,
    )


def _rows_left(matrix: csr_array, chosen: Chosen) -> csr_array:
    left = csr_array(diags_array(chosen.astype(np.float32)) @ matrix)
    left.eliminate_zeros()
    return left


def through(index: CatalogueIndex, image: bool = False, title: bool = False, phash: bool = False) -> CatalogueIndex:
    """The catalogue with the named modalities alone."""
    return keep_where(index, *(np.full(len(index), flag) for flag in (image, title, phash)))


def take_rows(index: CatalogueIndex, rows: NDArray[np.int64]) -> CatalogueIndex:
    """Some listings as a catalogue; term weights stay those of the whole."""
    by_row = ("phash", "has_hash", "title", "has_title", "image", "has_image", "words", "characters")
    return replace(index, **{name: getattr(index, name)[rows] for name in by_row})
