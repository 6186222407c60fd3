"""The parts of the Siamese network that have weights, and the distance between codes.

The arithmetic equals that of `kembar.model.heads` and `kembar.model.curves`; a test holds
them together.
"""

import numpy as np
import tensorflow as tf

from kembar.model.curves import KNOTS, PATTERNS, Curves, usable_distances
from kembar.model.heads import Head
from kembar.schemas import DISTANCES, MODALITIES

_SMALL = 1e-12


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
        """Log-odds `[...]` of distances `[..., distances]` and presence `[..., 3]`."""
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
