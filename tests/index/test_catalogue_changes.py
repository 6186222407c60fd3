"""A catalogue moved to its own mean, joined with others, or seen with fewer modalities is still that catalogue."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kembar.index.catalogue_index import CatalogueIndex, has_titles, join_catalogues
from kembar.index.vectors import normalise_rows
from kembar.model.distances import pair_distances
from tests.builders import index_of, random_titles


def leaning(n: int, missing: float = 0.0) -> CatalogueIndex:
    """A catalogue whose photos and titles all share one strong direction."""
    index, rng = index_of([["x"]] * n, dim=12, missing=missing), np.random.default_rng(5)

    def codes(present: np.ndarray) -> np.ndarray:
        leant = normalise_rows((rng.normal(0, 1, (n, 12)) + 4 * np.eye(12)[0]).astype(np.float32))
        return np.where(present[:, None], leant, 0).astype(np.float16)

    return replace(index, image=codes(index.has_image), title=codes(index.has_title))


def no_listing() -> CatalogueIndex:
    names = ("phash", "has_hash", "has_title", "has_image", "title", "image", "words", "characters")
    index = index_of([["x"]])
    return replace(index, **{name: getattr(index, name)[:0] for name in names})


def lengths(codes: np.ndarray) -> np.ndarray:
    return np.sqrt((codes.astype(np.float64) ** 2).sum(axis=1))


def test_what_a_large_catalogue_shares_is_taken_away():
    before = leaning(3_000)
    after = before.centred()
    for ours, theirs in ((after.image, before.image), (after.title, before.title)):
        assert np.linalg.norm(theirs.mean(axis=0, dtype=np.float64)) > 0.7
        assert np.linalg.norm(ours.mean(axis=0, dtype=np.float64)) < 0.1
        assert np.allclose(lengths(ours), 1, atol=2e-3)
        assert ours.dtype == np.float16


def test_missing_codes_stay_zero_and_do_not_draw_the_mean():
    before = leaning(2_000, missing=0.4)
    after = before.centred()
    assert (after.image[~before.has_image] == 0).all()
    assert (after.title[~before.has_title] == 0).all()
    assert np.linalg.norm(after.image[before.has_image].mean(axis=0, dtype=np.float64)) < 0.1


def test_centring_is_that_of_a_loop_and_draws_a_small_catalogue_less():
    """The sum of 10 codes is divided by 10 + 50, that of many by hardly more than their number."""
    before = leaning(10)
    codes = before.image.astype(np.float64)
    after = before.centred().image
    for row, code in zip(after, codes, strict=True):
        moved = code - sum(codes) / 60
        assert np.allclose(row, moved / np.linalg.norm(moved), atol=2e-3)
    still_shared = np.linalg.norm(after.mean(axis=0, dtype=np.float64))
    assert still_shared > 10 * np.linalg.norm(leaning(3_000).centred().image.mean(axis=0, dtype=np.float64))


def test_two_listings_stay_two_listings():
    """Their plain mean would turn any two codes into opposites."""
    pair = leaning(2)
    twins = replace(pair, image=pair.image[[0, 0]])
    assert pair_distances(twins.centred(), np.array([0]), np.array([1]))[0][0, 0] == pytest.approx(0, abs=2e-3)
    before, after = (pair_distances(i, np.array([0]), np.array([1]))[0][0, 0] for i in (pair, pair.centred()))
    assert after == pytest.approx(before, abs=0.1)


def test_an_empty_catalogue_and_one_without_photos_can_be_centred():
    assert len(no_listing().centred()) == 0
    blind = replace(leaning(5), image=np.zeros((5, 0), np.float16), has_image=np.zeros(5, bool))
    assert blind.centred().image.shape == (5, 0)


def test_pairs_within_a_part_are_as_far_apart_as_before_the_join():
    parts = [index_of(random_titles(n, seed=n), seed=n, missing=0.2) for n in (12, 7, 20)]
    joined, start = join_catalogues(parts), 0
    assert len(joined) == 39
    for part in parts:
        left, right = np.triu_indices(len(part), 1)
        alone, together = pair_distances(part, left, right), pair_distances(joined, start + left, start + right)
        assert np.allclose(together[0], alone[0], atol=1e-6)
        assert np.array_equal(together[1], alone[1])
        start += len(part)


def test_a_part_without_photos_gets_zeros_that_are_not_there():
    seeing, blind = index_of(random_titles(6)), index_of(random_titles(4))
    blind = replace(blind, image=np.zeros((4, 0), np.float16), has_image=np.zeros(4, bool))
    for parts in ([seeing, blind], [blind, seeing]):
        joined = join_catalogues(parts)
        assert joined.image.shape == (10, 8)
        assert (joined.image[~joined.has_image] == 0).all()
        assert joined.has_image.sum() == 6


def test_an_empty_catalogue_is_one_with_titles_until_something_says_otherwise():
    assert has_titles(no_listing())


def test_best_looks_are_told_to_an_index_that_came_from_its_files(tmp_path: Path):
    index_of(random_titles(5)).save(tmp_path / "index")
    back = CatalogueIndex.load(tmp_path / "index")
    assert len(back.best_logit) == 0
    looks = np.arange(5, dtype=np.float32)
    assert np.array_equal(back.with_best_logits(looks).best_logit, looks)
