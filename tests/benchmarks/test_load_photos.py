"""Photos for load: sizes, shares and titles as stated, the same for a seed however many make them."""

import hashlib
from collections import Counter
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from load import PhotoPlan, write_photos
from load.offers import name_offer, write_offer
from load.pictures import design
from PIL import Image

from kembar.errors import ConfigError

pytestmark = pytest.mark.slow

PLAN = PhotoPlan(listings=60, seed=3, repeats=0.2)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load") / "photos"
    write_photos(folder, PLAN, workers=2)
    return folder


@pytest.fixture(scope="module")
def listings(written: Path) -> pd.DataFrame:
    return pd.read_csv(written / "train.csv", dtype=str, keep_default_na=False)


def test_it_has_the_competitions_columns_and_as_many_rows_as_asked(listings: pd.DataFrame):
    assert list(listings.columns) == ["posting_id", "image", "image_phash", "title", "label_group"]
    assert len(listings) == 60 == listings["posting_id"].nunique()
    assert listings["label_group"].value_counts().min() >= 2


def test_photos_are_as_large_as_those_of_a_marketplace(written: Path):
    paths = list((written / "images").iterdir())
    assert {Image.open(path).size[0] for path in paths} <= {640, 720, 800, 1024}
    assert 60 < np.mean([path.stat().st_size for path in paths]) / 1024 < 200
    assert sorted(p.name for p in written.iterdir()) == ["images", "train.csv"]


def test_files_differ_but_for_the_repeats_within_a_product(written: Path, listings: pd.DataFrame):
    shown = Counter(listings["image"])
    files = {path.name: path.read_bytes() for path in (written / "images").iterdir()}
    assert set(shown) == set(files)
    assert len(set(files.values())) == len(files)
    assert all(name == f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}.jpg" for name, data in files.items())
    assert len(listings[["image", "label_group"]].drop_duplicates()) == len(files), "none is shown by two products"
    # 12 of 60 are meant; a draw of 40 or so with that mean stays within 4 and 22.
    assert 4 <= len(listings) - len(files) <= 22


def test_hashes_are_those_of_the_pictures_to_a_bit_or_two(written: Path, listings: pd.DataFrame):
    """JPEG moves a frequency over the median now and then."""
    for row in listings.head(15).itertuples():
        after = str(imagehash.phash(Image.open(written / "images" / row.image)))
        assert (int(after, 16) ^ int(row.image_phash, 16)).bit_count() <= 4


def test_the_same_seed_gives_the_same_files_however_many_make_them(tmp_path: Path):
    for name, workers in (("one", 1), ("two", 2)):
        write_photos(tmp_path / name, PhotoPlan(8, seed=6), workers=workers)
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).rglob("*.*")} for name in ("one", "two")]
    assert files[0] == files[1]


def test_words_grow_with_the_catalogue_and_fall_in_frequency():
    brands = [len({name_offer(7, g, products).product.brand for g in range(300)}) for products in (380, 11_000)]
    assert brands[1] > 1.3 * brands[0]
    words = Counter(word for g in range(400) for word in name_offer(7, g, 11_000).words[3:])
    # Of 800 even draws from 4,000 words the commonest would come about 3 times; Zipf's first comes 7 times on average.
    assert max(words.values()) >= 5
    assert np.median(list(words.values())) == 1


def test_siblings_are_called_the_same_but_for_their_variant():
    offers = [name_offer(7, g, 1_100) for g in range(300)]
    pairs = zip(offers[::2], offers[1::2], strict=True)
    siblings = [(a, b) for a, b in pairs if a.product.shape == b.product.shape]
    assert len(siblings) > 5
    assert all(a.parts[:-1] == b.parts[:-1] and a.parts[-1] != b.parts[-1] for a, b in siblings)


def test_some_sellers_copy_the_full_title_and_others_leave_words_out():
    offer = name_offer(7, 0, 1_100)
    full = " ".join(part for part, _ in offer.parts)
    titles = [write_offer(offer, np.random.default_rng(turn)) for turn in range(200)]
    assert 15 <= titles.count(full) <= 65, "18 % of 200, within five deviations"
    assert np.median([len(title.split()) for title in titles]) < len(full.split())


def test_siblings_share_a_picture_but_for_its_inset():
    def rng(seed: int) -> np.random.Generator:
        return np.random.default_rng(seed)

    one, other = design(50, rng(1), rng(2)), design(50, rng(1), rng(3))
    assert (one.main, one.colours[0], one.turns[0]) == (other.main, other.colours[0], other.turns[0])
    assert (one.inset, one.colours[1]) != (other.inset, other.colours[1])


@pytest.mark.parametrize(
    ("arguments", "said"), [({"listings": 1}, "2 or more"), ({"listings": 9, "repeats": 0.9}, "0 to 0.5, received 0.9")]
)
def test_plans_that_cannot_be_are_refused(arguments: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        PhotoPlan(**arguments)
