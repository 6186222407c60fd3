"""The image tower: photos as pixels to L2-normalised embeddings."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from kembar.errors import ConfigError
from kembar.heads import normalise_rows
from kembar.towers import lite0, small_cnn
from kembar.towers.runtime import tensorflow

EFFICIENTNET, SMALL_CNN = "efficientnet-lite0", "small-cnn"


def image_dim(name: str) -> int:
    """Width of a tower's embeddings."""
    return {EFFICIENTNET: lite0.FEATURES, SMALL_CNN: small_cnn.FEATURES}[name]


class ImageTower:
    """Runs pixels through a convolutional network.

    name: `EFFICIENTNET`, with the weights of its package, or `SMALL_CNN`, with the weights that
    training put into a bundle.

    Raises:
        ConfigError: the name is neither, or the small CNN comes without weights.
    """

    def __init__(self, name: str = EFFICIENTNET, threads: int = 0, weights: bytes | None = None):
        tf = tensorflow(threads)
        if name == EFFICIENTNET:
            self.input_px, self.dim, self.fingerprint = lite0.INPUT_PX, lite0.FEATURES, lite0.lite0_fingerprint()
            self._run = lite0.forward(tf, lite0.read_lite0())
        elif name == SMALL_CNN and weights is not None:
            self.input_px, self.dim = small_cnn.INPUT_PX, small_cnn.FEATURES
            self.fingerprint = f"{SMALL_CNN}-{hashlib.sha256(weights).hexdigest()[:16]}"
            model = small_cnn.unpack_weights(weights)
            self._run = tf.function(lambda pixels: model(tf.cast(pixels, tf.float32), training=False))
        else:
            raise ConfigError(
                f"image_tower.name: expected {EFFICIENTNET}, or {SMALL_CNN} with the weights of a bundle that "
                f"was trained with it; received {name}{'' if weights else ' without weights'}"
            )

    def embed(self, pixels: NDArray[np.uint8], batch_size: int = 32) -> NDArray[np.float32]:
        """`[n, input_px, input_px, 3]` RGB to L2-normalised `[n, dim]`."""
        parts = [self._run(pixels[i : i + batch_size]).numpy() for i in range(0, len(pixels), batch_size)]
        return normalise_rows(np.concatenate(parts)) if parts else np.empty((0, self.dim), np.float32)
