"""Settings are typed, and what cannot work is refused with the key, what was expected, and what there is."""

import dataclasses
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from kembar.config import Settings, load_settings
from kembar.errors import ConfigError


def test_every_default_is_in_the_file_and_nowhere_else():
    values = tomllib.loads(Path("conf/kembar.toml").read_text())
    sections = {field.name: field.type for field in dataclasses.fields(Settings)}
    assert set(values) == set(sections)
    for name, kind in sections.items():
        fields = dataclasses.fields(kind)
        assert set(values[name]) == {field.name for field in fields}
        assert all(field.default is dataclasses.MISSING for field in fields), "a second default, in code"


def test_every_setting_has_a_comment():
    lines = Path("conf/kembar.toml").read_text().splitlines()
    bare = [line for before, line in pairwise(lines) if "=" in line and line[0] != "#" and before[:1] != "#"]
    assert bare == []


def test_a_file_overlays_the_defaults_and_an_option_overlays_the_file(tmp_path: Path):
    file = tmp_path / "mine.toml"
    file.write_text("[training]\nepochs = 3\nseed = 9\n")
    settings = load_settings(str(file), ["training.seed=11", "grouping.threshold=0.5"])
    assert (settings.training.epochs, settings.training.seed) == (3, 11)
    assert settings.grouping.threshold == 0.5
    assert settings.training.patience == load_settings().training.patience


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("blocking.hash_band=4", ["blocking.hash_band", "no such setting", "did you mean hash_bands?", "near_titles"]),
        ("block.hash_bands=4", ["block", "no such setting", "available: listings"]),
        ("training.epochs=many", ["training.epochs", "expected a valid integer", "received 'many'"]),
        ("training.epochs=0", ["training.epochs", "greater than or equal to 1", "received 0"]),
        ("training.epochs=2.5", ["training.epochs", "received 2.5"]),
        ("grouping.singletons=1", ["grouping.singletons", "boolean", "received 1"]),
        ("training.learning_rate=nan", ["training.learning_rate", "finite"]),
        ("grouping.threshold=1.5", ["grouping.threshold", "'bundle' or", "received 1.5"]),
        ("grouping.max_component=10", ["grouping", "at least max_group (50)"]),
        ("blocking.proposals_per_listing=40", ["blocking", "candidates_per_listing (45)"]),
        ("blocking.hash_bands=3", ["blocking.hash_bands", "1, 2, 4, 8 or 16", "received 3"]),
        ("nonsense", ["--set expected section.key=value", "'nonsense'"]),
    ],
)
def test_what_cannot_work_is_refused(override: str, said: list[str]):
    with pytest.raises(ConfigError) as caught:
        load_settings(overrides=[override])
    for part in said:
        assert part in str(caught.value)


@pytest.mark.parametrize("section", ["triplets", "training", "blocking"])
def test_a_seed_is_what_every_random_generator_takes(section: str):
    assert load_settings(None, [f"{section}.seed=0", f"{section}.seed={2**31 - 1}"])
    for seed in (-1, 2**31, 2**32, 2**64, 10**30):
        with pytest.raises(ConfigError, match=rf"{section}\.seed: expected (greater|less) than .*, received {seed}"):
            load_settings(None, [f"{section}.seed={seed}"])


@pytest.mark.parametrize(
    "override",
    [
        f"encode.decode_threads={10**20}",
        f"training.batch_size={2**31}",
        f"training.learning_rate=1{'0' * 400}",
        f"triplets.seed=1{'0' * 5000}",
        f"blocking.max_block={2**63}",
        "report.workers=100000",
        "grouping.threshold=" + "[" * 5000,
    ],
)
def test_a_number_beyond_what_machines_have_is_refused_in_a_short_line(override: str):
    with pytest.raises(ConfigError, match=override.partition("=")[0]) as caught:
        load_settings(None, [override])
    assert len(str(caught.value)) < 400


def test_a_file_of_a_windows_editor_is_read(tmp_path: Path):
    file = tmp_path / "bom.toml"
    file.write_bytes(b"\xef\xbb\xbf[grouping]\r\nsingletons = true\r\n")
    assert load_settings(str(file)).grouping.singletons


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("[grouping]\nsingletons = true\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        ("[training]\nbase = 'größe'\n".encode("cp1252"), "is not UTF-8: line 2 holds the byte 0xf6"),
        (b"[training]\nseed = 1" + b"0" * 5000, "is not TOML"),
        (b"\x00\x01", "is not TOML"),
    ],
)
def test_a_file_in_another_encoding_is_named_with_the_remedy(tmp_path: Path, data: bytes, said: str):
    file = tmp_path / "shop.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=f"shop.toml {said}"):
        load_settings(str(file))


def test_all_faults_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        load_settings(overrides=["training.epochs=0", "triplets.hard_share=2"])
    assert "training.epochs" in str(caught.value)
    assert "triplets.hard_share" in str(caught.value)


def test_a_file_that_is_missing_or_not_toml_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="nowhere.toml cannot be read"):
        load_settings("nowhere.toml")
    (tmp_path / "bad.toml").write_text("[training\n")
    with pytest.raises(ConfigError, match="bad.toml is not TOML"):
        load_settings(str(tmp_path / "bad.toml"))
