"""Triplets: two listings of one product and one of another, no product on both sides of the split."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from kembar.blocking import SOURCES
from kembar.config import TripletSettings
from kembar.schemas import LISTINGS, TRIPLETS, conform
from kembar.training.triplets import add_folds, build_triplets, split_groups
from kembar.training.views import FOLDS

SETTINGS = TripletSettings(per_anchor=3, hard_share=0.5, held_out_share=0.3, seed=5)


@pytest.fixture(scope="module")
def listings(spark: SparkSession) -> DataFrame:
    rows = [(f"p{g}-{i}", f"{g}.jpg", "0" * 16, f"title {g} {i}", str(g)) for g in range(40) for i in range(2 + g % 3)]
    return spark.createDataFrame([*rows, ("alone", "x.jpg", None, "no label", None)], LISTINGS).persist()


@pytest.fixture(scope="module")
def candidates(spark: SparkSession) -> DataFrame:
    """Each product's first listing lies near that of the next two products, and near its own twin."""
    rows = [(f"p{g}-0", f"p{(g + step) % 40}-0", 1.0 / step, 1 << (g % 4)) for g in range(40) for step in (1, 2)]
    rows += [(f"p{g}-0", f"p{g}-1", 9.0, 1) for g in range(40)]
    return spark.createDataFrame(rows, "posting_id_l string, posting_id_r string, weight double, blocks int").persist()


@pytest.fixture(scope="module")
def triplets(listings: DataFrame, candidates: DataFrame) -> list:
    return conform(build_triplets(listings, candidates, SETTINGS), TRIPLETS, "triplets").collect()


def product(posting_id: str) -> str:
    return posting_id.split("-")[0]


def test_anchor_and_match_are_one_product_and_the_non_match_another(triplets: list):
    assert len(triplets) > 100
    for t in triplets:
        assert product(t.anchor_posting_id) == product(t.match_posting_id) != product(t.non_match_posting_id)
        assert t.anchor_posting_id != t.match_posting_id
        assert t.anchor_title.startswith("title")
        assert t.non_match_image.endswith(".jpg")


def test_no_product_is_on_both_sides(triplets: list):
    sides: dict[str, set[str]] = {"train": set(), "held_out": set()}
    for t in triplets:
        sides[t.split] |= {product(getattr(t, f"{side}_posting_id")) for side in ("anchor", "match", "non_match")}
    assert sides["train"]
    assert sides["held_out"]
    assert not sides["train"] & sides["held_out"]


def test_the_split_of_a_product_does_not_depend_on_which_others_there_are(listings: DataFrame):
    whole = {row.label_group: row.split for row in split_groups(listings, SETTINGS).collect()}
    part = {
        row.label_group: row.split for row in split_groups(listings.where("label_group < '20'"), SETTINGS).collect()
    }
    assert part.items() <= whole.items()


def test_a_product_is_in_one_fold_and_in_the_same_in_every_catalogue(listings: DataFrame):
    folds: dict[str, set[int]] = {}
    for part in (listings, listings.where("label_group < '20'")):
        for row in add_folds(split_groups(part, SETTINGS), FOLDS, SETTINGS.seed).collect():
            folds.setdefault(row.label_group, set()).add(row.fold)
    assert all(len(fold) == 1 for fold in folds.values())
    assert set.union(*folds.values()) == set(range(FOLDS))


def test_each_anchor_has_at_most_the_configured_number_and_no_triplet_twice(triplets: list):
    by_anchor: dict[str, list] = {}
    for t in triplets:
        by_anchor.setdefault(t.anchor_posting_id, []).append((t.match_posting_id, t.non_match_posting_id))
    assert max(map(len, by_anchor.values())) <= SETTINGS.per_anchor
    assert all(len({m for m, _ in pairs}) == len(pairs) for pairs in by_anchor.values())


def test_the_source_says_how_the_non_match_was_chosen(triplets: list, candidates: DataFrame):
    near = {frozenset((c.posting_id_l, c.posting_id_r)) for c in candidates.collect()}
    hard = [t for t in triplets if t.non_match_source != "random"]
    assert {t.non_match_source for t in hard} <= set(SOURCES)
    assert hard
    assert all(frozenset((t.anchor_posting_id, t.non_match_posting_id)) in near for t in hard)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_hard_share_is_obeyed(listings: DataFrame, candidates: DataFrame, share: float):
    settings = TripletSettings(per_anchor=1, hard_share=share, held_out_share=0.3, seed=5)
    made = [t for t in build_triplets(listings, candidates, settings).collect() if t.anchor_posting_id.endswith("-0")]
    hard = sum(t.non_match_source != "random" for t in made)
    if share:
        assert hard > len(made) / 2, "a first listing has a rival unless the split parts them"
    else:
        assert hard < len(made) / 5, "a hard one stands in where the draw fell on the anchor's own product"


def test_they_are_the_same_every_time(listings: DataFrame, candidates: DataFrame, triplets: list):
    again = build_triplets(listings.repartition(3), candidates.repartition(2), SETTINGS).collect()
    assert sorted(map(tuple, again)) == sorted(map(tuple, triplets))
