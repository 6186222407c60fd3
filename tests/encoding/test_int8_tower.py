"""The image tower in 8-bit integers is the same tower, as near as makes no difference to a match."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from kembar.encoding.photos import decode_photo
from kembar.encoding.towers.image import SMALL_CNN, ImageTower
from kembar.encoding.towers.lite0_int8 import round_to_steps
from kembar.encoding.towers.small_cnn import build_small_cnn, pack_weights
from kembar.errors import ConfigError
from kembar.model.fingerprints import exact_encoder, require_finished
from kembar.storage.files import write_json
from tests.model.test_bundle import small_bundle

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photos(sample: Path) -> np.ndarray:
    """Photos of the sample catalogue, whose products are not those that the tower was calibrated on."""
    files = sorted((sample / "images").iterdir())[:40]
    return np.stack([decode_photo(file.read_bytes(), 224, False, 10**8).pixels for file in files])


@pytest.fixture(scope="module")
def towers() -> tuple[ImageTower, ImageTower]:
    return ImageTower(), ImageTower(precision="int8", threads=1)


def test_its_embeddings_are_those_of_the_exact_tower(towers: tuple[ImageTower, ImageTower], photos: np.ndarray):
    exact, int8 = towers
    cosines = (exact.embed(photos) * int8.embed(photos)).sum(axis=1)
    assert cosines.min() >= 0.98
    assert cosines.mean() >= 0.99


def test_likeness_survives(towers: tuple[ImageTower, ImageTower], photos: np.ndarray):
    """The cosine of two photos, which is what a match looks at, moves by a few hundredths."""
    between = [codes @ codes.T for codes in (tower.embed(photos) for tower in towers)]
    assert np.abs(between[0] - between[1]).max() < 0.05


def test_an_embedding_does_not_depend_on_its_batch(towers: tuple[ImageTower, ImageTower], photos: np.ndarray):
    int8 = towers[1]
    assert np.array_equal(int8.embed(photos[:11], batch_size=32), int8.embed(photos[:11], batch_size=3))
    assert int8.embed(photos[:0]).shape == (0, int8.dim)


def test_flat_pictures_have_finite_embeddings(towers: tuple[ImageTower, ImageTower]):
    flat = np.stack([np.full((224, 224, 3), level, np.uint8) for level in (0, 127, 255)])
    assert np.isfinite(towers[1].embed(flat)).all()
    assert Image.fromarray(flat[0]).size == (224, 224)


def test_the_small_cnn_is_refused_in_int8():
    with pytest.raises(ConfigError, match=r"image_tower\.name.*received small-cnn in int8"):
        ImageTower(SMALL_CNN, weights=pack_weights(build_small_cnn()), precision="int8")


def test_its_codes_have_a_fingerprint_of_their_own_that_the_same_bundle_matches(tmp_path: Path):
    bundle = small_bundle()
    assert bundle.fingerprint_at("float32") == bundle.encoder_fingerprint
    assert bundle.fingerprint_at("int8") != bundle.encoder_fingerprint == exact_encoder(bundle.fingerprint_at("int8"))
    write_json(str(tmp_path / "manifest.json"), {"encoder": bundle.fingerprint_at("int8")})
    assert require_finished(str(tmp_path), bundle.encoder_fingerprint)


@given(arrays(np.float32, (3, 3, 4, 1), elements=st.floats(-2, 2, width=32)))
def test_a_rounded_kernel_keeps_its_sum_within_half_a_step(kernel: np.ndarray):
    rounded, step = round_to_steps(kernel, by_sum=True), np.abs(kernel).max((0, 1, 3)) / 127
    assert (np.abs(rounded - kernel).max((0, 1, 3)) <= step * 1.01 + 1e-6).all()
    assert (np.abs((rounded - kernel).sum((0, 1, 3))) <= step * 0.51 + 1e-5).all()
