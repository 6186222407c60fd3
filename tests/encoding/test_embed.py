"""Listings are encoded in one pass, nothing twice, and each as if it were the only one."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kembar.config import load_settings
from kembar.encoding.embed import ListingEncoder, TitleEncoder
from kembar.encoding.photo_codes import PhotoEncoder, Wanted
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError, decode_photo
from kembar.encoding.prefetch import threads_ahead, work_ahead
from kembar.encoding.recent import Recent
from kembar.encoding.towers.image import ImageTower
from kembar.encoding.towers.loaded import get_image_tower, get_text_tower
from kembar.errors import RunError
from kembar.listings.titles import normalise_title
from kembar.model.heads import principal_head
from kembar.stages.encode_listings import by_photo, partition_count
from tests.builders import random_titles

pytestmark = pytest.mark.slow

LIMITS = load_settings().encode


def encoder(images: Path, batch_size: int = 4, rows_at_once: int = 4096) -> ListingEncoder:
    photos = PhotoEncoder(
        photos=PhotoFolder(str(images)),
        tower="efficientnet-lite0",
        precision="float32",
        weights=None,
        head=None,
        batch_size=batch_size,
        threads=1,
        limits=replace(LIMITS, decode_threads=2),
    )
    return ListingEncoder(photos, TitleEncoder("builtin:use-multilingual", None, 64, 1), rows_at_once)


def encode(code: ListingEncoder, listings: pd.DataFrame) -> pd.DataFrame:
    batch = pa.RecordBatch.from_pandas(listings, preserve_index=False)
    return pa.Table.from_batches(list(code(iter([batch])))).to_pandas()


@pytest.fixture(scope="module")
def shop(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Ten listings of a shop: two share a photo, two have copies of one under other names, two share a title."""
    images = tmp_path_factory.mktemp("shop")
    names = sorted(path.name for path in (sample / "images").iterdir())[:7]
    for name in names:
        shutil.copy(sample / "images" / name, images / name)
    shutil.copy(images / names[0], images / "z-copy-1.jpg")
    shutil.copy(images / names[0], images / "z-copy-2.jpg")
    (images / "broken.jpg").write_bytes(b"rubbish")
    photos = [*names, names[6], "z-copy-1.jpg", "z-copy-2.jpg", "broken.jpg", "gone.jpg", None]
    titles = ["Kaos ANAK ★", "kaos anak", *[f"sabun cair {n} ml" for n in range(9)], "★★", None]
    wanted = [name in (names[3], "z-copy-2.jpg") for name in photos]
    return images, pd.DataFrame({"image": photos, "title": titles, "want_hash": wanted})


