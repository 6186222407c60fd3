"""A catalogue with photos for load: train.csv and images/ as the sample writes them, tens of megabytes a second."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from kembar.errors import ConfigError
from kembar.synthetic.catalogue import (
    SampleSummary,
    label_of,
    new_folder,
    plan_groups,
    posting_id,
    store_photo,
    write_listings,
)
from load.offers import name_offer, write_offer
from load.pictures import (
    HEAVY_SHARE,
    OTHER_SHOT_SHARE,
    SCENES,
    Scenes,
    compose,
    design,
    draw_scenes,
    shoot,
)

_MOST_SCENES = 120
_load_scenes = lru_cache(maxsize=1)(Scenes.load)
Group = tuple[int, int, int]
"""Number, first listing and size, of `plan_groups`."""


@dataclass(frozen=True)
class PhotoPlan:
    """repeats: the share of all listings that show the very file of their product's first listing; every other file
    differs from all."""

    listings: int
    seed: int = 7
    repeats: float = 0.1

    def __post_init__(self) -> None:
        if self.listings < 2:
            raise ConfigError(f"--listings: expected 2 or more, received {self.listings}")
        if not 0 <= self.repeats <= 0.5:  # half of the listings are their product's first
            raise ConfigError(f"--repeats: expected a share from 0 to 0.5, received {self.repeats}")

    @cached_property
    def groups(self) -> list[Group]:
        return plan_groups(self.listings, self.seed)

    @cached_property
    def repeat_chance(self) -> float:
        """With which chance a listing that is not the first of its product repeats that one's file."""
        return min(1.0, self.repeats * self.listings / (self.listings - len(self.groups)))


def _list_group(place: Group, plan: PhotoPlan, folder: Path) -> list[tuple[str, ...]]:
    """Write the photos of a group; its rows of the CSV."""
    (group, first, size), scenes = place, _load_scenes(folder)
    offer = name_offer(plan.seed, group, len(plan.groups))
    line, own = (np.random.default_rng((plan.seed, 22, key)) for key in (offer.product.shape, group))
    look = design(len(scenes.drawn), line, own)
    rows: list[tuple[str, ...]] = []

    @cache
    def picture(view: int) -> Image.Image:
        return compose(scenes, look, view, np.random.default_rng((plan.seed, 24, group, view)))

    for turn in range(size):
        rng = np.random.default_rng((plan.seed, 23, group, turn))
        other = bool(turn and rng.random() < OTHER_SHOT_SHARE)
        if turn == 0 or rng.random() >= plan.repeat_chance:
            heavy = other or bool(turn and rng.random() < HEAVY_SHARE)
            photo, data = shoot(scenes, picture(int(other)), heavy, rng)
            shown = store_photo(folder / "images", data), str(imagehash.phash(photo))
        else:
            shown = rows[0][1], rows[0][2]
        title = write_offer(offer, rng)
        rows.append((posting_id(first + turn, plan.seed), *shown, title, label_of(group)))
    return rows


def write_photos(output: Path | str, plan: PhotoPlan, workers: int | None = None, quiet: bool = True) -> SampleSummary:
    """Write a plan's catalogue into a new folder, the same however many workers there are.

    The hashes are those of the pictures before they were made JPEG, which saves decoding them again.

    Raises:
        ConfigError: the folder is there and not empty.
    """
    with new_folder(output) as folder, ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        (folder / "images").mkdir()
        draw_scenes(folder, min(_MOST_SCENES, len(plan.groups)), plan.seed, pool)
        work = partial(_list_group, plan=plan, folder=folder)
        made = pool.map(work, plan.groups, chunksize=max(1, min(32, len(plan.groups) // 64)))
        rows: list[tuple[str, ...]] = []
        for group in track(made, "writing", len(plan.groups), console=Console(stderr=True), disable=quiet):
            rows += group
        (folder / SCENES).unlink()
        write_listings(folder / "train.csv", rows, plan.seed)
        return SampleSummary(len(rows), len(plan.groups), len({row[1] for row in rows}))
