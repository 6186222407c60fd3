"""The heads that training starts from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.config import Settings
from kembar.heads import Head, principal_head
from kembar.towers.image import image_dim
from kembar.towers.runtime import get_text_tower


@dataclass(frozen=True)
class FirstHeads:
    """One head a tower."""

    image: Head
    title: Head


def first_heads(towers: CatalogueIndex, settings: Settings) -> FirstHeads:
    """Principal components of the catalogue's own embeddings.

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
    return FirstHeads(
        image=head(towers.image, towers.has_image, training.image_dim, lambda: image_dim(settings.image_tower.name)),
        title=head(
            towers.title, towers.has_title, training.title_dim, lambda: get_text_tower(settings.text_tower.handle).dim
        ),
    )
