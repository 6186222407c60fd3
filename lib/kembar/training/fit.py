"""From an encoded, labelled catalogue and its triplets to a bundle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from kembar.bundle import Bundle
from kembar.catalogue import CatalogueIndex
from kembar.config import Settings
from kembar.discriminator import Discriminator
from kembar.heads import Head
from kembar.towers.image import SMALL_CNN, ImageTower
from kembar.towers.small_cnn import INPUT_PX, build_small_cnn, pack_weights
from kembar.training.calibration import align_patterns
from kembar.training.card import model_card
from kembar.training.features import TrainingFeatures, triplet_rows
from kembar.training.heads import first_heads
from kembar.training.labels import RowLabels
from kembar.training.loop import EpochResult, Trainer, make_deterministic
from kembar.training.network import SiameseNetwork
from kembar.training.pixels import load_pixels
from kembar.training.thresholds import CandidateRows, GroupingChoice, choose_thresholds
from kembar.training.work import TrainingWork


def read_features(
    towers: CatalogueIndex, posting_ids: list[str], photos: pa.Table, images: str, settings: Settings
) -> TrainingFeatures:
    """What the network sees; photos: `posting_id, image` of the listings."""
    if settings.image_tower.name != SMALL_CNN:
        return TrainingFeatures(towers, posting_ids)
    names = photos["image"].take(pc.index_in(pa.array(posting_ids), photos["posting_id"])).to_pylist()
    return TrainingFeatures(towers, posting_ids, load_pixels(images, names, INPUT_PX, settings.encode))


def read_triplets(folder: Path) -> pa.Table:
    """The ids and split of a TRIPLETS folder, sorted so that the order does not depend on how Spark wrote it."""
    ids = [f"{side}_posting_id" for side in ("anchor", "match", "non_match")]
    table = ds.dataset(folder, format="parquet", exclude_invalid_files=True).to_table(columns=[*ids, "split"])
    return table.sort_by([(name, "ascending") for name in ids])


@dataclass(frozen=True)
class Trained:
    """What `fit_network` learnt, and the catalogue's codes by it."""

    image_head: Head
    title_head: Head
    discriminator: Discriminator
    image_tower_weights: bytes | None
    history: list[EpochResult]
    codes: CatalogueIndex


def _full_width(embeddings: NDArray[np.float16], head: Head) -> NDArray[np.float32]:
    """float32 embeddings as wide as the head takes them; zeros where no listing has the modality."""
    if embeddings.shape[1]:
        return embeddings.astype(np.float32)
    return np.zeros((len(embeddings), len(head.centre)), np.float32)


def fit_network(features: TrainingFeatures, work: TrainingWork, resume: bool) -> Trained:
    """Train heads and discriminator (and the small CNN, where it is the image tower).

    Raises:
        TrainingError: too little data, a loss that is not finite, or nothing to resume from.
    """
    settings, towers = work.settings, features.towers
    make_deterministic(settings.training.seed)
    cnn = build_small_cnn(settings.training.seed) if features.pixels is not None else None
    heads = first_heads(towers, settings)
    image = _full_width(towers.image, heads.image) if features.pixels is None else features.pixels
    network = SiameseNetwork(_full_width(towers.title, heads.title), image, heads, settings.training, cnn)
    rows = triplet_rows(read_triplets(work.folder / "triplets"), features.posting_ids)
    trainer = Trainer(network, features, rows, settings.training, work.folder)
    if resume:
        trainer.resume()
    trainer.fit()
    weights = pack_weights(cnn) if cnn is not None else None
    if weights is not None and features.pixels is not None:
        towers = towers.with_image(ImageTower(SMALL_CNN, weights=weights).embed(features.pixels))
    heads_now = network.image_head.export(), network.title_head.export()
    return Trained(*heads_now, network.discriminator.export(), weights, trainer.history, towers.projected(*heads_now))


def finish_bundle(
    trained: Trained, pairs: CandidateRows, labels: RowLabels, name: str, settings: Settings
) -> tuple[Bundle, str]:
    """Calibrate and choose the thresholds on the held-out products; the bundle and its model card."""
    discriminator = align_patterns(GroupingChoice(trained.codes, trained.discriminator, pairs, labels))
    choice = GroupingChoice(trained.codes, discriminator, pairs, labels)
    thresholds, group_f1 = choose_thresholds(choice, settings.grouping.max_group)
    trained_on: dict[str, Any] = {
        "name": Path(name).parent.name or Path(name).name,
        "listings": len(trained.codes),
        "products": labels.products,
        "held_out": len(np.unique(labels.product[labels.held_out])),
        "loss": settings.training.loss,
        "group_f1": round(group_f1, 4),
    }
    towers = {"image_tower": settings.image_tower.name, "text_tower": settings.text_tower.handle}
    bundle = Bundle(
        trained.image_head,
        trained.title_head,
        discriminator,
        thresholds,
        **towers,
        trained_on=trained_on,
        image_tower_weights=trained.image_tower_weights,
    )
    return bundle, model_card(trained_on, towers, trained.history, thresholds)
