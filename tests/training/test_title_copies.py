"""Titles relisted: another seller's words for the same product, the same every time, weighed as the catalogue does."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from kembar.config import load_settings
from kembar.encoding.embed import TitleEncoder
from kembar.errors import ConfigError
from kembar.index.tfidf import count_terms, tf_idf
from kembar.training.augmentation.edit_titles import retitle
from kembar.training.augmentation.title_copies import Retitled, TitleCopier
from kembar.training.labelled_sources import join_sources
from kembar.training.start import base_bundle
from tests.toys import N
from tests.training.test_fit import source

TITLE = "Sepatu Sneakers Wanita Kanvas Putih 38 Original Import"


@pytest.fixture
def copier(monkeypatch: pytest.MonkeyPatch) -> TitleCopier:
    """Over a tower that says how long a title is."""

    class Long:
        def embed(self, titles: list[str], batch_size: int) -> np.ndarray:
            return np.array([[len(title), 1] for title in titles], np.float32)

    monkeypatch.setattr("kembar.encoding.embed.get_text_tower", lambda *_: Long())
    return TitleCopier(TitleEncoder("tower", None, 8, 1), copies=3, seed=7)


def copies(copier: TitleCopier, **titles: str | None) -> pa.Table:
    batch = pa.RecordBatch.from_pydict({"posting_id": list(titles), "title": pa.array(titles.values(), pa.string())})
    return pa.Table.from_batches(copier(iter([batch])))


def test_another_seller_leaves_words_out_and_keeps_most():
    words = set(TITLE.lower().split())
    shares = [
        len(words & set(retitle(TITLE, np.random.default_rng(seed)).lower().split())) / len(words) for seed in range(60)
    ]
    assert 0.5 < np.mean(shares) < 0.95
    assert retitle("kaos", np.random.default_rng(0)).strip(), "of one word that one stays"


def test_copies_depend_on_seed_and_title_alone(copier: TitleCopier):
    alone, together = copies(copier, a=TITLE), copies(copier, b="kaos polos", c=TITLE)
    assert alone["terms"].to_pylist() == together["terms"].to_pylist()[3:]
    assert alone["copy"].to_pylist() == [0, 1, 2]
    other = copies(replace(copier, seed=8), a=TITLE)
    assert alone["terms"].to_pylist() != other["terms"].to_pylist()


def test_a_listing_without_a_title_has_no_copies(copier: TitleCopier):
    assert copies(copier, a=None, b=" ", c="kaos")["posting_id"].to_pylist() == ["c"] * 3
    assert len(copies(copier, a=None)) == 0


def test_copies_are_weighed_by_the_catalogues_own_frequencies(copier: TitleCopier):
    titles = [["kaos", "polos"], ["kaos", "hitam"], ["sepatu", "kanvas"]]
    frequency = np.zeros(2**20, np.int32)
    np.add.at(frequency, count_terms(titles)["words"].indices, 1)
    towers = replace(source().towers, words=tf_idf(count_terms(titles)["words"], frequency))
    towers = replace(towers, characters=tf_idf(count_terms(titles)["characters"], frequency), phash=np.zeros(3, "u8"))
    table = pa.table({
        "posting_id": ["b", "elsewhere"],
        "copy": [0, 0],
        "title_embedding": [[1.0, 0.0], [0.0, 1.0]],
        "terms": [["kaos", "hitam"], ["kaos"]],
    })  # fmt: skip
    found = Retitled.of(table, ["a", "b", "c"], towers)
    assert found.row.tolist() == [1], "of no usable listing, left out"
    assert found.titles.tolist() == [[1.0, 0.0]]
    assert np.allclose(found.words.toarray(), towers.words[[1]].toarray()), "the same words weigh the same"


def test_copies_are_rows_after_the_listings_with_photo_and_hash_as_they_were():
    told = source()
    row = np.flatnonzero(told.towers.has_title)[:10]
    retitled = Retitled(row, told.towers.title[row][:, ::-1], told.towers.words[row], told.towers.characters[row])
    features, _ = join_sources([replace(told, retitled=retitled)])
    rows = np.arange(N, N + len(row))
    assert np.array_equal(features.origin[rows], row)
    assert np.array_equal(features.towers.image[rows], told.towers.image[row])
    assert np.array_equal(features.towers.title[rows], retitled.titles)
    assert np.array_equal(features.product[rows], features.product[row])


def test_copies_are_refused_where_no_head_learns():
    asked = load_settings(overrides=["training.relist_titles=2"])
    with pytest.raises(ConfigError, match="training.relist_titles is for heads"):
        base_bundle(asked)
