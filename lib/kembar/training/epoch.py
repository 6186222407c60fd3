"""What is known after an epoch: how well the held-out triplets are decided."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kembar.training.network import SiameseNetwork
from kembar.training.pair_features import TrainingFeatures, epoch_batches


@dataclass(frozen=True)
class EpochResult:
    """One epoch's mean training loss, and on the held-out triplets the loss of the decisions, and those at 0.5."""

    epoch: int
    training_loss: float
    held_out_loss: float
    precision: float
    recall: float
    f1: float


def evaluate(
    network: SiameseNetwork, features: TrainingFeatures, triplets: NDArray[np.int64], batch_size: int
) -> tuple[float, float, float, float]:
    """Mean loss of the decisions of triplets `[t, 3]`, and precision, recall and F1 of their pairs at 0.5."""
    parts = []
    for batch in epoch_batches(features, triplets, batch_size, 0, 0):
        inputs = [tf.constant(batch[name]) for name in ("rows", "ready", "present")]
        parts.append((network.log_odds(*inputs).numpy(), network.losses(*inputs).numpy()))
    odds, losses = (np.concatenate(side) for side in zip(*parts, strict=True))
    said, true = odds > 0, np.array([True, False])[None, :]
    hits = float((said & true).sum())
    precision, recall = hits / max(float(said.sum()), 1.0), hits / max(len(odds), 1)
    return float(losses.mean()), precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)
