"""The Siamese network in TensorFlow: shared heads, the distances between codes, the discriminator and the loss."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kembar.config import TrainingSettings
from kembar.schemas import MODALITIES
from kembar.training.fit_heads import FirstHeads
from kembar.training.layers import CurvesLayer, HeadLayer, cosine_distance, safe_normalise
from kembar.training.losses import LOSSES
from kembar.training.pair_features import TrainingFeatures

_HEAD_PULL = 1.0
_PATTERN_PULL = 0.01
_CODES_AT_ONCE = 256


def _full_width(embeddings: NDArray[np.float16], width: int) -> NDArray[np.float32]:
    """float32 embeddings as wide as the head takes them; zeros where no listing has the modality."""
    return embeddings.astype(np.float32) if embeddings.shape[1] else np.zeros((len(embeddings), width), np.float32)


class SiameseNetwork(tf.Module):
    """Two listings' features to log-odds, with the towers' embeddings as constants.

    image_tower: a Keras model that is trained along on the features' pixels, where they have some.
    """

    def __init__(
        self,
        features: TrainingFeatures,
        heads: FirstHeads,
        settings: TrainingSettings,
        image_tower: Any = None,
    ):
        super().__init__(name="siamese")
        towers = features.towers
        photos = _full_width(towers.image, len(heads.image.centre)) if image_tower is None else features.pixels
        self._title = tf.constant(_full_width(towers.title, len(heads.title.centre)))
        self._image = tf.constant(photos)
        self.title_head, self.image_head = HeadLayer(heads.title, "title"), HeadLayer(heads.image, "image")
        self.image_tower = image_tower
        self.discriminator = CurvesLayer()
        self._decision = LOSSES[settings.loss]

    def codes(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Codes of photos and of titles as they are now, `[len(rows), dim]` each."""
        parts = [self._codes(tf.constant(rows[i : i + _CODES_AT_ONCE])) for i in range(0, len(rows), _CODES_AT_ONCE)]
        image, title = (np.concatenate([part.numpy() for part in side]) for side in zip(*parts, strict=True))
        return image, title

    def _codes(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        features = tf.gather(self._image, rows)
        if self.image_tower is not None:
            features = safe_normalise(self.image_tower(features, training=True))
        return self.image_head(features), self.title_head(tf.gather(self._title, rows))

    def _triplet_codes(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """Codes of photos and of titles of triplets `[b, 3]`, `[b, 3, dim]` each."""
        shape = tf.concat([tf.shape(rows), [-1]], axis=0)
        found = self._codes(tf.reshape(rows, [-1]))
        return [tf.ensure_shape(tf.reshape(codes, shape), [None, 3, codes.shape[-1]]) for codes in found]

    def decide(self, coded: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Log-odds `[...]` of photo and title distance `[..., 2]`, the ready ones and presence `[..., 3]` each."""
        return self.discriminator(tf.concat([coded, ready], axis=-1), present)

    def log_odds(self, rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Log-odds `[b, 2]` of a batch of `kembar.training.pair_features.triplet_batch`."""
        apart = [cosine_distance(each[:, :1], each[:, 1:]) for each in self._triplet_codes(rows)]
        return self.decide(tf.stack(apart, axis=-1), ready, present)

    def losses(self, rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Loss of each triplet's decisions `[b]`; a triplet with nothing to compare counts as zero."""
        odds = self.log_odds(rows, ready, present)
        comparable = tf.cast(tf.reduce_all(tf.reduce_any(present, axis=-1), axis=-1), tf.float32)
        return self._decision(odds[:, 0], odds[:, 1]) * comparable

    def pull(self) -> tf.Tensor:
        """How far the weights are from where they should stay."""
        heads = self.title_head.pull() + (0.0 if self.image_tower is not None else self.image_head.pull())
        return _HEAD_PULL * heads + _PATTERN_PULL * self.discriminator.pull()

    def slow_variables(self) -> list[tf.Variable]:
        """Those that should stay near a good start, and those of a tower, whose units die in large steps."""
        tower = [] if self.image_tower is None else [weight.value for weight in self.image_tower.trainable_weights]
        return [self.title_head.kernel, self.image_head.kernel, *tower]

    def fast_variables(self) -> list[tf.Variable]:
        """Those that are learnt from scratch."""
        return [self.discriminator.shared, self.discriminator.own, self.discriminator.bias]


def drop_modalities(present: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Hide each modality of a triplet with probability `share`, both of its pairs alike.

    The discriminator learns so what to do when a photo, title or hash is missing.
    """
    kept = tf.random.stateless_uniform([tf.shape(present)[0], 1, len(MODALITIES)], seed) >= share
    return present & kept