def count_runs(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How many photos and titles go through the towers from now on."""
    photo_tower, text_tower = (
        get_image_tower("efficientnet-lite0", 1, None, "float32"),
        get_text_tower("builtin:use-multilingual", 1),
    )
    seen, embed_photos, embed_titles = SimpleNamespace(photos=0, titles=0), photo_tower.embed, text_tower.embed

    def photos(pixels: np.ndarray, batch_size: int) -> np.ndarray:
        seen.photos += len(pixels)
        return embed_photos(pixels, batch_size)

    def titles(texts: list[str], batch_size: int) -> np.ndarray:
        seen.titles += len(texts)
        return embed_titles(texts, batch_size=batch_size)

    monkeypatch.setattr(photo_tower, "embed", photos)
    monkeypatch.setattr(text_tower, "embed", titles)
    return seen


def test_a_task_encodes_nothing_twice(shop: tuple[Path, pd.DataFrame], monkeypatch: pytest.MonkeyPatch):
    """Seven photos, and the copy whose hash is wanted, which is decoded otherwise; ten titles that read differently."""
    images, listings = shop
    seen = count_runs(monkeypatch)
    encode(encoder(images), listings)
    assert (seen.photos, seen.titles) == (8, 10)


def test_codes_are_the_same_to_the_last_bit_whatever_the_process_encoded_before(tmp_path: Path):
    """Which tasks a process has is chance, and a bundle is to be trained again to the same bytes."""
    titles = [" ".join(terms) for terms in random_titles(300, seed=3)]
    listings = pd.DataFrame({"image": None, "title": titles, "want_hash": False}).astype({"image": "string"})
    alone = encode(encoder(tmp_path), listings)
    encode(encoder(tmp_path), listings[::3])
    after = encode(encoder(tmp_path), listings)
    assert np.array_equal(np.stack(alone["title_embedding"]), np.stack(after["title_embedding"]))


@pytest.mark.parametrize(("batch_size", "rows_at_once"), [(4, 4096), (3, 5)])
def test_each_listing_has_the_codes_that_it_has_alone(
    shop: tuple[Path, pd.DataFrame], batch_size: int, rows_at_once: int
):
    images, listings = shop
    together = encode(encoder(images, batch_size, rows_at_once), listings)
    for row in range(len(listings)):
        alone = encode(encoder(images), listings.iloc[[row]]).iloc[0]
        for column in ("image_embedding", "title_embedding"):
            mine, other = together.loc[row, column], alone[column]
            assert (mine is None) == (other is None)
            if mine is not None:
                np.testing.assert_allclose(mine, other, atol=1e-5)
        for column in ("photo_phash", "photo_failure", "title_failure"):
            assert together.loc[row, column] == alone[column]
        assert list(together.loc[row, "terms"]) == list(alone["terms"])
    assert (together[listings.columns].astype(object).fillna("-") == listings.astype(object).fillna("-")).all(axis=None)


def test_codes_are_what_the_towers_give_and_a_head_projects_them(shop: tuple[Path, pd.DataFrame]):
    """Against the plain way: decode, tower, head, for one photo and title at a time."""
    images, listings = shop
    heads = [principal_head(np.random.default_rng(1).standard_normal((30, dim), np.float32), 8) for dim in (1280, 512)]
    plain = encoder(images)
    code = replace(plain, photos=replace(plain.photos, head=heads[0]), titles=replace(plain.titles, head=heads[1]))
    table = encode(code, listings)
    photo_tower, text_tower = ImageTower(threads=1), get_text_tower("builtin:use-multilingual", 1)
    for row in table.head(8).itertuples():
        photo = decode_photo((images / row.image).read_bytes(), 224, row.want_hash, LIMITS.max_photo_pixels)
        np.testing.assert_allclose(row.image_embedding, heads[0](photo_tower.embed(photo.pixels[None]))[0], atol=1e-4)
        title = text_tower.embed([normalise_title(row.title)])
        np.testing.assert_allclose(row.title_embedding, heads[1](title)[0], atol=1e-4)


def test_what_fails_is_said_for_its_row_alone(shop: tuple[Path, pd.DataFrame]):
    images, listings = shop
    table = encode(encoder(images), listings)
    assert list(table["photo_failure"].notna()) == [name in ("broken.jpg", "gone.jpg") for name in listings["image"]]
    assert list(table["title_failure"].notna()) == [title == "★★" for title in listings["title"]]
    assert list(table["photo_phash"].notna()) == list(listings["want_hash"])


def test_a_batch_without_any_photo_or_title_has_no_codes(tmp_path: Path):
    nothing = pd.DataFrame({"image": [None, None], "title": [None, "★"], "want_hash": [False, False]}, dtype=object)
    nothing["want_hash"] = nothing["want_hash"].astype(bool)
    table = encode(encoder(tmp_path), nothing)
    assert table["image_embedding"].isna().all()
    assert table["title_embedding"].isna().all()


def test_results_come_in_order_and_no_more_are_made_ahead_than_asked_for():
    made: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        results = work_ahead(pool, lambda item: made.append(item) or item, range(100), depth=5, patience_s=60)
        assert [next(results) for _ in range(10)] == list(range(10))
        pool.submit(int).result()  # behind all that was asked for
        assert len(made) == 15
        assert list(results) == list(range(10, 100))


def test_a_photo_whose_disk_does_not_answer_is_given_up_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A read that comes back when the test says so, and not before."""
    answers = Event()

    def read_when_told(*_: object) -> bytes:
        answers.wait()
        raise PhotoError("too late")

    monkeypatch.setattr(PhotoFolder, "read", read_when_told)
    photos = replace(encoder(tmp_path).photos, limits=replace(LIMITS, photo_seconds=1))
    with (
        threads_ahead(2) as pool,
        pytest.raises(RunError, match=r"photo dead.jpg timed out after 1 s"),
    ):
        photos.finish(photos.begin(pool, [Wanted("dead.jpg", False)]))
    answers.set()  # the thread that waits may end


def test_an_error_of_the_work_is_no_impatience():
    def fail(item: int) -> None:
        raise TimeoutError("from the store")

    with threads_ahead(1) as pool, pytest.raises(TimeoutError, match="from the store"):
        list(work_ahead(pool, fail, [1], depth=1, patience_s=5))


def test_codes_are_forgotten_before_they_take_more_room_than_allowed():
    kept = Recent(most_bytes=3 * 16)
    for number in range(10):
        kept.keep(number, np.full(4, number, np.float32))
        kept.find(0)
    assert [number for number in range(10) if number in kept] == [0, 8, 9]
    kept.keep(9, np.zeros(4, np.float32))
    assert 0 in kept, "what is kept again takes no more room"


def test_partitions_grow_with_the_catalogue_and_never_starve_a_core():
    assert partition_count(1_000_000, 64, LIMITS) == 1_000
    assert partition_count(2_000, 64, LIMITS) == 128
    assert partition_count(5, 2, load_settings(overrides=["encode.partitions=3"]).encode) == 3


def test_listings_of_one_photo_stand_together_and_share_what_is_asked_for(spark: SparkSession):
    """a is listed three times, once without its hash; b is the same file as a under another name."""
    rows = [("1", "a", "f" * 16), ("2", "x", "0" * 16), ("3", "a", None), ("4", "b", "f" * 16), ("5", "a", "f" * 16)]
    rows += [(f"none-{n}", None, None) for n in range(200)]
    listings = spark.createDataFrame(rows, "posting_id string, image string, image_phash string")
    dealt = by_photo(listings, 4).withColumn("part", F.spark_partition_id()).toPandas()
    assert sorted(dealt["posting_id"]) == sorted(row[0] for row in rows)
    of_a = dealt[dealt["image"].isin(["a", "b"])]
    assert len(set(of_a["part"])) == 1
    assert list(of_a.index) == list(range(of_a.index[0], of_a.index[0] + 4))
    assert {row.image: row.want_hash for row in dealt.dropna(subset="image").itertuples()} == {
        "a": True,
        "b": False,
        "x": False,
    }
    assert not dealt[dealt["image"].isna()]["want_hash"].any()
    assert dealt["part"].value_counts().max() < 100, "listings without a photo are spread out"
