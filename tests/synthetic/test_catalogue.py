"""The sample catalogue looks like the competition's files, and is the same for the same seed."""

import hashlib
from itertools import combinations
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kembar.errors import ConfigError
from kembar.synthetic import write_catalogue
from kembar.synthetic.drawing import DRAWINGS, draw_item
from kembar.synthetic.products import draw_product, group_size
from kembar.synthetic.vocabulary import KINDS, LANGUAGES


@pytest.fixture(scope="module")
def listings(sample: Path) -> pd.DataFrame:
    return pd.read_csv(sample / "train.csv", dtype=str, keep_default_na=False)


def test_it_has_the_competitions_columns_and_one_row_a_listing(listings: pd.DataFrame):
    assert list(listings.columns) == ["posting_id", "image", "image_phash", "title", "label_group"]
    assert len(listings) == 240
    assert listings["posting_id"].is_unique
    assert listings["title"].str.strip().all()


def test_photos_are_named_by_content_and_hashed_as_imagehash_does(sample: Path, listings: pd.DataFrame):
    for row in listings.head(12).itertuples():
        path = sample / "images" / row.image
        assert path.stem == hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert row.image_phash == str(imagehash.phash(Image.open(path)))
        assert Image.open(path).size == (160, 160)


def test_most_products_have_two_listings_and_none_fewer(listings: pd.DataFrame):
    sizes = listings["label_group"].value_counts()
    assert sizes.min() >= 2
    assert (sizes == 2).mean() > 0.5
    many = np.array([group_size(1, group) for group in range(4000)])
    assert (many.min(), many.max()) == (2, 50)
    assert 2.7 < many.mean() < 3.3, "as in the competition's data: 1,499 listings of 500 products"


def test_about_a_third_of_true_pairs_look_the_same_to_a_hash(listings: pd.DataFrame):
    bits = [
        (int(a, 16) ^ int(b, 16)).bit_count()
        for _, group in listings.groupby("label_group")
        for a, b in combinations(group["image_phash"], 2)
    ]
    assert 0.15 < np.mean(np.array(bits) <= 20) < 0.6


def test_the_same_seed_gives_the_same_files_however_many_draw(tmp_path: Path):
    for name, workers in (("one", 1), ("two", 2)):
        write_catalogue(tmp_path / name, listings=20, seed=3, photo_px=64, workers=workers)
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).rglob("*.*")} for name in ("one", "two")]
    assert files[0] == files[1]
    write_catalogue(tmp_path / "other", listings=20, seed=4, photo_px=64)
    assert (tmp_path / "other" / "train.csv").read_bytes() != files[0]["train.csv"]


def test_without_labels_it_is_a_test_set(tmp_path: Path):
    write_catalogue(tmp_path / "t", listings=5, photo_px=32, labelled=False)
    assert list(pd.read_csv(tmp_path / "t" / "test.csv").columns) == ["posting_id", "image", "image_phash", "title"]


def test_every_kind_has_a_picture_and_a_name_in_every_language():
    assert {kind.drawing for kind in KINDS.values()} == set(DRAWINGS)
    assert all(len(kind.names) == len(LANGUAGES) and all(kind.names) for kind in KINDS.values())


def test_siblings_look_nearly_alike_and_differ_in_one_thing():
    products = [draw_product(1, group) for group in range(200)]
    siblings = [(a, b) for a, b in zip(products[::2], products[1::2], strict=True) if a.shape == b.shape]
    assert len(siblings) > 5
    for a, b in siblings:
        assert (a.brand, a.name, a.kind) == (b.brand, b.name, b.kind)
        assert a.variant != b.variant


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_a_drawing_fills_its_frame_with_more_than_flat_colour(name: str):
    product = next(p for p in (draw_product(2, g) for g in range(2000)) if p.drawing == name)
    pixels = np.asarray(draw_item(product, 128))
    shown = pixels[pixels[..., 3] > 128][:, :3]
    assert 0.05 < len(shown) / 128**2 < 0.9
    assert len(np.unique(shown // 8, axis=0)) > 30


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"listings": 1}, "2 or more"), ({"listings": 5, "photo_px": 4}, "--photo-px: expected 32 to 4096, received 4")],
)
def test_numbers_that_cannot_work_are_refused(tmp_path: Path, arguments: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        write_catalogue(tmp_path / "t", **arguments)
    assert not (tmp_path / "t").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ConfigError, match="is there already"):
        write_catalogue(tmp_path, listings=5)
    assert (tmp_path / "mine.txt").read_text() == "keep"
