"""A small catalogue to train on: copies, near listings and missing modalities, and triplets of it."""

from dataclasses import replace

import numpy as np
import pytest

from kembar.config import Settings
from kembar.training.fit_heads import first_heads
from kembar.training.loop import Trainer
from kembar.training.network import SiameseNetwork
from kembar.training.pair_features import TrainingFeatures, TripletRows
from tests.builders import index_of, random_titles

N = 90
PRODUCT = np.arange(N) // 3


def copied_listings() -> TrainingFeatures:
    """30 products of three listings: two are copies of each other, photo, title and hash; the third is near."""
    titles = [title for title in random_titles(N // 3, seed=2, words=80) for _ in range(3)]
    index = index_of(titles, seed=2, dim=16)
    rng = np.random.default_rng(2)
    for codes in (index.image, index.title):
        codes[:] = codes[PRODUCT * 3]
        codes[2::3] += rng.normal(0, 0.05, (N // 3, 16)).astype(np.float16)
    index.phash[1::3] = index.phash[0::3]
    index.has_image[5] = index.has_title[10] = index.has_hash[15] = False
    index.image[5] = index.title[10] = 0
    return TrainingFeatures(index)


def drawn_triplets(first_half: int = 66) -> TripletRows:
    """Four triplets an anchor, those of the first so many rows to train on."""
    rng = np.random.default_rng(3)
    anchors = np.repeat(np.arange(N), 4)
    matches = anchors // 3 * 3 + (anchors % 3 + rng.integers(1, 3, len(anchors))) % 3
    non_matches = (anchors + 3 * rng.integers(1, N // 3, len(anchors))) % N
    rows = np.stack([anchors, matches, non_matches], axis=1)
    return TripletRows(rows[anchors < first_half], rows[anchors >= first_half])


def small(settings: Settings, **changes: object) -> Settings:
    """Settings for a training of seconds."""
    few = {"epochs": 4, "batch_size": 64, "image_dim": 8, "title_dim": 8, **changes}
    return replace(settings, training=replace(settings.training, **few))


def network_of(features: TrainingFeatures, settings: Settings) -> SiameseNetwork:
    return SiameseNetwork(features, first_heads(features.towers, settings), settings.training)


def kill_at_step(trainer: Trainer, last: int) -> None:
    """Train until after so many steps the run is killed."""
    done, train = 0, trainer._train_step

    def step(*batch: object) -> object:
        nonlocal done
        done += 1
        if done > last:
            raise KeyboardInterrupt
        return train(*batch)

    trainer._train_step = step
    with pytest.raises(KeyboardInterrupt):
        trainer.fit()
