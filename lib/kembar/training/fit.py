"""From encoded, labelled catalogues and their triplets to heads, and from heads to a bundle."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kembar.config import Settings, TrainingSettings
from kembar.encoding.towers.image import SMALL_CNN, ImageTower
from kembar.encoding.towers.small_cnn import build_small_cnn, pack_weights
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.query_expansion import comparable
from kembar.model.bundle import Bundle, Decider, Thresholds
from kembar.model.curves import Curves
from kembar.model.heads import Head
from kembar.training.epoch import EpochResult
from kembar.training.fit_discriminator import without_gap
from kembar.training.fit_heads import first_heads
from kembar.training.labelled_sources import LabelledSource, join_sources
from kembar.training.labels import RowLabels
from kembar.training.loop import Trainer, make_deterministic
from kembar.training.network import SiameseNetwork
from kembar.training.work_folder import TrainingWork


@dataclass(frozen=True)
class Trained:
    """What `fit_network` learnt: heads, the network's own curves, the small CNN's weights where it is the tower."""

    image_head: Head
    title_head: Head
    curves: Curves
    image_tower_weights: bytes | None
    history: list[EpochResult]

    def codes(self, source: LabelledSource) -> CatalogueIndex:
        """A catalogue's codes by these heads."""
        towers = source.towers
        if source.pixels is not None:
            towers = towers.with_image(ImageTower(SMALL_CNN, weights=self.image_tower_weights).embed(source.pixels))
        return comparable(towers.projected(self.image_head, self.title_head))

    def bundle(self, settings: Settings) -> Bundle:
        """A bundle of these heads that decides as the network did; its deciders are fitted next."""
        plain = Decider(without_gap(self.curves), Thresholds(0.5, 0.5))
        return Bundle(
            self.image_head,
            self.title_head,
            titled=plain,
            untitled=plain,
            image_tower=settings.image_tower.name,
            text_tower=settings.text_tower.handle,
            trained_on={},
            image_tower_weights=self.image_tower_weights,
        )


HALVES = ("train", "held_out")


@dataclass(frozen=True)
class View:
    """Heads that were trained on one half of the products, which judge the other."""

    trained: Trained
    half: str

    def judged(self, labels: RowLabels) -> NDArray[np.int64]:
        """The folds of a catalogue's listings, −1 for those of products that these heads know."""
        seen = ~labels.held_out if self.half == "train" else labels.held_out
        return np.where(seen, -1, labels.fold)


def fit_heads(sources: list[LabelledSource], work: TrainingWork, resume: bool) -> tuple[Trained, list[View]]:
    """Heads trained on all products, and for each half of the products heads that were trained on it alone.

    Heads bring together what they were trained on more than anything else, and curves that are fitted to
    such codes trust them too much. The curves are therefore fitted to the half that a view has not seen.

    Raises:
        TrainingError: too little data, a loss that is not finite, or nothing to resume from.
    """
    views = fit_views(sources, work, resume)
    epochs = [min(view.trained.history, key=lambda result: result.held_out_loss).epoch for view in views]
    enough = replace(work.settings.training, epochs=max(sum(epochs) // len(epochs), 1))
    return _fit(sources, work, "whole", enough, resume), views


def fit_views(sources: list[LabelledSource], work: TrainingWork, resume: bool) -> list[View]:
    """Heads trained on each half of the products alone. Raises TrainingError as `fit_heads`."""
    return [View(_fit(sources, work, half, work.settings.training, resume), half) for half in HALVES]


def _fit(
    sources: list[LabelledSource], work: TrainingWork, part: str, training: TrainingSettings, resume: bool
) -> Trained:
    """A network trained on one half of the products, which the other half stops, or on all for so many epochs."""
    settings = work.settings
    make_deterministic(training.seed)
    features, triplets = join_sources(sources)
    triplets = triplets.trained_on(part)
    cnn = build_small_cnn(training.seed) if features.pixels is not None else None
    same = [source.same_photos(part) for source in sources] if cnn is None else []
    heads = first_heads(features.towers, settings, same)
    network = SiameseNetwork(features, heads, training, cnn)
    trainer = Trainer(network, features, triplets, training, work.folder / part)
    if resume:
        trainer.resume()
    trainer.fit()
    weights = pack_weights(cnn) if cnn is not None else None
    heads_now = network.image_head.export(), network.title_head.export()
    return Trained(*heads_now, network.discriminator.export(), weights, trainer.history)
