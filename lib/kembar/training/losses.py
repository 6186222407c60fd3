"""The loss of a triplet's two decisions."""

from collections.abc import Callable

import tensorflow as tf


def triplet_probability_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """The seed's loss `(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2`, from log-odds."""
    return (tf.sigmoid(-match) + tf.sigmoid(non_match)) / 2


def cross_entropy_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of the two decisions of a triplet, from log-odds."""
    return (tf.nn.softplus(-match) + tf.nn.softplus(non_match)) / 2


LOSSES: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "cross_entropy": cross_entropy_loss,
    "triplet_probability": triplet_probability_loss,
}
"""By the setting `training.loss`."""
