"""The image towers: ImageNet's EfficientNet-Lite0, and the small CNN that is trained along."""

import numpy as np
import pytest

from kembar.encoding.towers.image import EFFICIENTNET, SMALL_CNN, ImageTower, image_dim
from kembar.encoding.towers.lite0 import activations, normalised, read_lite0, weights_path
from kembar.encoding.towers.runtime import tensorflow
from kembar.encoding.towers.small_cnn import build_small_cnn, pack_weights, unpack_weights
from kembar.encoding.towers.unpickle import read_tensors
from kembar.errors import BundleError, ConfigError
from tests.oracles import lite0_features
from tests.submit import ROOT

pytestmark = pytest.mark.slow

ACTIVATIONS = ROOT / "tests" / "data" / "lite0_activations.npy"


def test_photo() -> np.ndarray:
    """The picture that the known activations are of."""
    y, x = np.mgrid[0:224, 0:224]
    channels = [(x * y) % 256, (3 * x + y) % 256, ((x - 112) ** 2 + (y - 90) ** 2) // 97 % 256]
    return np.stack(channels, -1).astype(np.uint8)


test_photo.__test__ = False


@pytest.fixture(scope="module")
def tower() -> ImageTower:
    return ImageTower(EFFICIENTNET)


def normal(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x)


def test_its_last_layer_gives_the_known_activations():
    """Those of PyTorch 2.13.0 and efficientnet-lite-pytorch 0.1.0 with the same weights, averaged over the picture."""
    pixels = normalised(test_photo()[None].astype(np.float32))
    cells = activations(tensorflow(), read_lite0(), pixels)[-1].numpy()[0]
    np.testing.assert_allclose(normal(cells.mean(axis=(0, 1))), normal(np.load(ACTIVATIONS)), atol=2e-6)


def test_it_equals_the_network_computed_naively(tower: ImageTower):
    pixels = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    naive = lite0_features(read_tensors(weights_path()), pixels)
    np.testing.assert_allclose(tower.embed(pixels[None])[0], normal(naive), atol=1e-5)


def test_a_photos_embedding_does_not_depend_on_its_batch(tower: ImageTower):
    photos = np.random.default_rng(2).integers(0, 256, (5, 224, 224, 3), dtype=np.uint8)
    alone = np.concatenate([tower.embed(photo[None]) for photo in photos])
    np.testing.assert_allclose(tower.embed(photos, batch_size=2), alone, atol=1e-5)
    assert tower.embed(photos[:0]).shape == (0, tower.dim) == (0, image_dim(EFFICIENTNET))


def test_every_weight_of_the_features_is_used():
    network, tensors = read_lite0(), read_tensors(weights_path())
    convolutions = [network.stem, network.head]
    for block in network.blocks:
        convolutions += [c for c in (block.expand, block.depthwise, block.project) if c is not None]
    stored = sum(t.size for name, t in tensors.items() if t.ndim == 4)
    assert sum(c.kernel.size for c in convolutions) == stored


def test_the_small_cnn_has_at_most_40_000_parameters():
    assert build_small_cnn().count_params() <= 40_000


def test_the_small_cnn_travels_as_plain_arrays():
    model = build_small_cnn(seed=3)
    tower = ImageTower(SMALL_CNN, weights=pack_weights(model))
    photos = np.random.default_rng(3).integers(0, 256, (2, tower.input_px, tower.input_px, 3), dtype=np.uint8)
    raw = model(photos.astype(np.float32)).numpy()
    np.testing.assert_allclose(tower.embed(photos), raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-5)
    assert tower.dim == image_dim(SMALL_CNN)


def test_a_tower_that_cannot_be_is_refused():
    with pytest.raises(ConfigError, match=r"image_tower\.name.*without weights"):
        ImageTower(SMALL_CNN)
    with pytest.raises(ConfigError, match="received resnet"):
        ImageTower("resnet")
    with pytest.raises(BundleError, match="do not fit the small CNN"):
        unpack_weights(b"rubbish")
