"""Blocks propose each pair once, and just the pairs that share a key."""

from itertools import combinations

import numpy as np
import pytest
from pyspark.sql import SparkSession

from kembar.blocking import SOURCES, block_keys, count_by_source, propose_pairs
from kembar.blocking.candidates import keep_best, split_large_blocks
from kembar.blocking.keys import hyperplane_bits, term_cap
from kembar.catalogue import CatalogueIndex
from kembar.config import BlockingSettings, load_settings
from tests.builders import index_of, random_titles

N = 60


def blocking(**changes: object) -> BlockingSettings:
    return load_settings(overrides=[f"blocking.{key}={value}" for key, value in changes.items()]).blocking


@pytest.fixture(scope="module")
def index() -> CatalogueIndex:
    built = index_of(random_titles(N, seed=5, words=60), seed=5, missing=0.15)
    built.phash[10:20] = built.phash[0:10] ^ np.uint64(0b101)  # near hashes: three of four bands equal
    return built


def propose(
    spark: SparkSession, index: CatalogueIndex, settings: BlockingSettings
) -> dict[tuple[int, int], tuple[float, int]]:
    blocks = spark.createDataFrame(block_keys(index, np.arange(len(index)), settings).to_pandas())
    return {(r.row_l, r.row_r): (r.weight, r.blocks) for r in propose_pairs(blocks, settings).collect()}


def naive_sources(index: CatalogueIndex, settings: BlockingSettings) -> dict[tuple[int, int], tuple[float, int]]:
    """The same pairs by a double loop over listings, with their weight and sources."""
    bits = hyperplane_bits(len(index), settings.lsh_bucket)
    cap = term_cap(len(index), settings.rare_term_floor)
    found = {}
    for a, b in combinations(range(len(index)), 2):
        weight, sources = 0.0, set()
        for band in range(settings.hash_bands):
            width = 64 // settings.hash_bands
            parts = [(int(index.phash[x]) >> (band * width)) & ((1 << width) - 1) for x in (a, b)]
            if index.has_hash[a] and index.has_hash[b] and parts[0] == parts[1]:
                weight, sources = weight + settings.hash_weight, sources | {"hash_band"}
        for name in ("image", "title"):
            codes, has = getattr(index, name), getattr(index, f"has_{name}")
            planes = np.random.default_rng(settings.seed).standard_normal(
                (codes.shape[1], settings.lsh_tables * bits), dtype=np.float32
            )
            for table in range(settings.lsh_tables):
                part = planes[:, table * bits : (table + 1) * bits]
                sides = [codes[x].astype(np.float32) @ part > 0 for x in (a, b)]
                if has[a] and has[b] and (sides[0] == sides[1]).all():
                    weight, sources = weight + settings.lsh_weight, sources | {f"{name}_lsh"}
        one, other = (dict(zip(index.words[[x]].indices, index.words[[x]].data, strict=True)) for x in (a, b))
        for term in one.keys() & other.keys():
            if 1 < index.word_frequency[term] <= cap:
                weight, sources = weight + float(one[term] * other[term]), sources | {"rare_term"}
        if sources:
            found[a, b] = (weight, sum(1 << SOURCES.index(s) for s in sources))
    return found


def test_they_equal_a_double_loop_over_all_pairs(spark: SparkSession, index: CatalogueIndex):
    settings = blocking(candidates_per_listing=1000)
    ours, naive = propose(spark, index, settings), naive_sources(index, settings)
    assert ours.keys() == naive.keys()
    assert len(naive) > 100
    assert {source for _, blocks in naive.values() for source in SOURCES if blocks >> SOURCES.index(source) & 1} == set(
        SOURCES
    )
    for pair, (weight, blocks) in naive.items():
        assert ours[pair][1] == blocks
        assert ours[pair][0] == pytest.approx(weight, abs=1e-3)


def test_each_listing_keeps_its_heaviest_candidates(spark: SparkSession, index: CatalogueIndex):
    settings = blocking(candidates_per_listing=3)
    everything, kept = naive_sources(index, settings), propose(spark, index, settings)
    for row in range(N):
        mine = sorted((pair for pair in everything if row in pair), key=lambda pair: -everything[pair][0])
        heaviest = (
            [pair for pair in mine if everything[pair][0] > everything[mine[3]][0] + 1e-3] if len(mine) > 3 else mine
        )
        assert set(heaviest) <= kept.keys()
    assert len(kept) <= 3 * N


def test_a_pair_is_proposed_once_however_many_blocks_share_it(spark: SparkSession):
    rows = [(block, 1 << (block % 4), row, 1.0) for block in range(9) for row in (4, 2)]
    blocks = spark.createDataFrame(rows, "block bigint, source int, row bigint, weight float")
    pairs = propose_pairs(blocks, blocking()).collect()
    assert [(p.row_l, p.row_r, p.weight, p.blocks) for p in pairs] == [(2, 4, 9.0, 0b1111)]


def test_a_large_block_is_dealt_into_parts_and_small_ones_stay_whole(spark: SparkSession):
    rows = [(1, 1, row, 1.0) for row in range(1000)] + [(2, 1, row, 1.0) for row in range(5)] + [(3, 1, 0, 1.0)]
    blocks = spark.createDataFrame(rows, "block bigint, source int, row bigint, weight float")
    parts = split_large_blocks(blocks, max_block=100, seed=1).groupBy("block", "part").count().collect()
    large = [p["count"] for p in parts if p.block == 1]
    assert sum(large) == 1000
    assert max(large) < 200
    assert [p["count"] for p in parts if p.block == 2] == [5]
    assert not [p for p in parts if p.block == 3], "a listing alone in a block has no pair there"


def test_no_listing_gives_no_pair(spark: SparkSession):
    blocks = spark.createDataFrame([], "block bigint, source int, row bigint, weight float")
    pairs = propose_pairs(blocks, blocking())
    assert pairs.count() == 0
    assert count_by_source(pairs) == dict.fromkeys(SOURCES, 0)


def test_best_is_by_weight_then_by_row(spark: SparkSession):
    pairs = spark.createDataFrame(
        [(0, 1, 1.0, 1), (0, 2, 2.0, 1), (0, 3, 2.0, 1), (4, 5, 0.1, 2)],
        "row_l bigint, row_r bigint, weight double, blocks int",
    )
    kept = {(p.row_l, p.row_r) for p in keep_best(pairs, 1).collect()}
    assert kept == {(0, 2), (0, 1), (0, 3), (4, 5)}, "0 prefers 2; but 1 and 3 have nobody else"


def test_caps_follow_the_size_of_the_catalogue():
    assert [term_cap(n, 30) for n in (10, 1000, 4000, 1_000_000)] == [30, 30, 60, 949]
    assert [hyperplane_bits(n, 20) for n in (1, 40, 20_480, 10**9)] == [1, 1, 10, 26]
