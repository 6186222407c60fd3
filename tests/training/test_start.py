"""A training knows what it starts from and is refused, before anything is encoded, where that cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kembar.config import Settings
from kembar.errors import BundleError, ConfigError, InputError, TrainingError
from kembar.model.bundle_files import save_bundle
from kembar.training.start import base_bundle, pair_up
from kembar.training.work_folder import TrainingWork
from tests.model.test_bundle import small_bundle


def based_on(settings: Settings, base: str) -> Settings:
    return replace(settings, training=replace(settings.training, base=base))


def test_from_scratch_there_is_no_base(settings: Settings):
    assert base_bundle(based_on(settings, "scratch")) is None


def test_the_shipped_bundle_is_the_default(settings: Settings):
    base = base_bundle(settings)
    assert settings.training.base == "shipped"
    assert base is not None
    assert (base.image_tower, base.text_tower) == (settings.image_tower.name, settings.text_tower.handle)


def test_another_bundle_is_named_by_its_path(settings: Settings, tmp_path: Path):
    bundle = replace(small_bundle(), text_tower=settings.text_tower.handle)
    save_bundle(bundle, str(tmp_path / "b"), "")
    base = base_bundle(based_on(settings, str(tmp_path / "b")))
    assert base is not None
    assert base.encoder_fingerprint == bundle.encoder_fingerprint


def test_a_base_that_is_not_there_is_named(settings: Settings):
    with pytest.raises(BundleError, match="no bundle at nowhere"):
        base_bundle(based_on(settings, "nowhere"))


def test_towers_other_than_the_bases_need_a_training_from_scratch(settings: Settings, tmp_path: Path):
    save_bundle(small_bundle(), str(tmp_path / "b"), "")
    with pytest.raises(ConfigError, match=r"builtin:x.*the settings ask for .*; other towers need .*base=scratch"):
        base_bundle(based_on(settings, str(tmp_path / "b")))


def test_each_catalogue_is_paired_with_its_photos():
    assert pair_up(["a.csv", "b.csv"], ["a/", "b/"]) == [("a.csv", "a/"), ("b.csv", "b/")]


@pytest.mark.parametrize("images", [[], ["a/"], ["a/", "b/", "c/"]])
def test_catalogues_and_folders_must_be_as_many(images: list[str]):
    with pytest.raises(ConfigError, match=rf"--listings was given 2 times and --images {len(images)} times"):
        pair_up(["a.csv", "b.csv"], images)


def test_a_run_goes_on_only_with_the_listings_and_settings_that_it_began_with(settings: Settings, tmp_path: Path):
    work = TrainingWork(tmp_path / "work", ["a.csv"], settings)
    with pytest.raises(TrainingError, match="nothing to resume in .*; to start a new training, leave out --resume"):
        work.open(resume=True)
    work.open(resume=False)
    kept = tmp_path / "work" / "encoded-0" / "part-00000.parquet"
    kept.parent.mkdir()
    kept.touch()
    work.open(resume=True)
    assert kept.exists()
    with pytest.raises(TrainingError, match=r"other the inputs a\.csv"):
        replace(work, inputs=["b.csv"]).open(resume=True)
    with pytest.raises(TrainingError, match="other settings in training;"):
        replace(work, settings=based_on(settings, "scratch")).open(resume=True)
    run = tmp_path / "work" / "run.json"
    run.write_text(json.dumps({**json.loads(run.read_text()), "format": 2}))
    with pytest.raises(TrainingError, match="other bundles, by another version of kembar;"):
        work.open(resume=True)
    work.open(resume=False)
    assert not kept.exists(), "started anew"


@pytest.mark.parametrize("foreign", ["notes.txt", "encoded-0/mine.parquet", "whole/plan.md", ".git/config", "run.json"])
def test_a_work_folder_with_files_that_no_training_wrote_is_refused_and_left_alone(
    settings: Settings, tmp_path: Path, foreign: str
):
    work = TrainingWork(tmp_path, ["a.csv"], settings)
    if foreign != "run.json":
        work.open(resume=False)
    (tmp_path / foreign).parent.mkdir(exist_ok=True)
    (tmp_path / foreign).write_text('{"mine": 1}')
    for resume in (False, True):
        with pytest.raises(InputError, match=f"the work folder .* holds a? ?{foreign}"):
            work.open(resume)
    assert (tmp_path / foreign).read_text() == '{"mine": 1}'


def test_a_table_is_there_once_it_was_written_to_its_end(settings: Settings, tmp_path: Path):
    work = TrainingWork(tmp_path, [], settings)
    (tmp_path / "encoded-0").mkdir()
    assert not work.has("encoded-0")
    (tmp_path / "encoded-0" / "_SUCCESS").touch()
    assert work.has("encoded-0")
