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
from kembar.errors import BundleError
from kembar.model.bundle import Bundle, Decider, Thresholds
from kembar.model.bundle_files import load_bundle, save_bundle
from kembar.model.curves import KNOTS
from kembar.schemas import DISTANCES, MODALITY_OF
from tests.builders import random_discriminator, small_bundle
from tests.disks import fill, small_disk

LIBRARY = Path(kembar.__file__).parent.parent


def test_it_comes_back_as_it_was(tmp_path: Path):
    bundle = replace(small_bundle(), image_tower_weights=b"cnn", blends=True)
    save_bundle(bundle, str(tmp_path / "b"), "# card")
    back = load_bundle(str(tmp_path / "b"))
    assert back.encoder_fingerprint == bundle.encoder_fingerprint
    for ours, theirs in ((back.titled, bundle.titled), (back.untitled, bundle.untitled)):
        assert np.array_equal(ours.discriminator.first.slopes, theirs.discriminator.first.slopes)
        assert np.array_equal(ours.discriminator.second.bias, theirs.discriminator.second.bias)
        assert ours.thresholds == theirs.thresholds
    assert (back.trained_on, back.image_tower_weights, back.blends) == (bundle.trained_on, b"cnn", True)
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
    same_codes = replace(bundle, titled=Decider(random_discriminator(5), Thresholds(0.1, 0.1)))
    assert same_codes.encoder_fingerprint == bundle.encoder_fingerprint


def test_a_catalogue_without_titles_has_a_decider_of_its_own():
    bundle = small_bundle()
    assert bundle.decider_for(titled=True) is bundle.titled
    assert bundle.decider_for(titled=False) is bundle.untitled


def test_curves_that_reward_distance_are_refused_with_the_deciders_name(tmp_path: Path):
    bundle, second = small_bundle(), random_discriminator().second
    rewarding = replace(random_discriminator(), second=replace(second, slopes=-second.slopes - 1))
    save_bundle(replace(bundle, untitled=Decider(rewarding, Thresholds(0.1, 0.1))), str(tmp_path / "b"), "")
    with pytest.raises(BundleError, match=r"the untitled discriminator of bundle .* has negative slopes"):
        load_bundle(str(tmp_path / "b"))


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


KILLED = """import os, signal, sys
from kembar.model import bundle_files as bundle
from kembar.storage import output_folder as runs
from tests.model.test_bundle import small_bundle, with_thresholds
moves, move = int(sys.argv[2]), runs.move
def killed(*paths):
    global moves
    if moves == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    moves -= 1
    move(*paths)
runs.move = killed
bundle.save_bundle(with_thresholds(small_bundle(), 0.9), sys.argv[1], "# new")
"""


def with_thresholds(bundle: Bundle, match: float) -> Bundle:
    """Another bundle: other heads and another threshold."""
    head = replace(bundle.image_head, centre=bundle.image_head.centre + 1)
    return replace(bundle, image_head=head, titled=replace(bundle.titled, thresholds=Thresholds(match, 0.1)))


@pytest.mark.parametrize("moves", range(5))
def test_a_process_that_is_killed_while_it_replaces_one_leaves_the_old_the_new_or_none(tmp_path: Path, moves: int):
    uri = str(tmp_path / "b")
    save_bundle(small_bundle(), uri, "# old")
    done = subprocess.run([sys.executable, "-c", KILLED, uri, str(moves)], cwd=LIBRARY.parent, check=False)
    assert done.returncode == (-9 if moves < 4 else 0), "manifest, heads, discriminator and card are moved"
    if moves == 0:
        assert load_bundle(uri).titled.thresholds.match == 0.6
    elif moves == 1:
        with pytest.raises(BundleError, match=r"heads\.npz of bundle .* is not the file that its manifest describes"):
            load_bundle(uri)
    else:
        assert load_bundle(uri).titled.thresholds.match == 0.9
    save_bundle(with_thresholds(small_bundle(), 0.8), uri, "")
    assert load_bundle(uri).titled.thresholds.match == 0.8
    assert {path.name for path in Path(uri).iterdir()} == {
        "README.md",
        "discriminator.npz",
        "heads.npz",
        "manifest.json",
    }


def test_a_full_disk_leaves_the_bundle_that_was_there(tmp_path: Path):
    with small_disk(tmp_path / "disk") as disk:
        uri = str(disk / "b")
        save_bundle(small_bundle(), uri, "# old")
        ballast = fill(disk, but_bytes=8192)
        with pytest.raises(OSError, match="No space left"):
            save_bundle(with_thresholds(small_bundle(), 0.9), uri, "# new" * 10_000)
        assert load_bundle(uri).titled.thresholds.match == 0.6
        ballast.unlink()
        save_bundle(with_thresholds(small_bundle(), 0.9), uri, "# new")
        assert load_bundle(uri).titled.thresholds.match == 0.9


def test_weights_of_a_tower_that_is_no_longer_its_own_go(tmp_path: Path):
    save_bundle(replace(small_bundle(), image_tower_weights=b"cnn"), str(tmp_path / "b"), "")
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    assert load_bundle(str(tmp_path / "b")).image_tower_weights is None
    assert not (tmp_path / "b" / "image_tower.npz").exists()


def test_one_of_another_format_is_refused(tmp_path: Path):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    manifest = tmp_path / "b" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(BundleError, match="format 99, expected 4"):
        load_bundle(str(tmp_path / "b"))


def test_the_shipped_one_is_small_and_names_its_data():
    bundle = load_bundle(None)
    folder = LIBRARY / "kembar" / "default_bundle"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
    card = (folder / "README.md").read_text()
    assert len(bundle.trained_on["catalogues"]) >= 2
    assert all(f"| {name} |" in card for name in bundle.trained_on["catalogues"])
    assert (bundle.image_head.centre.shape, bundle.title_head.centre.shape) == ((1280,), (512,))


@pytest.mark.parametrize("sort", ["titled", "untitled", "variant"])
@pytest.mark.parametrize("pattern", [[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], ids=str)
def test_the_shipped_one_merges_equal_listings_and_parts_far_ones_whatever_is_missing(sort: str, pattern: list[int]):
    decider: Decider = getattr(load_bundle(None), sort)
    model, present = decider.discriminator, np.array([pattern], bool)
    equal = np.zeros((1, len(DISTANCES)), np.float32)
    far = np.maximum(KNOTS[: len(DISTANCES), -1], 1)[None] * present[:, MODALITY_OF]
    best = model.first_logit(equal, present)
    assert model.probability(equal, present, best, best) > decider.thresholds.match
    assert model.probability(far, present, best, best) < decider.thresholds.match / 2


def test_the_shipped_one_is_found_within_a_zip(tmp_path: Path):
    """As spark-submit --py-files puts it on the path."""
    with zipfile.ZipFile(tmp_path / "kembar.zip", "w") as archive:
        for path in (LIBRARY / "kembar").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(LIBRARY))
    code = (
        "import kembar, kembar.model.bundle_files as b; print(kembar.__file__, b.load_bundle(None).encoder_fingerprint)"
    )
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
