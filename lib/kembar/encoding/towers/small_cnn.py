"""The small CNN, an image tower of under 40,000 parameters that is trained from scratch with the heads."""

from typing import Any

from kembar.errors import BundleError
from kembar.model.npz import pack_arrays, unpack_arrays

INPUT_PX = 96
FEATURES = 96
_WIDTHS = (16, 32, 64, 96, 128)


def build_small_cnn(seed: int = 7) -> Any:
    """A Keras model from `[n, 96, 96, 3]` (0 … 255) to `[n, 96]`.

    It has depthwise-separable convolutions (Howard et al. 2017, arXiv:1704.04861) that each halve the picture, and
    group norm instead of batch norm, because the code of a listing must not depend on the rest of its batch.
    """
    import keras

    def init(layer: int) -> Any:
        return keras.initializers.GlorotUniform(seed=seed + layer)

    inputs = keras.Input((INPUT_PX, INPUT_PX, 3))
    x = keras.layers.Rescaling(1 / 128, offset=-1.0)(inputs)
    x = keras.layers.Conv2D(_WIDTHS[0], 3, 2, "same", use_bias=False, kernel_initializer=init(0))(x)
    x = keras.layers.Activation("relu")(keras.layers.GroupNormalization(4)(x))
    for layer, width in enumerate(_WIDTHS[1:], start=1):
        x = keras.layers.DepthwiseConv2D(3, 2, "same", use_bias=False, depthwise_initializer=init(10 * layer))(x)
        x = keras.layers.Conv2D(width, 1, use_bias=False, kernel_initializer=init(10 * layer + 1))(x)
        x = keras.layers.Activation("relu")(keras.layers.GroupNormalization(8)(x))
    pooled = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(FEATURES, kernel_initializer=init(100))(pooled), name="small_cnn")


def pack_weights(model: Any) -> bytes:
    """The weights of the model as the bytes of an .npz file without pickles."""
    return pack_arrays({f"arr_{i}": array for i, array in enumerate(model.get_weights())})


def unpack_weights(data: bytes) -> Any:
    """The model with the weights of `pack_weights`. Raises BundleError if they do not fit."""
    model = build_small_cnn()
    try:
        arrays = unpack_arrays(data)
        model.set_weights([arrays[f"arr_{i}"] for i in range(len(arrays))])
    except (ValueError, KeyError) as error:
        raise BundleError(f"the image tower's weights do not fit the small CNN: {error}") from error
    return model


def first_weights(tower: str, seed: int) -> bytes | None:
    """The initial weights of an image tower, or None for a pretrained one."""
    return pack_weights(build_small_cnn(seed)) if tower == "small-cnn" else None
