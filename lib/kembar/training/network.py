"""The Siamese network in TensorFlow: shared heads, the distances between codes, the discriminator.

The arithmetic equals that of `kembar.heads` and `kembar.curves`; a test holds
them together.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from kembar.config import TrainingSettings
from kembar.curves import KNOTS, PATTERNS, Curves, usable_distances
from kembar.distances import DISTANCES, MODALITIES
from kembar.heads import Head
from kembar.training.heads import FirstHeads

_SMALL = 1e-12
_HEAD_PULL = 1.0
_PATTERN_PULL = 0.01
_MARGIN = 0.3
_APART = 0.8


def safe_normalise(x: tf.Tensor) -> tf.Tensor:
    """Rows of length one, with a gradient that is finite everywhere.

    The square root's slope is infinite at zero, and times the zero slope of a square it
    is NaN; bounding the sum of squares before the root keeps a missing photo's zero row,
    and every gradient through it, at zero.
    """
    return x * tf.math.rsqrt(tf.maximum(tf.reduce_sum(x * x, axis=-1, keepdims=True), _SMALL))


def cosine_distance(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """1 − cosine of L2-normalised codes, within 0 … 2.

    No norm of a difference is taken: the Euclidean distance of two equal codes has no
    gradient (0/0), and sellers who copy a photo or a title produce equal codes all day.
    """
    return tf.clip_by_value(1.0 - tf.reduce_sum(left * right, axis=-1), 0.0, 2.0)


class HeadLayer(tf.Module):
    """A trainable `Head`, kept near where it started by its distance to the first kernel."""

    def __init__(self, head: Head, name: str):
        super().__init__(name=name)
        self.centre = tf.constant(head.centre)
        self.first = tf.constant(head.kernel)
        self.kernel = tf.Variable(head.kernel, name="kernel")

    def __call__(self, embeddings: tf.Tensor) -> tf.Tensor:
        return safe_normalise((embeddings - self.centre) @ self.kernel)

    def pull(self) -> tf.Tensor:
        """Mean squared departure from the first kernel, relative to the kernel's size."""
        return tf.reduce_sum((self.kernel - self.first) ** 2) / tf.reduce_sum(self.first**2)

    def export(self) -> Head:
        return Head(self.centre.numpy(), self.kernel.numpy())


