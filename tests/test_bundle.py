"""A bundle is plain data, checked when it is read; the one that ships works."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kembar
from kembar.bundle import Bundle, Thresholds, load_bundle, save_bundle
from kembar.errors import BundleError
from kembar.heads import Head, principal_head
from tests.builders import random_discriminator

LIBRARY = Path(kembar.__file__).parent.parent


def small_bundle() -> Bundle:
    rng = np.random.default_rng(0)
    heads = [Head(*(rng.normal(0, 1, shape).astype(np.float32) for shape in ((8,), (8, 4)))) for _ in "it"]
    return Bundle(
        *heads, random_discriminator(), Thresholds(0.6, 0.4), "efficientnet-lite0", "builtin:x", {"name": "toy"}
    )


def test_it_comes_back_as_it_was(tmp_path: Path):
    bundle = replace(small_bundle(), image_tower_weights=b"cnn")
    save_bundle(bundle, str(tmp_path / "b"), "# card")
    back = load_bundle(str(tmp_path / "b"))
    assert back.encoder_fingerprint == bundle.encoder_fingerprint
    assert np.array_equal(back.discriminator.slopes, bundle.discriminator.slopes)
    assert (back.thresholds, back.trained_on, back.image_tower_weights) == (
        bundle.thresholds,
        bundle.trained_on,
        b"cnn",
    )
    assert (tmp_path / "b" / "README.md").read_text() == "# card"


def test_it_holds_no_pickle(tmp_path: Path):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    for path in (tmp_path / "b").iterdir():
        if path.suffix == ".npz":
            assert all(name.endswith(".npy") for name in zipfile.ZipFile(path).namelist())
            assert np.load(path, allow_pickle=False).files
        else:
            path.read_text()


def test_the_fingerprint_follows_what_makes_codes_and_nothing_else():
    bundle = small_bundle()
    other_head = replace(bundle, title_head=replace(bundle.title_head, kernel=bundle.title_head.kernel * 2))
    assert other_head.encoder_fingerprint != bundle.encoder_fingerprint
    assert replace(bundle, text_tower="other").encoder_fingerprint != bundle.encoder_fingerprint
    same_codes = replace(bundle, discriminator=random_discriminator(5), thresholds=Thresholds(0.1, 0.1))
    assert same_codes.encoder_fingerprint == bundle.encoder_fingerprint


@pytest.mark.parametrize("name", ["heads.npz", "discriminator.npz", "README.md"])
def test_a_file_that_was_altered_or_lost_is_named(tmp_path: Path, name: str):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    path = tmp_path / "b" / name
    path.write_bytes(path.read_bytes() + b"x")
    if name != "README.md":  # people may annotate the card
        with pytest.raises(BundleError, match=f"{name} of bundle .* is not the file"):
            load_bundle(str(tmp_path / "b"))
        path.unlink()
        with pytest.raises(BundleError, match=f"lacks {name}"):
            load_bundle(str(tmp_path / "b"))
    else:
        load_bundle(str(tmp_path / "b"))


def test_one_that_was_not_finished_is_none(tmp_path: Path):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    (tmp_path / "b" / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        load_bundle(str(tmp_path / "b"))


def test_one_of_another_format_is_refused(tmp_path: Path):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    manifest = tmp_path / "b" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(BundleError, match="format 99, expected 1"):
        load_bundle(str(tmp_path / "b"))


def test_the_shipped_one_is_small_names_its_data_and_compares_every_modality():
    bundle = load_bundle(None)
    folder = Path(load_bundle.__code__.co_filename).parent / "default_bundle"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
    assert bundle.trained_on["listings"] > 1000
    assert "trained on" in (folder / "README.md").read_text()
    assert (bundle.image_head.centre.shape, bundle.title_head.centre.shape) == ((1280,), (512,))
    equal, far = np.zeros((1, 5), np.float32), np.array([[1.0, 1.0, 1.0, 1.0, 1.0]], np.float32)
    for pattern in ([1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]):
        present = np.array([pattern], bool)
        assert bundle.discriminator.probability(equal, present) > 0.5 > bundle.discriminator.probability(far, present)


def test_the_shipped_one_is_found_within_a_zip(tmp_path: Path):
    """As spark-submit --py-files puts it on the path."""
    with zipfile.ZipFile(tmp_path / "kembar.zip", "w") as archive:
        for path in (LIBRARY / "kembar").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(LIBRARY))
    code = "import kembar, kembar.bundle as b; print(kembar.__file__, b.load_bundle(None).encoder_fingerprint)"
    paths = {"PYTHONPATH": str(tmp_path / "kembar.zip"), "KEMBAR_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **paths},
        cwd=tmp_path,
        check=False,
    )
    assert done.stdout.split() == [
        str(tmp_path / "kembar.zip" / "kembar" / "__init__.py"),
        load_bundle(None).encoder_fingerprint,
    ], done.stderr


def test_the_first_head_is_the_principal_components():
    rng = np.random.default_rng(1)
    x = (rng.normal(0, 1, (200, 10)) * np.linspace(5, 0.1, 10)).astype(np.float32)
    head = principal_head(x, 3)
    kept = ((x - head.centre) @ head.kernel).var(axis=0).sum()
    best = np.sort(np.linalg.eigvalsh(np.cov(x.T, bias=True)))[-3:].sum()
    assert kept == pytest.approx(best, rel=1e-4)
    assert principal_head(x[:4], 12).kernel.shape == (10, 12)
