"""One threshold for listings with a photo and without: each pattern of modalities is brought to the same scale.

A pair that is compared by title and hash alone reaches a given probability with more
look-alikes than one that is compared by photo too, so the threshold that is best with
photos merges too much without. Rather than keep a threshold a pattern, which a cluster of
mixed listings could not use, the pattern's bias is moved until its best threshold is the
common one.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kembar.catalogue import CatalogueIndex
from kembar.discriminator import Discriminator, pattern_of
from kembar.distances import MODALITIES
from kembar.training.thresholds import GroupingChoice, choose_match_threshold

_NEEDED = ("image", "title")  # a listing with neither is in quarantine


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def mask_modalities(index: CatalogueIndex, kept: NDArray[np.bool_]) -> CatalogueIndex:
    """The catalogue as if no listing had the modalities that are not `kept` `[3]`."""
    names = [f"has_{name}" for name in MODALITIES]
    return replace(index, **{name: getattr(index, name) & keep for name, keep in zip(names, kept, strict=True)})


def usual_pattern(index: CatalogueIndex) -> NDArray[np.bool_]:
    """The modalities that most listings have `[3]`."""
    has = np.stack([index.has_image, index.has_title, index.has_hash], axis=1)
    patterns, counts = np.unique(has, axis=0, return_counts=True)
    return patterns[counts.argmax()]


def align_patterns(choice: GroupingChoice) -> Discriminator:
    """The discriminator with the bias of each poorer pattern moved to the scale of the usual one.

    For each pattern the labelled catalogue is grouped as if all of it were of that pattern.
    """
    usual = usual_pattern(choice.index)
    target = _logit(choose_match_threshold(choice))
    bias = choice.model.bias.copy()
    for number in range(1, 2 ** len(MODALITIES)):
        kept = np.array([bool(number >> bit & 1) for bit in range(len(MODALITIES))])
        usable = kept[[MODALITIES.index(name) for name in _NEEDED]].any() and (kept <= usual).all()
        if usable and not np.array_equal(kept, usual):
            masked = replace(choice, index=mask_modalities(choice.index, kept))
            bias[pattern_of(kept[None])[0]] += target - _logit(choose_match_threshold(masked))
    return replace(choice.model, bias=bias.astype(np.float32))
