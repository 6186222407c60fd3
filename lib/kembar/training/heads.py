"""The heads that training starts from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.config import TrainingSettings
from kembar.heads import Head, principal_head


@dataclass(frozen=True)
class FirstHeads:
    """One head a tower."""

    image: Head
    title: Head


def first_heads(towers: CatalogueIndex, settings: TrainingSettings) -> FirstHeads:
    """Principal components of the catalogue's own embeddings; an identity where a modality has no listing.

    towers: the catalogue with the towers' embeddings for codes.
    """

    def head(embeddings: NDArray[np.float16], present: NDArray[np.bool_], dim: int) -> Head:
        if present.sum() < 2:
            width = max(embeddings.shape[1], 1)
            return Head(np.zeros(width, np.float32), np.eye(width, dim, dtype=np.float32))
        return principal_head(embeddings[present].astype(np.float32), dim)

    return FirstHeads(
        image=head(towers.image, towers.has_image, settings.image_dim),
        title=head(towers.title, towers.has_title, settings.title_dim),
    )
