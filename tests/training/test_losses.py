"""The losses of a triplet's decisions."""

import numpy as np
import pytest
import tensorflow as tf

from kembar.config import load_settings
from kembar.errors import ConfigError
from kembar.training.losses import LOSSES, triplet_probability_loss


def test_the_seeds_loss_is_as_it_was_defined():
    """(p(non-match | anchor, match) + 1 − p(non-match | anchor, non-match)) / 2, with p(non-match) = 1 − p(match)."""
    match, non_match = tf.constant([2.0, -1.0]), tf.constant([-3.0, 0.5])
    p, q = tf.sigmoid(match).numpy(), tf.sigmoid(non_match).numpy()
    assert np.allclose(triplet_probability_loss(match, non_match), ((1 - p) + 1 - (1 - q)) / 2)


def test_an_unknown_loss_is_refused_with_those_there_are():
    for name in LOSSES:
        assert load_settings(overrides=[f"training.loss={name}"]).training.loss == name
    with pytest.raises(ConfigError, match=r"training\.loss: expected .*'triplet_probability'.*received 'arcface'"):
        load_settings(overrides=["training.loss=arcface"])
