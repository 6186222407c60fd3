"""Blocks propose each pair once, and just the pairs that share a key."""

from itertools import combinations

import numpy as np
import pytest
from pyspark.sql import SparkSession

from kembar.blocking import SOURCES, block_keys, count_by_source, propose_pairs
from kembar.blocking.candidates import keep_best, split_large_blocks
from kembar.blocking.keys import term_cap
from kembar.blocking.neighbours import CELL_SIZE, PROBES, build_cells, nearest
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


def naive_nearest(index: CatalogueIndex, settings: BlockingSettings) -> dict[str, dict[int, dict[int, float]]]:
    """For each source, the nearest of each row with their cosine, by sorting all others: 60 listings are one cell."""
    codes = {
        "image_near": (index.image.astype(np.float64), index.has_image, settings.near_images),
        "title_near": (index.title.astype(np.float64), index.has_title, settings.near_titles),
        "hash_near": (
            np.array([[1 if int(h) >> k & 1 else -1 for k in range(64)] for h in index.phash]) / 8,
            index.has_hash,
            settings.near_hashes,
        ),
    }
    closest: dict[str, dict[int, dict[int, float]]] = {}
    for source, (code, has, count) in codes.items():
        closest[source] = {row: {} for row in range(len(index))}
        for row in np.flatnonzero(has):
            others = [int(x) for x in np.flatnonzero(has) if x != row]
            others.sort(key=lambda x: (-float(code[row] @ code[x]), x))
            closest[source][int(row)] = {x: float(code[row] @ code[x]) for x in others[:count]}
    return closest


def naive_sources(index: CatalogueIndex, settings: BlockingSettings) -> dict[tuple[int, int], tuple[float, int]]:
    """The same pairs by a double loop over listings, with their weight and sources."""
    cap = term_cap(len(index), settings.rare_term_floor)
    closest = naive_nearest(index, settings)
    found = {}
    for a, b in combinations(range(len(index)), 2):
        weight, sources = 0.0, set()
        for band in range(settings.hash_bands):
            width = 64 // settings.hash_bands
            parts = [(int(index.phash[x]) >> (band * width)) & ((1 << width) - 1) for x in (a, b)]
            if index.has_hash[a] and index.has_hash[b] and parts[0] == parts[1]:
                weight, sources = weight + settings.hash_weight, sources | {"hash_band"}
        one, other = (dict(zip(index.words[[x]].indices, index.words[[x]].data, strict=True)) for x in (a, b))
        for term in one.keys() & other.keys():
            if 1 < index.word_frequency[term] <= cap:
                weight, sources = weight + float(one[term] * other[term]), sources | {"rare_term"}
        for name, near in closest.items():
            for query, other_row in ((a, b), (b, a)):
                if other_row in near[query]:
                    share = max(0.0, min(1.0, near[query][other_row]))
                    weight, sources = weight + settings.near_weight * share, sources | {name}
        if sources:
            found[a, b] = (weight, sum(1 << SOURCES.index(s) for s in sources))
    return found


def test_they_equal_a_double_loop_over_all_pairs(spark: SparkSession, index: CatalogueIndex):
    settings = blocking(proposals_per_listing=1000, near_images=5, near_titles=5, near_hashes=5)
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
    settings = blocking(proposals_per_listing=3)
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


def test_best_is_by_any_column_and_keeps_the_others(spark: SparkSession):
    pairs = spark.createDataFrame(
        [(0, 1, 1.0, 1, 9.0), (0, 2, 2.0, 1, 8.0), (1, 2, 0.0, 1, 7.0)],
        "row_l bigint, row_r bigint, weight double, blocks int, first_look double",
    )
    kept = keep_best(pairs, 1, by="first_look")
    assert kept.columns == pairs.columns
    assert {(p.row_l, p.row_r, p.first_look) for p in kept.collect()} == {(0, 1, 9.0), (0, 2, 8.0)}


def test_the_cells_find_most_of_the_true_neighbours():
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((40, 16))
    codes = centres[rng.integers(0, 40, 3000)] + 0.5 * rng.standard_normal((3000, 16))
    codes = (codes / np.linalg.norm(codes, axis=1)[:, None]).astype(np.float32)
    rows = np.arange(3000)
    cells = build_cells(codes.__getitem__, rows, seed=1)
    assert len(cells.members) == 3000 // CELL_SIZE > PROBES
    assert sorted(np.concatenate(cells.members)) == list(rows)
    query, other, cosine = nearest(codes.__getitem__, cells, rows[:200], 10)
    found = set(zip(query.tolist(), other.tolist(), strict=True))
    true = {(q, int(x)) for q in range(200) for x in np.argsort(-(codes @ codes[q]))[1:11]}
    assert len(found & true) > 0.95 * len(true)
    assert not [q for q, x in found if q == x]
    assert cosine == pytest.approx([codes[q] @ codes[x] for q, x in zip(query, other, strict=True)], abs=1e-5)


def test_caps_follow_the_size_of_the_catalogue():
    assert [term_cap(n, 30) for n in (10, 1000, 4000, 1_000_000)] == [30, 30, 60, 949]
