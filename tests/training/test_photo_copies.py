"""Photos relisted: altered copies of the same shape, the same every time, that training takes for the same article."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from kembar.config import Settings, load_settings
from kembar.encoding.embed import PhotoEncoder
from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import ConfigError
from kembar.index.vectors import normalise_rows
from kembar.training.augmentation.photo_copies import (
    CopyEncoder,
    Relisted,
    copies_of,
    recompress,
    relist_matches,
    relist_pixels,
)
from kembar.training.fit import fit_heads
from kembar.training.fit_heads import same_photos
from kembar.training.labelled_sources import join_sources
from kembar.training.start import base_bundle
from kembar.training.work_folder import TrainingWork
from tests.toys import PRODUCT, N, small
from tests.training.test_fit import source

PX = 96


def photo(seed: int = 0) -> np.ndarray:
    """Smooth blobs of colour, which JPEG keeps."""
    small_one = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small_one).resize((PX, PX), Image.Resampling.BICUBIC))


def relisted(copies: int = 2, every: int = 1) -> Relisted:
    """Copies of the toy catalogue's photos, of every so many rows, that are near their originals."""
    towers = source().towers
    row = np.repeat(np.arange(0, N, every), copies)
    row = row[towers.has_image[row]]
    rng = np.random.default_rng(5)
    photos = normalise_rows((towers.image[row] + rng.normal(0, 0.1, (len(row), 16))).astype(np.float32))
    return Relisted(row, photos.astype(np.float16), rng.integers(0, 2**64, len(row), dtype=np.uint64))


def test_a_copy_has_the_photo_s_shape_and_is_another_picture():
    copies = [relist_pixels(photo(), np.random.default_rng(seed)) for seed in range(40)]
    assert {(copy.shape, copy.dtype) for copy in copies} == {((PX, PX, 3), np.dtype(np.uint8))}
    apart = [np.abs(copy.astype(float) - photo()).mean() for copy in copies]
    assert min(apart) > 0
    assert np.median(apart) > 5
    assert np.isfinite(apart).all()


def test_saved_anew_it_stays_what_it_was_at_a_glance_and_less_so_at_a_lower_quality():
    image = Image.fromarray(photo())
    apart = [np.abs(np.asarray(recompress(image, q)).astype(float) - photo()).mean() for q in (90, 35)]
    assert 0 < apart[0] < apart[1] < 12


def test_copies_depend_on_seed_name_and_pixels_alone():
    def made(name: str = "a.jpg", copies: int = 2, seed: int = 7) -> np.ndarray:
        return np.stack(copies_of(name, photo(), copies, seed))

    assert np.array_equal(made(), made())
    assert np.array_equal(made(copies=3)[:2], made()), "more copies leave the first as they are"
    assert not np.array_equal(made()[0], made()[1])
    assert not np.array_equal(made(), made(name="b.jpg"))
    assert not np.array_equal(made(), made(seed=8))
    assert copies_of("a.jpg", photo(), 0, 7) == []


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopyEncoder:
    """Over three photos, one of them broken, and a tower that says how bright a photo is."""

    class Bright:
        input_px = PX

        def embed(self, pixels: np.ndarray, batch_size: int) -> np.ndarray:
            return np.stack([pixels.mean(axis=(1, 2, 3)), pixels.std(axis=(1, 2, 3))], axis=1).astype(np.float32)

    for k, name in enumerate(("a.png", "b.png")):
        Image.fromarray(photo(k)).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"no photo")
    monkeypatch.setattr("kembar.training.augmentation.photo_copies.get_image_tower", lambda *_: Bright())
    reading = PhotoEncoder(PhotoFolder(str(tmp_path)), "tower", "float32", None, None, 2, 1, 1, 10**7, 10**7, 60)
    return CopyEncoder(reading, copies=3, seed=7)


def test_the_encoder_gives_so_many_copies_of_each_photo_it_can_read(encoder: CopyEncoder):
    names = ["a.png", "broken.png", "missing.png", "b.png", "a.png"]
    batches = [pa.RecordBatch.from_pydict({"image": part}) for part in (names[:4], names[4:])]
    table = pa.Table.from_batches(encoder(iter(batches)))
    assert table["image"].to_pylist() == ["a.png"] * 3 + ["b.png"] * 3 + ["a.png"] * 3
    assert table["copy"].to_pylist() == [0, 1, 2] * 3
    again = table["image_embedding"].to_pylist()
    assert again[:3] == again[6:], "whatever else is in the batch"
    expected = [copy.mean() for copy in copies_of("b.png", photo(1), 3, 7)]
    np.testing.assert_allclose([embedding[0] for embedding in again[3:6]], expected, rtol=1e-5)


