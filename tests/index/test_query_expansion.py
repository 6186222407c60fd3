"""Codes of photos alone are drawn to their neighbours, and those of listings with titles stay as they are."""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from kembar.index.catalogue_index import CatalogueIndex, has_titles
from kembar.index.query_expansion import NEIGHBOURS, PHOTOS_PER_NEIGHBOUR, comparable, expand_queries
from kembar.schemas import ENCODED
from kembar.stages.index_catalogue import read_encoded
from kembar.storage.tables import read_table
from tests.builders import index_of


def photos_alone(n: int, missing: float = 0.0, seed: int = 3) -> CatalogueIndex:
    index = index_of([["x"]] * n, seed=seed, dim=6, missing=missing)
    return replace(index, title=np.zeros_like(index.title), has_title=np.zeros(n, bool))


def expand_naively(index: CatalogueIndex) -> np.ndarray:
    """Each photo's code plus its nearest ones', as much of each as its cosine is above nought; of length one again."""
    codes, rows = index.image.astype(np.float64), np.flatnonzero(index.has_image)
    neighbours = min(NEIGHBOURS, len(rows) // PHOTOS_PER_NEIGHBOUR)
    found = codes.copy()
    for row in rows:
        cosine = {int(other): float(codes[row] @ codes[other]) for other in rows if other != row}
        for other in sorted(cosine, key=lambda each: -cosine[each])[:neighbours]:
            found[row] += max(cosine[other], 0.0) * codes[other]
        found[row] /= np.linalg.norm(found[row])
    return found


def test_a_photo_is_drawn_to_its_nearest_as_a_loop_draws_it(monkeypatch: pytest.MonkeyPatch):
    """Photos are looked up a chunk at a time, of 16 here; those of 700 lie in cells, all of which are probed."""
    monkeypatch.setattr("kembar.index.query_expansion._CHUNK", 16)
    for index in (photos_alone(60), photos_alone(700, missing=0.3), photos_alone(24), photos_alone(4)):
        assert np.allclose(expand_queries(index).image, expand_naively(index), atol=2e-3)


def test_a_missing_photo_stays_missing_and_a_lone_one_as_it_is():
    index = photos_alone(40, missing=0.5)
    assert (expand_queries(index).image[~index.has_image] == 0).all()
    one = replace(index, image=index.image * (np.arange(40) == 3)[:, None], has_image=np.arange(40) == 3)
    assert (expand_queries(one).image == one.image).all()


def test_a_few_photos_of_different_goods_are_not_drawn_together():
    """Of twelve photos on white ground, all at a cosine of about 0.5, five neighbours would be half the catalogue."""
    rng = np.random.default_rng(2)
    codes = rng.normal(0, 1, (12, 64)) + rng.normal(0, 1, 64)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    index = replace(photos_alone(12), image=codes.astype(np.float16))
    image = expand_queries(index).image.astype(np.float64)
    others = ~np.eye(12, dtype=bool)
    assert (image @ image.T)[others].mean() < (codes @ codes.T)[others].mean() + 0.2


def test_other_shots_of_an_article_come_nearer_and_other_articles_do_not():
    """Ten articles in six shots each, which share four tenths of a code's length."""
    rng = np.random.default_rng(1)
    article = np.repeat(np.arange(10), 6)
    codes = rng.normal(0, 1, (10, 64))[article] * 0.8 + rng.normal(0, 1, (60, 64))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    index = replace(photos_alone(60), image=codes.astype(np.float16))
    same = (article[:, None] == article) & ~np.eye(60, dtype=bool)

    def cosines(image: np.ndarray) -> np.ndarray:
        return image.astype(np.float64) @ image.astype(np.float64).T

    before, after = cosines(index.image), cosines(expand_queries(index).image)
    assert after[same].mean() > before[same].mean() + 0.3
    assert abs(after[article[:, None] != article].mean()) < 0.1


def test_titled_listings_keep_the_codes_that_centring_gives():
    index = index_of([["x"]] * 50, missing=0.4)
    assert (comparable(index).image == index.centred().image).all()


def test_a_bundle_that_knows_no_photos_alone_does_not_blend_them():
    index = photos_alone(50)
    assert (comparable(index, blends=False).image == index.centred().image).all()
    assert not np.allclose(comparable(index).image, index.centred().image, atol=0.1)


def test_match_reads_photos_alone_blended(spark: SparkSession, encoded: Path, tmp_path: Path):
    """What jobs/encode.py wrote of the sample, without titles, as match reads it for bundles that blend or do not."""
    shutil.copytree(encoded, tmp_path / "encoded", ignore=shutil.ignore_patterns("manifest.json", "listings"))
    (tmp_path / "encoded" / "quarantine" / "_SUCCESS").touch()
    table = read_table(spark, str(encoded / "listings"), ENCODED)
    untitled = table.withColumn("title_embedding", F.lit(None).cast(ENCODED["title_embedding"].dataType))
    untitled.write.parquet(str(tmp_path / "encoded" / "listings"))
    read = partial(read_encoded, spark, str(tmp_path / "encoded"), "e", str(tmp_path / "hashed"), None)
    plain, ours = read(blends=False).index, read(blends=True).index
    assert len(ours) > 200 and not has_titles(ours)
    cosines = (ours.image * expand_naively(plain)).sum(axis=1)[ours.has_image]
    assert np.quantile(cosines, 0.02) > 0.999, "copies of one photo are equally near, and either may be among the five"
