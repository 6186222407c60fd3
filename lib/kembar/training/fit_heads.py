"""The heads that training starts from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.config import Settings
from kembar.encoding.towers.image import image_dim
from kembar.encoding.towers.loaded import get_text_tower
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.heads import Head, contrast_head, principal_head
from kembar.types import Rows

_NEAR_BITS = 20
_FEWEST_PAIRS = 50


@dataclass(frozen=True)
class FirstHeads:
    """One head a tower."""

    image: Head
    title: Head


@dataclass(frozen=True)
class SamePhotos:
    """A catalogue's photos `[n, dim]`, and pairs of rows that show one article in two ways, `[pairs]` each."""

    photos: NDArray[np.float32]
    left: Rows
    right: Rows


def first_heads(towers: CatalogueIndex, settings: Settings, same: list[SamePhotos] | None = None) -> FirstHeads:
    """The photo head from what labelled pairs of photos share, where there are any; principal components for the rest.

    towers: the catalogue with the towers' embeddings for codes. A modality that no listing has
    takes the tower's first features as they are: the bundle may meet it later.
    """

    def head(
        embeddings: NDArray[np.float16], present: NDArray[np.bool_], code_dim: int, dim: Callable[[], int]
    ) -> Head:
        if present.sum() >= 2:
            return principal_head(embeddings[present].astype(np.float32), code_dim)
        width = embeddings.shape[1] or dim()
        return Head(np.zeros(width, np.float32), np.eye(width, code_dim, dtype=np.float32))

    training = settings.training
    image = head(towers.image, towers.has_image, training.image_dim, lambda: image_dim(settings.image_tower.name))
    told = [part for part in same or [] if len(part.left) >= _FEWEST_PAIRS]
    if told:
        image = contrast_head([(p.photos, p.photos[p.left] - p.photos[p.right]) for p in told], training.image_dim)
    title = head(
        towers.title, towers.has_title, training.title_dim, lambda: get_text_tower(settings.text_tower.handle).dim
    )
    return FirstHeads(image, title)


def same_photos(towers: CatalogueIndex, product: Rows, usable: NDArray[np.bool_], titled: bool) -> SamePhotos:
    """The pairs of one product whose photos show one article.

    Sellers of one product also show different things, so of a catalogue with titles only photos
    with near, unequal hashes count; in one of photos alone the label is about the photo.
    """
    rows = np.flatnonzero(usable & towers.has_image)
    order = rows[np.argsort(product[rows], kind="stable")]
    runs = np.split(order, np.flatnonzero(np.diff(product[order])) + 1) if len(order) else []
    ends = [np.triu_indices(len(run), 1) for run in runs]
    empty = np.empty(0, np.int64)
    left = np.concatenate([empty, *(run[i] for run, (i, _) in zip(runs, ends, strict=True))])
    right = np.concatenate([empty, *(run[j] for run, (_, j) in zip(runs, ends, strict=True))])
    if titled:
        bits = np.bitwise_count(towers.phash[left] ^ towers.phash[right])
        near = (bits > 0) & (bits <= _NEAR_BITS) & towers.has_hash[left] & towers.has_hash[right]
        left, right = left[near], right[near]
    photos = towers.image.astype(np.float32)
    return SamePhotos(photos, left, right)
