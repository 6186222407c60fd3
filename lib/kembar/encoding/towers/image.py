"""The image tower, from pixels of photos to L2-normalised embeddings."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.config import EFFICIENTNET as EFFICIENTNET
from kembar.config import SMALL_CNN as SMALL_CNN
from kembar.encoding.towers import lite0, lite0_int8, small_cnn
from kembar.encoding.towers.runtime import tensorflow
from kembar.errors import ConfigError
from kembar.index.vectors import normalise_rows

_ROUNDED_TO = 8


def image_dim(name: str) -> int:
    """Width of a tower's embeddings."""
    return {EFFICIENTNET: lite0.FEATURES, SMALL_CNN: small_cnn.FEATURES}[name]


class ImageTower:
    """Runs pixels through a convolutional network.

    Args:
        name: `EFFICIENTNET`, with the weights of its package, or `SMALL_CNN`, with weights from a bundle.
        threads: Threads of TensorFlow, 0 for its own choice.
        weights: The weights of `SMALL_CNN`, from `pack_weights`.
        precision: "float32", or for `EFFICIENTNET` also "int8".

    Raises:
        ConfigError: The name is unknown, or the small CNN has no weights or another precision than float32.
    """

    def __init__(
        self,
        name: str = EFFICIENTNET,
        threads: int = 0,
        weights: bytes | None = None,
        precision: str = "float32",
    ):
        tf = tensorflow(threads)
        if (name, precision) == (EFFICIENTNET, "float32"):
            self.input_px, self.dim, self.fingerprint = lite0.INPUT_PX, lite0.FEATURES, lite0.lite0_fingerprint()
            self._run = lite0.forward(tf, lite0.read_lite0())
        elif (name, precision) == (EFFICIENTNET, "int8"):
            self.input_px, self.dim = lite0.INPUT_PX, lite0.FEATURES
            self.fingerprint = lite0_int8.int8_fingerprint()
            self._run = lite0_int8.forward_int8(tf, threads)
        elif name == SMALL_CNN and weights is not None and precision == "float32":
            self.input_px, self.dim = small_cnn.INPUT_PX, small_cnn.FEATURES
            self.fingerprint = f"{SMALL_CNN}-{hashlib.sha256(weights).hexdigest()[:16]}"
            model = small_cnn.unpack_weights(weights)
            self._run = tf.function(lambda pixels: model(tf.cast(pixels, tf.float32), training=False))
        else:
            raise ConfigError(
                f"image_tower.name: expected {EFFICIENTNET}, or in float32 {SMALL_CNN} with the weights of a bundle "
                f"that was trained with it; received {name} in {precision}{'' if weights else ' without weights'}"
            )

    def embed(self, pixels: NDArray[np.uint8], batch_size: int = 32) -> NDArray[np.float32]:
        """Embed RGB pixels `[n, input_px, input_px, 3]` as L2-normalised rows `[n, dim]`."""
        parts = [self._embed(pixels[i : i + batch_size], batch_size) for i in range(0, len(pixels), batch_size)]
        return normalise_rows(np.concatenate(parts)) if parts else np.empty((0, self.dim), np.float32)

    def _embed(self, pixels: NDArray[np.uint8], batch_size: int) -> Any:
        """Embed a batch, padded to a multiple of 8, because TensorFlow prepares each layer for each new batch size."""
        missing = min(-len(pixels) % _ROUNDED_TO, batch_size - len(pixels))
        filled = np.pad(pixels, ((0, missing), *[(0, 0)] * 3)) if missing else pixels
        return np.asarray(self._run(filled))[: len(pixels)]