class CurvesLayer(tf.Module):
    """Trainable `Curves` over DISTANCES: one curve a distance, and each pattern's small departure from it."""

    def __init__(self) -> None:
        super().__init__(name="discriminator")
        knots = KNOTS[: len(DISTANCES)]
        self.shared = tf.Variable(tf.ones(knots.shape), name="shared")
        self.own = tf.Variable(tf.zeros((PATTERNS, *knots.shape)), name="own")
        self.bias = tf.Variable(tf.fill((PATTERNS,), 4.0), name="bias")
        self.usable = tf.constant(usable_distances(len(DISTANCES))[:, :, None])
        self.knots = tf.constant(knots)
        self.widths = tf.constant(np.pad(np.diff(knots, axis=1), ((0, 0), (0, 1)), constant_values=np.inf))

    def slopes(self) -> tf.Tensor:
        return tf.nn.softplus(self.shared + self.own) * self.usable

    def __call__(self, distances: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Log-odds `[...]` of distances `[..., 5]` and presence `[..., 3]`."""
        pattern = tf.reduce_sum(
            tf.cast(present, tf.int32) * tf.constant([1 << bit for bit in range(len(MODALITIES))]), axis=-1
        )
        reach = tf.clip_by_value(distances[..., None] - self.knots, 0.0, self.widths)
        evidence = tf.reduce_sum(reach * tf.gather(self.slopes(), pattern), axis=[-2, -1])
        return tf.gather(self.bias, pattern) - evidence

    def pull(self) -> tf.Tensor:
        return tf.reduce_mean(self.own**2)

    def export(self) -> Curves:
        return Curves(self.slopes().numpy(), self.bias.numpy())


def triplet_probability_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """The seed's loss `(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2`, from log-odds."""
    return (tf.sigmoid(-match) + tf.sigmoid(non_match)) / 2


def cross_entropy_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of the two decisions of a triplet, from log-odds."""
    return (tf.nn.softplus(-match) + tf.nn.softplus(non_match)) / 2


def no_code_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """Nothing asked of the codes beyond what the decision asks."""
    return tf.zeros_like(match - non_match)


def triplet_margin_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """A match nearer than the non-match by a margin (Schroff et al. 2015, arXiv:1503.03832), from code distances."""
    return tf.nn.relu(match - non_match + _MARGIN)


def contrastive_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """Matches together, non-matches beyond a margin (Hadsell et al. 2006, doi:10.1109/CVPR.2006.100)."""
    return match**2 + tf.nn.relu(_APART - non_match) ** 2


LOSSES = {
    "cross_entropy": (cross_entropy_loss, no_code_loss),
    "triplet_probability": (triplet_probability_loss, no_code_loss),
    "triplet_margin": (cross_entropy_loss, triplet_margin_loss),
    "contrastive": (cross_entropy_loss, contrastive_loss),
}
"""By `training.loss`: what is asked of the decision, and what of the codes' own distances beside it."""


class SiameseNetwork(tf.Module):
    """Two listings' features to log-odds, with the towers' embeddings as constants.

    image: float32 `[n, dim]`, or uint8 `[n, px, px, 3]` with `image_tower` a Keras model that is trained along.
    """

    def __init__(self, title: Any, image: Any, heads: FirstHeads, settings: TrainingSettings, image_tower: Any = None):
        super().__init__(name="siamese")
        self.settings = settings
        self._title, self._image = tf.constant(title), tf.constant(image)
        self.title_head, self.image_head = HeadLayer(heads.title, "title"), HeadLayer(heads.image, "image")
        self.image_tower = image_tower
        self.discriminator = CurvesLayer()

    def _image_codes(self, rows: tf.Tensor) -> tf.Tensor:
        features = tf.gather(self._image, rows)
        if self.image_tower is not None:
            features = safe_normalise(self.image_tower(features, training=True))
        return self.image_head(features)

    def _pairs(self, codes: tf.Tensor) -> tf.Tensor:
        """Distances `[b, 2]` of (anchor, match) and (anchor, non-match) from codes `[3b, dim]`."""
        anchor, match, non_match = tf.split(codes, 3)
        return tf.stack([cosine_distance(anchor, match), cosine_distance(anchor, non_match)], axis=1)

    def log_odds(self, rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Log-odds `[b, 2]` of a batch of `kembar.training.features.triplet_batch`."""
        return self._decide(self._code_distances(rows), ready, present)

    def _code_distances(self, rows: tf.Tensor) -> tf.Tensor:
        """Photo and title distance of both pairs, `[b, 2, 2]`."""
        flat = tf.reshape(tf.transpose(rows), [-1])
        image, title = self._pairs(self._image_codes(flat)), self._pairs(self.title_head(tf.gather(self._title, flat)))
        return tf.stack([image, title], axis=-1)

    def _decide(self, coded: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        return self.discriminator(tf.concat([coded, ready], axis=-1), present)

    def losses(self, rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Loss of each triplet `[b]`; a triplet with nothing to compare counts as zero."""
        decision, of_codes = LOSSES[self.settings.loss]
        coded = self._code_distances(rows)
        odds = self._decide(coded, ready, present)
        comparable = tf.cast(tf.reduce_all(tf.reduce_any(present, axis=-1), axis=-1), tf.float32)
        both = tf.cast(tf.reduce_all(present[..., :2], axis=1), tf.float32)  # of the photos, of the titles
        asked = tf.reduce_sum(of_codes(coded[:, 0], coded[:, 1]) * both, axis=-1)
        return decision(odds[:, 0], odds[:, 1]) * comparable + asked

    def pull(self) -> tf.Tensor:
        heads = self.title_head.pull() + (0.0 if self.image_tower is not None else self.image_head.pull())
        return _HEAD_PULL * heads + _PATTERN_PULL * self.discriminator.pull()

    def slow_variables(self) -> list[tf.Variable]:
        """Those that start from something good and should stay near it."""
        heads = [self.title_head.kernel]
        return heads if self.image_tower is not None else [*heads, self.image_head.kernel]

    def fast_variables(self) -> list[tf.Variable]:
        """Those that are learnt from scratch."""
        fresh = [self.discriminator.shared, self.discriminator.own, self.discriminator.bias]
        if self.image_tower is None:
            return fresh
        tower = [weight.value for weight in self.image_tower.trainable_weights]
        return [*fresh, self.image_head.kernel, *tower]


def drop_modalities(present: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Hide each modality of a triplet with probability `share`, both of its pairs alike.

    The discriminator learns so what to do when a photo, title or hash is missing.
    """
    kept = tf.random.stateless_uniform([tf.shape(present)[0], 1, len(MODALITIES)], seed) >= share
    return present & kept
