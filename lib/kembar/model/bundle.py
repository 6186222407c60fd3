"""A bundle: what training learnt: heads, deciders and the names of the towers."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.config import BUILTIN, GroupingSettings, Settings
from kembar.errors import ConfigError
from kembar.model.discriminator import Discriminator
from kembar.model.fingerprints import encoder_at
from kembar.model.heads import Head
from kembar.model.npz import pack_arrays
from kembar.storage import algorithms


@dataclass(frozen=True)
class Thresholds:
    """match: mean probability from which clusters merge; lone: from which a listing left alone joins another."""

    match: float
    lone: float

    def overridden(self, settings: GroupingSettings) -> "Thresholds":
        """These, with what the settings say instead; nothing joins where singletons may stay."""
        match = self.match if settings.threshold == "bundle" else settings.threshold
        lone = self.lone if settings.lone_threshold == "bundle" else settings.lone_threshold
        return Thresholds(float(match), 2.0 if settings.singletons else float(lone))


@dataclass(frozen=True)
class Decider:
    """A discriminator and the thresholds that go with its probabilities."""

    discriminator: Discriminator
    thresholds: Thresholds

    def overridden(self, settings: GroupingSettings) -> tuple[Discriminator, Thresholds]:
        """Both parts, with what the settings say of the thresholds."""
        return self.discriminator, self.thresholds.overridden(settings)


@dataclass(frozen=True)
class Bundle:
    """Heads, deciders, and the names of the towers that they were trained on.

    titled: decides in a catalogue of listings with titles; untitled: in one of photos alone, where
    "the same product" mostly means another shot of it, and not an edited copy of one picture.
    variant: decides in a catalogue with titles whether two listings are the exact item; None if no labels were of that
    level.
    blends: whether `untitled` is of codes with query expansion (`kembar.index.query_expansion`). Where training from
    scratch met no catalogue of photos alone, `untitled` is the titled decider, whose curves are of plain codes.
    """

    image_head: Head
    title_head: Head
    titled: Decider
    untitled: Decider
    image_tower: str
    text_tower: str
    trained_on: dict[str, Any]
    image_tower_weights: bytes | None = None
    blends: bool = False
    variant: Decider | None = None

    def decider_for(self, titled: bool, level: str = "product") -> Decider:
        """The decider of a catalogue with titles or without, for one of `kembar.config.LEVELS`.

        Raises:
            ConfigError: the bundle has learnt nothing of that level.
        """
        if not titled:
            return self.untitled
        if level == "product":
            return self.titled
        if self.variant is None:
            raise ConfigError(
                f"grouping.level={level}: the bundle was trained on no labels of that level; "
                f"train one with jobs/train.py --level {level}"
            )
        return self.variant

    def decision_for(self, titled: bool, settings: GroupingSettings) -> tuple[Discriminator, Thresholds]:
        """The discriminator and the thresholds for a catalogue with titles or without, as the settings say.

        Raises:
            ConfigError: As `decider_for`.
        """
        return self.decider_for(titled, settings.level).overridden(settings)

    @property
    def encoder_fingerprint(self) -> str:
        """Changes with whatever changes a code: towers, heads and what is done to photos and titles before; not with
        the discriminator."""
        before = f"{algorithms.PHOTOS}|{algorithms.TITLES}"
        digest = hashlib.sha256(f"{self.image_tower}|{self.text_tower}|{before}".encode())
        digest.update(pack_arrays(head_arrays(self.image_head, self.title_head)))
        digest.update(self.image_tower_weights or b"")
        return digest.hexdigest()[:16]

    def fingerprint_at(self, precision: str) -> str:
        """The fingerprint of codes whose image tower calculated in this precision; see `kembar.model.fingerprints`."""
        return encoder_at(self.encoder_fingerprint, precision)


def head_arrays(image: Head, title: Head) -> dict[str, NDArray[np.float32]]:
    heads = {"image": image, "title": title}
    return {f"{name}_{part}": getattr(head, part) for name, head in heads.items() for part in ("centre", "kernel")}


def trusted_text_tower(bundle: Bundle, settings: Settings) -> str:
    """The bundle's text tower, if it is the built-in one or the settings name it too.

    Any other is a SavedModel, which is code: a bundle, which may come from anywhere, must not have one run.

    Raises:
        ConfigError: the settings do not name it.
    """
    if bundle.text_tower in (BUILTIN, settings.text_tower.handle):
        return bundle.text_tower
    raise ConfigError(
        f"the bundle asks for the text tower {bundle.text_tower!r}, a SavedModel, which is code; received "
        f"text_tower.handle={settings.text_tower.handle}; if you trust it, --set text_tower.handle={bundle.text_tower}"
    )