def test_copies_find_the_first_listing_with_their_photo(encoder: CopyEncoder):
    batch = pa.RecordBatch.from_pydict({"image": ["b.png", "a.png"]})
    table = pa.Table.from_batches(encoder(iter([batch])))
    found = Relisted.of(table, [None, "a.png", "a.png", "b.png"])
    assert found.row.tolist() == [1, 1, 1, 3, 3, 3]
    assert found.photos.shape == (6, 2)
    assert Relisted.of(table, ["a.png"]).row.tolist() == [0, 0, 0], "a photo of no usable listing is left out"
    nothing = Relisted.of(table.slice(0, 0), ["a.png"])
    assert (len(nothing.row), len(nothing.photos), len(nothing.phash)) == (0, 0, 0)


def test_a_copy_is_the_same_article_as_its_photo_and_as_no_other():
    told, copies = source(), relisted()
    plain = same_photos(told.towers, PRODUCT, np.arange(N) < 45, titled=True)
    both = replace(told, relisted=copies).same_photos("train")
    first = copies.row < 45
    assert np.array_equal(both.left[len(plain.left) :], copies.row[first])
    assert np.array_equal(both.photos[both.right[len(plain.right) :]], copies.photos[first].astype(np.float32))
    assert np.array_equal(both.photos[:N], plain.photos)
    assert len(replace(told, relisted=copies).same_photos("whole").photos) == N + len(copies.row)


def test_copies_are_rows_after_the_listings_of_all_catalogues():
    copies = relisted(copies=1, every=4)
    features, _ = join_sources([source("one"), replace(source("other"), relisted=copies)])
    rows = np.arange(2 * N, 2 * N + len(copies.row))
    assert len(features.towers) == 2 * N + len(copies.row)
    assert np.array_equal(features.origin[rows], N + copies.row)
    assert np.array_equal(features.product[rows], features.product[N + copies.row])
    assert (features.catalogue[rows] == 1).all()
    assert np.array_equal(features.towers.image[rows], copies.photos)
    assert np.array_equal(features.towers.title[rows], source().towers.title[copies.row])
    ready, _ = features.ready(rows, N + copies.row)
    has = source().towers.has_title[copies.row]
    assert np.allclose(ready[has, :2], 0, atol=1e-5), "the same title"


def test_half_the_matches_that_have_copies_become_one_of_their_own():
    rng = np.random.default_rng(0)
    triplets = rng.integers(0, 40, (2000, 3))
    origin = np.concatenate([np.arange(40), np.repeat(np.arange(0, 40, 2), 3)])
    made = relist_matches(triplets, origin, seed=7)
    assert np.array_equal(made[:, [0, 2]], triplets[:, [0, 2]])
    assert np.array_equal(origin[made[:, 1]], triplets[:, 1])
    copied, could = made[:, 1] >= 40, triplets[:, 1] % 2 == 0
    assert not copied[~could].any()
    assert copied[could].mean() == pytest.approx(0.5, abs=0.05)
    assert len(np.unique(made[copied, 1])) == 60, "each copy has its turn"
    assert np.array_equal(made, relist_matches(triplets, origin, seed=7))


def test_heads_are_trained_with_copies_and_judged_without(settings: Settings, tmp_path: Path):
    work = TrainingWork(tmp_path, ["toy"], small(settings, epochs=2))
    trained, views = fit_heads([replace(source(), relisted=relisted())], work, resume=False)
    plain, _ = fit_heads([source()], TrainingWork(tmp_path / "plain", ["toy"], work.settings), resume=False)
    assert not np.array_equal(trained.image_head.kernel, plain.image_head.kernel)
    assert np.isfinite(trained.image_head.kernel).all()
    assert trained.codes(source()).image.shape == (N, 8)
    assert len(views) == 2


@pytest.mark.parametrize("others", [["training.base=shipped"], ["training.base=scratch", "image_tower.name=small-cnn"]])
def test_copies_that_no_head_would_learn_from_are_refused(others: list[str]):
    with pytest.raises(ConfigError, match=r"training\.relist_photos is for heads over pretrained towers"):
        base_bundle(load_settings(overrides=["training.relist_photos=2", *others]))
    assert base_bundle(load_settings(overrides=["training.relist_photos=2", "training.base=scratch"])) is None
