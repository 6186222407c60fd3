"""What training asks: of a triplet's two decisions, and beside it of the codes themselves.

A loss of codes is asked of one modality at a time, with no norm of a difference and no root at zero:
sellers who copy a photo or a title give equal codes in every batch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kembar.training.layers import cosine_distance, safe_normalise

_MARGIN = 0.3
_APART = 0.8
_TEMPERATURE = 0.1
_ARC_SCALE = 16.0
"""Not the 64 of the paper, which is for a hundred thousand classes: the scale that fits grows with the logarithm of
their number (Zhang et al. 2019, arXiv:1905.00292)."""
_ARC_MARGIN = 0.3
_FLOOR = 1e-6
_NEVER = -1e9


def triplet_probability_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """The seed's loss `(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2`, from log-odds."""
    return (tf.sigmoid(-match) + tf.sigmoid(non_match)) / 2


def cross_entropy_loss(match: tf.Tensor, non_match: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of the two decisions of a triplet, from log-odds."""
    return (tf.nn.softplus(-match) + tf.nn.softplus(non_match)) / 2


class CodeBatch(NamedTuple):
    """One modality of a batch of b triplets.

    codes: L2-normalised `[b, 3, dim]` of anchor, match and non-match; rows: of the catalogue, `[b, 3]`;
    product: `[b, 3]`; catalogue: `[b]`, listings of two catalogues being neither matches nor non-matches;
    usable: bool `[b]`, whether all three listings have the modality and it is not hidden.
    """

    codes: tf.Tensor
    rows: tf.Tensor
    product: tf.Tensor
    catalogue: tf.Tensor
    usable: tf.Tensor

    def distances(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Of the match and of the non-match from the anchor, `[b]` each."""
        anchor, match, non_match = tf.unstack(self.codes, axis=1)
        return cosine_distance(anchor, match), cosine_distance(anchor, non_match)


CodeLoss = Callable[[CodeBatch], tf.Tensor]
"""A batch to the loss of each triplet `[b]`; what it is where the triplet is not usable does not matter."""


def triplet_margin_loss(batch: CodeBatch) -> tf.Tensor:
    """A match nearer than the non-match by a margin (Schroff et al. 2015, arXiv:1503.03832)."""
    match, non_match = batch.distances()
    return tf.nn.relu(match - non_match + _MARGIN)


def contrastive_loss(batch: CodeBatch) -> tf.Tensor:
    """Matches together, non-matches beyond a margin (Hadsell et al. 2006, doi:10.1109/CVPR.2006.100)."""
    match, non_match = batch.distances()
    return match**2 + tf.nn.relu(_APART - non_match) ** 2


def supervised_contrastive_loss(batch: CodeBatch) -> tf.Tensor:
    """Each anchor's matches against all other listings of the batch (Khosla et al. 2020, arXiv:2004.11362, L_out).

    For an anchor i with the matches P and the other listings A, s being cosines over a temperature:
    `−1/|P| Σ_p (s_ip − ln Σ_a exp s_ia)`. A listing that occurs again is not its own match, and listings of
    other catalogues are not in A, whose products have labels of their own.
    """
    every = tf.reshape(batch.codes, [-1, batch.codes.shape[-1]])
    rows, product = (tf.reshape(x, [-1]) for x in (batch.rows, batch.product))
    catalogue, usable = (tf.repeat(x, 3) for x in (batch.catalogue, batch.usable))
    others = (batch.rows[:, :1] != rows) & (batch.catalogue[:, None] == catalogue) & usable
    matches = tf.cast(others & (batch.product[:, :1] == product), tf.float32)
    similar = tf.where(others, tf.matmul(batch.codes[:, 0], every, transpose_b=True) / _TEMPERATURE, _NEVER)
    surprise = tf.reduce_logsumexp(similar, axis=1, keepdims=True) - similar
    return tf.math.divide_no_nan(tf.reduce_sum(matches * surprise, axis=1), tf.reduce_sum(matches, axis=1))


def additive_angle(cosine: tf.Tensor, margin: float = _ARC_MARGIN) -> tf.Tensor:
    """cos(θ + margin) of cos θ, going on down in a line where θ + margin is beyond a half turn.

    The sine is a root with an infinite slope where a code meets its centre, as the code of a product whose
    listings are copies does; bounded from below before the root, its slope there is nought.
    """
    sine = tf.sqrt(tf.maximum(1.0 - cosine**2, _FLOOR))
    turned = cosine * float(np.cos(margin)) - sine * float(np.sin(margin))
    return tf.where(cosine > -float(np.cos(margin)), turned, cosine - margin * float(np.sin(margin)))


class ArcFace(tf.Module):
    """Each listing nearer by an angle to its product's centre than to others (Deng et al. 2019, arXiv:1801.07698).

    class_of: `[n]`, the class of each row of the catalogue, −1 for products that are not trained on; centres:
    `[classes, dim]`, where training starts; of: `[classes]`, the catalogue of each, since only the classes of
    a listing's own catalogue compete for it.
    """

    def __init__(self, class_of: NDArray[np.int64], centres: NDArray[np.float32], of: NDArray[np.int64]):
        super().__init__(name="arcface")
        self._class_of, self._of = tf.constant(class_of), tf.constant(of)
        self.centres = tf.Variable(centres, name="centres")

    def __call__(self, batch: CodeBatch) -> tf.Tensor:
        """Mean over a triplet's listings of `−ln softmax` at their product."""
        cosine = tf.einsum("btd,cd->btc", batch.codes, safe_normalise(self.centres))
        own = tf.gather(self._class_of, batch.rows)
        true = tf.one_hot(own, len(self._of), on_value=True, off_value=False, dtype=tf.bool)
        logits = _ARC_SCALE * tf.where(true, additive_angle(cosine), cosine)
        rivals = batch.catalogue[:, None, None] == self._of
        logits = tf.where(rivals, logits, _NEVER)
        at_own = tf.reduce_sum(tf.where(true, logits, 0.0), axis=-1)
        known = tf.cast(own >= 0, tf.float32)
        surprise = (tf.reduce_logsumexp(logits, axis=-1) - at_own) * known
        return tf.math.divide_no_nan(tf.reduce_sum(surprise, axis=1), tf.reduce_sum(known, axis=1))


def product_classes(product: NDArray[np.int64], trained: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The class of each row `[n]`, −1 for a product that no `trained` row is of, and how many classes there are."""
    classes = np.unique(product[trained])
    place = np.searchsorted(classes, product)
    known = classes[np.minimum(place, len(classes) - 1)] == product
    return np.where(known, place, -1), len(classes)


def class_means(codes: NDArray[np.float32], class_of: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """The mean code of each class's listings, `[classes, dim]`; a missing listing's zero code adds nothing."""
    sums = np.zeros((classes, codes.shape[1]), np.float32)
    np.add.at(sums, class_of[class_of >= 0], codes[class_of >= 0])
    return np.asarray(safe_normalise(tf.constant(sums)))


DECISIONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {"triplet_probability": triplet_probability_loss}
"""By `training.loss`: what is asked of the decision, where it is not cross-entropy."""

ARCFACE = "arcface"
OF_CODES: dict[str, Any] = {
    "triplet_margin": triplet_margin_loss,
    "contrastive": contrastive_loss,
    "supervised_contrastive": supervised_contrastive_loss,
}
"""By `training.loss`: what is asked of the codes beside it; ArcFace, which learns centres, is made with the network."""

LOSSES = ("cross_entropy", *DECISIONS, *OF_CODES, ARCFACE)
