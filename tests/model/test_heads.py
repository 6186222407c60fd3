"""Heads: what varies between articles is kept, what varies between photos of one article is not."""

import numpy as np
import pytest

from kembar.index.vectors import normalise_rows
from kembar.model.heads import contrast_head, principal_head
from kembar.training.fit_heads import same_photos
from tests.builders import index_of, random_titles


def shelf(articles: int, shots: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Photos `[n, 40]` whose loudest directions are light, the same for no two shots, and whose article is faint."""
    rng = np.random.default_rng(seed)
    article = np.repeat(np.arange(articles), shots)
    photos = rng.normal(0, 0.05, (len(article), 40))
    photos[:, :10] += rng.normal(0, 2, (len(article), 10))
    photos[:, 10:20] += rng.normal(0, 0.6, (articles, 10))[article]
    return normalise_rows(photos.astype(np.float32)), article


def precision_at_one(codes: np.ndarray, article: np.ndarray) -> float:
    cosines = codes @ codes.T
    np.fill_diagonal(cosines, -2)
    return float((article[cosines.argmax(axis=1)] == article).mean())


def test_a_contrast_head_finds_articles_it_has_not_seen_where_principal_components_find_the_light():
    photos, article = shelf(60, 6)
    left, right = (np.flatnonzero(np.arange(len(article)) % 6 == k) for k in (0, 1))
    head = contrast_head([(photos, photos[left] - photos[right])], 8)
    unseen, unseen_article = shelf(40, 5, seed=1)
    rng = np.random.default_rng(0)
    assert head.code_dim == 8
    assert precision_at_one(head(unseen), unseen_article) > 0.5
    assert precision_at_one(principal_head(photos, 8)(unseen), unseen_article) < 0.3
    assert precision_at_one(rng.normal(0, 1, (200, 8)), unseen_article) < 0.1


def test_a_small_catalogue_weighs_as_much_as_a_large_one():
    photos, _ = shelf(30, 4)
    other, _ = shelf(30, 4, seed=2)
    once = contrast_head([(photos, photos[::4] - photos[1::4]), (other, other[::4] - other[1::4])], 6)
    many = np.repeat(other, 9, axis=0)
    often = contrast_head([(photos, photos[::4] - photos[1::4]), (many, np.repeat(other[::4] - other[1::4], 9, 0))], 6)
    assert np.allclose(np.abs(np.sum(once.kernel * often.kernel, axis=0)), np.sum(once.kernel**2, axis=0), rtol=1e-2)


def test_among_titled_listings_only_near_unequal_hashes_show_one_article():
    index = index_of(random_titles(4))
    index.phash[:] = [0, 0b111, 0, 2**40 - 1]  # equal to row 2; 3 bits from row 1; 40 from row 3
    product = np.zeros(4, np.int64)
    same = same_photos(index, product, np.ones(4, bool), titled=True)
    assert {frozenset(p) for p in zip(same.left, same.right, strict=True)} == {frozenset({0, 1}), frozenset({1, 2})}
    assert len(same_photos(index, product, np.ones(4, bool), titled=False).left) == 6
    assert len(same_photos(index, np.arange(4), np.ones(4, bool), titled=False).left) == 0


def test_no_direction_varies_less_within_an_article_than_those_of_the_head():
    """Fisher's ratio, within over total, of any direction of the space that the light and the articles span."""
    photos, article = shelf(80, 6)
    rows = np.arange(len(article))
    pairs = photos[rows[rows % 6 == 0]] - photos[rows[rows % 6 == 1]]
    head = contrast_head([(photos, pairs)], 8)

    def ratio(direction: np.ndarray) -> float:
        return float(np.var(pairs @ direction) / np.var(photos @ direction))

    ours = [ratio(direction) for direction in head.kernel.T]
    others = [ratio(direction) for direction in np.random.default_rng(0).normal(0, 1, (200, 40))]
    light = [ratio(direction) for direction in np.eye(40)[:10]]
    assert max(ours) < min(others)
    assert max(ours) < 0.2 * min(light)


def test_missing_photos_count_for_nothing_and_a_narrow_tower_leaves_the_code_its_width():
    photos, _ = shelf(30, 4)
    pairs = photos[::4] - photos[1::4]
    plain = contrast_head([(photos, pairs)], 6)
    holes = contrast_head([(np.concatenate([photos, np.zeros((40, 40), np.float32)]), pairs)], 6)
    assert np.allclose(plain.kernel, holes.kernel, atol=1e-4)
    wide = contrast_head([(photos, pairs)], 64)
    assert wide.kernel.shape == (40, 64)
    assert (wide.kernel[:, 40:] == 0).all()


def test_the_first_head_is_the_principal_components():
    rng = np.random.default_rng(1)
    x = (rng.normal(0, 1, (200, 10)) * np.linspace(5, 0.1, 10)).astype(np.float32)
    head = principal_head(x, 3)
    kept = ((x - head.centre) @ head.kernel).var(axis=0).sum()
    best = np.sort(np.linalg.eigvalsh(np.cov(x.T, bias=True)))[-3:].sum()
    assert kept == pytest.approx(best, rel=1e-4)
    assert principal_head(x[:4], 12).kernel.shape == (10, 12)
