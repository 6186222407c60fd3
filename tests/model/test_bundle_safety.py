"""A bundle from anywhere cannot run code, read other files or fill the memory: it works, or it is refused."""

import hashlib
import io
import json
import os
import pickle
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kembar.config import BUILTIN, load_settings
from kembar.errors import BundleError, ConfigError, InputError
from kembar.model.bundle import trusted_text_tower
from kembar.model.bundle_files import load_bundle, save_bundle
from kembar.model.npz import LARGEST_BYTES, pack_arrays
from tests.builders import small_bundle
from tests.submit import refused_here


def altered(folder: Path, name: str, data: bytes | dict[str, np.ndarray]) -> Path:
    """The small bundle with another file in it, its manifest's hash made to fit, as somebody who means harm would."""
    save_bundle(small_bundle(), str(folder), "")
    if isinstance(data, dict):
        with np.load(folder / name) as archive:
            data = pack_arrays({key: archive[key] for key in archive.files} | data)
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


class Evil:
    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


def test_a_pickle_with_the_right_hash_is_refused_and_not_run(tmp_path: Path):
    touched, buffer = tmp_path / "touched", io.BytesIO()
    evil = np.empty(1, object)
    evil[0] = Evil(touched)
    np.savez(buffer, image_centre=evil)
    for number, data in enumerate((pickle.dumps(Evil(touched)), buffer.getvalue())):
        with pytest.raises(BundleError, match="cannot be read"):
            load_bundle(str(altered(tmp_path / str(number), "heads.npz", data)))
    assert not touched.exists()


def test_a_file_that_unpacks_to_more_than_a_bundle_can_have_is_refused(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        for _ in range(LARGEST_BYTES // 2**20 + 1):
            member.write(bytes(2**20))
    assert len(buffer.getvalue()) < 1_000_000
    with pytest.raises(BundleError, match="unpacks to more than"):
        load_bundle(str(altered(tmp_path / "b", "heads.npz", buffer.getvalue())))


def test_an_array_that_claims_more_than_is_there_is_refused(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"
        header += b" " * (117 - len(header)) + b"\n"
        archive.writestr("image_centre.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(str(altered(tmp_path / "b", "heads.npz", buffer.getvalue())))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"image_centre": np.zeros(9, np.float32)}, "the image head has a centre .* that do not fit"),
        ({"title_kernel": np.zeros(8, np.float32)}, "the title head has a centre .* that do not fit"),
        ({"image_kernel": np.full((8, 4), np.nan, np.float32)}, "the image head has weights not finite"),
        ({"image_kernel": np.full((8, 4), "x")}, "something other than numbers"),
    ],
)
def test_heads_that_cannot_work_are_refused_by_name(tmp_path: Path, arrays: dict, said: str):
    with pytest.raises(BundleError, match=said):
        load_bundle(str(altered(tmp_path / "b", "heads.npz", arrays)))


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": []},
        {"sha256": {}},
        {"sha256": None},
        {"thresholds": {"titled": {"match": float("nan"), "lone": 0.1}, "untitled": {"match": 0.1, "lone": 0.1}}},
        {"thresholds": {"titled": {"match": 0.1}, "untitled": {}}},
        {"thresholds": []},
        {"image_tower": "../../elsewhere"},
        {"trained_on": 7},
        {"text_tower": None},
    ],
    ids=str,
)
def test_a_manifest_that_cannot_be_is_refused(tmp_path: Path, change: dict):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    manifest = tmp_path / "b" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    with pytest.raises(BundleError):
        load_bundle(str(tmp_path / "b"))


def test_a_manifest_cannot_name_files_and_what_lies_beside_is_not_read(tmp_path: Path):
    """Names are the program's own: a hash for another path is for nothing, and another file in the folder is too."""
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    os.mkfifo(tmp_path / "b" / "more.npz")  # who reads it waits for ever
    manifest = tmp_path / "b" / "manifest.json"
    value = json.loads(manifest.read_text())
    value["sha256"]["../../etc/passwd"] = "0" * 64
    manifest.write_text(json.dumps(value))
    assert load_bundle(str(tmp_path / "b")).image_tower_weights is None


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_bundle_is_refused_or_whole(tmp_path: Path, seed: int):
    """Fifty times any bytes of any file changed, half of the time with a hash that fits. Others are always refused."""
    rng, refused = np.random.default_rng(seed), 0
    save_bundle(small_bundle(), str(tmp_path / "whole"), "")
    for _ in range(50):
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
        name = ("heads.npz", "discriminator.npz", "manifest.json")[rng.integers(3)]
        before = (tmp_path / "whole" / name).read_bytes()
        data, hash_fits = bytearray(before), name == "manifest.json" or bool(rng.random() < 0.5)
        for _ in range(int(rng.integers(1, 9))):
            data[rng.integers(len(data))] = rng.integers(256)
        if name != "manifest.json" and hash_fits:
            altered(tmp_path / "b", name, bytes(data))
        else:
            shutil.copytree(tmp_path / "whole", tmp_path / "b")
            (tmp_path / "b" / name).write_bytes(data)
        try:
            bundle = load_bundle(str(tmp_path / "b"))
        except (BundleError, InputError):
            refused += 1
        else:
            assert hash_fits or data == before
            assert all(
                np.isfinite(array).all()
                for head in (bundle.image_head, bundle.title_head)
                for array in vars(head).values()
            )
    assert refused > 0


def test_a_text_tower_from_outside_must_be_named_by_the_user_too():
    """A SavedModel is code, and a bundle may come from anywhere."""
    foreign = replace(small_bundle(), text_tower="/bundles/model")
    with pytest.raises(ConfigError, match=r"'/bundles/model', a SavedModel, which is code"):
        trusted_text_tower(foreign, load_settings())
    named = load_settings(overrides=["text_tower.handle=/bundles/model"])
    assert trusted_text_tower(foreign, named) == "/bundles/model"
    own = replace(small_bundle(), text_tower=BUILTIN)
    assert trusted_text_tower(own, named) == trusted_text_tower(own, load_settings()) == BUILTIN


def test_encode_asks_for_that_before_spark_starts(tmp_path: Path):
    save_bundle(replace(small_bundle(), text_tower="/bundles/model"), str(tmp_path / "b"), "")
    run = refused_here(
        "encode", "--listings", "setup.py", "--images", ".", "--output", tmp_path / "out", "--bundle", tmp_path / "b"
    )
    assert "error: the bundle asks for the text tower '/bundles/model'" in run.said
    assert not (tmp_path / "out").exists()
