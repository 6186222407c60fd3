"""Blocks propose just the pairs that share a key or are near, to each listing its heaviest, within a counted budget."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from kembar.blocking import SOURCES, Blocking, Proposals
from kembar.blocking.keyed import BlockCounts, filter_blocks, hash_blocks, split_blocks, word_blocks
from kembar.config import BlockingSettings, load_settings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.nearest import PROBES, NearestCodes, cell_count
from kembar.stages.mine_pairs import collect_rows, mine_pairs
from tests.builders import index_of, random_titles

N = 60
Directed = dict[tuple[int, int], tuple[float, int]]


def blocking(**changes: object) -> BlockingSettings:
    if "proposals_per_listing" in changes:
        changes.setdefault("candidates_per_listing", min(45, int(str(changes["proposals_per_listing"]))))
    return load_settings(overrides=[f"blocking.{key}={value}" for key, value in changes.items()]).blocking


@pytest.fixture(scope="module")
def index() -> CatalogueIndex:
    built = index_of(random_titles(N, seed=5, words=60), seed=5, missing=0.15)
    built.phash[10:20] = built.phash[0:10] ^ np.uint64(0b101)  # near hashes: three of four bands equal
    return built


def drawn(count: int) -> np.ndarray:
    """A number for each listing that does not change when others come and go."""
    return np.random.default_rng(3).integers(0, 2**63, count).astype(np.uint64)


def as_dict(rows: np.ndarray, found: Proposals) -> Directed:
    row = np.repeat(rows, np.diff(found.start))
    entries = zip(row, found.other, found.weight, found.blocks, strict=True)
    return {(int(a), int(b)): (float(weight), int(blocks)) for a, b, weight, blocks in entries}


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
            cosines = {x: float(code[row] @ code[x]) for x in others}
            least = sorted(cosines.values(), reverse=True)[count - 1]
            closest[source][int(row)] = {x: cosine for x, cosine in cosines.items() if cosine >= least - 1e-9}
    return closest


def naive_proposals(index: CatalogueIndex, settings: BlockingSettings) -> Directed:
    """What each listing finds, by a double loop over listings, with weight and sources; of equally near ones all."""
    closest, found = naive_nearest(index, settings), {}
    shared = np.bincount(index.words.indices, minlength=index.words.shape[1])
    for a, b in ((a, b) for a in range(len(index)) for b in range(len(index)) if a != b):
        weight, sources = 0.0, set()
        for band in range(settings.hash_bands):
            width = 64 // settings.hash_bands
            parts = [(int(index.phash[x]) >> (band * width)) & ((1 << width) - 1) for x in (a, b)]
            if index.has_hash[a] and index.has_hash[b] and parts[0] == parts[1]:
                weight, sources = weight + settings.hash_weight, sources | {"hash_band"}
        one, other = (dict(zip(index.words[[x]].indices, index.words[[x]].data, strict=True)) for x in (a, b))
        spent, opened = 0, set()
        for term in sorted(one, key=lambda term: (shared[term], term)):
            spent += shared[term] if shared[term] > 1 else 0
            if shared[term] > 1 and (spent <= settings.word_comparisons or not opened):
                opened.add(term)
        for term in opened & other.keys():
            weight, sources = weight + float(one[term] * other[term]), sources | {"rare_term"}
        for name, near in closest.items():
            if b in near[a]:
                weight, sources = weight + settings.near_weight * max(0.0, min(1.0, near[a][b])), sources | {name}
        if sources:
            found[a, b] = (weight, sum(1 << SOURCES.index(s) for s in sources))
    return found


@pytest.mark.parametrize("budget", [3, 1000])
def test_they_equal_a_double_loop_over_all_pairs(index: CatalogueIndex, budget: int):
    settings = blocking(
        proposals_per_listing=1000, near_images=5, near_titles=5, near_hashes=5, word_comparisons=budget
    )
    naive, rows = naive_proposals(index, settings), np.arange(N)
    ours = as_dict(rows, Blocking.build(index, settings).propose(rows))
    assert {s for _, blocks in ours.values() for s in SOURCES if blocks >> SOURCES.index(s) & 1} == set(SOURCES)
    surely = {pair for pair, (_, blocks) in naive.items() if not blocks & 1 << SOURCES.index("hash_near")}
    assert surely <= ours.keys() <= naive.keys(), "equally near hashes may be left out"
    assert len(surely) > 100
    for pair in surely:
        assert ours[pair][1] == naive[pair][1]
        assert ours[pair][0] == pytest.approx(naive[pair][0], abs=2e-3)


def test_each_listing_proposes_its_heaviest_in_order_of_row(index: CatalogueIndex):
    rows = np.arange(N)
    everything = as_dict(rows, Blocking.build(index, blocking(proposals_per_listing=1000)).propose(rows))
    found = Blocking.build(index, blocking(proposals_per_listing=3)).propose(rows)
    for row in range(N):
        mine = found.other[found.start[row] : found.start[row + 1]].tolist()
        weights = sorted((weight for (a, _), (weight, _) in everything.items() if a == row), reverse=True)
        assert len(mine) == min(3, len(weights))
        assert mine == sorted(mine)
        assert min(everything[row, other][0] for other in mine) == weights[len(mine) - 1]


def test_rows_find_the_same_alone_as_together_and_after_a_visit_to_disk(index: CatalogueIndex, tmp_path: Path):
    settings, rows = blocking(proposals_per_listing=7), np.arange(N)
    built = Blocking.build(index, settings)
    built.save(tmp_path / "blocks")
    together, loaded = as_dict(rows, built.propose(rows)), Blocking.load(tmp_path / "blocks", index, settings)
    alone: Directed = {}
    for row in range(N):
        alone |= as_dict(np.array([row]), loaded.propose(np.array([row])))
    assert alone.keys() == together.keys()
    assert loaded.counts() == built.counts()


def test_pairs_are_mined_once_with_the_sides_that_proposed_them(spark: SparkSession, index: CatalogueIndex):
    settings, rows = blocking(proposals_per_listing=3), np.arange(N)
    directed = as_dict(rows, Blocking.build(index, settings).propose(rows))
    mined = collect_rows(mine_pairs(spark, index, settings))
    pairs = list(zip(mined.left.tolist(), mined.right.tolist(), strict=True))
    assert pairs == sorted({(min(pair), max(pair)) for pair in directed})
    assert mined.sides is not None
    assert mined.sides.T.tolist() == [[(a, b) in directed, (b, a) in directed] for a, b in pairs]


@pytest.mark.parametrize("missing", [0.0, 1.0])
def test_a_catalogue_of_none_or_one_has_no_pair(missing: float):
    for n in (0, 1):
        found = Blocking.build(index_of([["word"]] * n, missing=missing), blocking()).propose(np.arange(n))
        assert len(found.other) == 0
        assert len(found.start) == n + 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=60), st.integers(1, 7))
def test_large_blocks_are_cut_into_runs_of_the_further_key(members: list[tuple[int, int]], most: int):
    key, further = np.array(members, np.int64).reshape(-1, 2).T
    number, runs = split_blocks(key, further, most)
    assert len(runs) == len(set(key.tolist()))
    assert runs.sum() == len(set(number.tolist()))
    for block in range(runs.sum()):
        inside = number == block
        assert 1 <= inside.sum() <= most
        assert len(set(key[inside].tolist())) == 1
        same_key = (key == key[inside][0]) & ~inside
        between = (further[same_key] > further[inside].min()) & (further[same_key] < further[inside].max())
        assert not between.any()


def test_a_key_below_nought_is_a_key_like_others():
    """A hash of ones, taken whole, is −1 as a number."""
    number, runs = split_blocks(np.array([-1, -1, 5, 5]), np.arange(4), 500)
    assert number.tolist() == [0, 0, 1, 1]
    assert runs.tolist() == [1, 1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30)), max_size=40), st.integers(1, 60))
def test_a_listing_opens_its_rarest_words_as_far_as_the_budget_goes(members: list[tuple[int, int]], budget: int):
    row, frequency = np.array(sorted(members), np.int64).reshape(-1, 2).T
    opens = filter_blocks(row, frequency, np.minimum(frequency, 20), budget)
    for r in set(row.tolist()):
        mine = sorted(frequency[row == r].tolist())
        affordable = [f for i, f in enumerate(mine) if i == 0 or sum(min(x, 20) for x in mine[: i + 1]) <= budget]
        assert sorted(frequency[(row == r) & opens].tolist()) == affordable


def test_a_word_that_everybody_has_costs_no_listing_more_than_its_budget_and_is_counted():
    titles = [["common", f"pair{i // 2}"] for i in range(600)]
    index, settings = index_of(titles), blocking(max_block=50, word_comparisons=60)
    blocks = word_blocks(index, settings, np.repeat(np.arange(60), 10).astype(np.int32))
    sizes = np.diff(blocks.pairs(np.arange(600)).indptr)
    assert sizes.max() <= 60, "the listing itself among them"
    assert sizes.min() >= 2
    assert blocks.counts.cut == 1
    assert blocks.counts.left_out == 0, "2 + 50 comparisons are within 60"
    fewer = word_blocks(index, blocking(max_block=50, word_comparisons=40), np.zeros(600, np.int32))
    assert fewer.counts == BlockCounts(blocks=300, cut=1, left_out=600)


def test_a_shared_band_says_less_where_strangers_share_it_too():
    """Sixteen bands of 4 bits have 16 values each: among 160 listings ten share one by chance."""
    weights = {}
    for listings in (16, 160):
        index = index_of([["word"]] * listings)
        index.phash[:2] = 7
        weights[listings] = hash_blocks(index, blocking(hash_bands=16)).pairs(np.array([0]))[0, 1]
    assert weights[16] == pytest.approx(16 * 0.25, rel=1e-4)
    assert weights[160] == pytest.approx(16 * 0.25 / 10, rel=1e-4)


@pytest.mark.parametrize(("large", "exact"), [(250_000, 2e-3), (4_000, 2e-2)], ids=["halves", "bytes"])
def test_the_cells_find_most_of_the_true_neighbours(
    large: int, exact: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("kembar.index.nearest.LARGE", large)
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((40, 16))
    codes = centres[rng.integers(0, 40, 6000)] + 0.5 * rng.standard_normal((6000, 16))
    codes = (codes / np.linalg.norm(codes, axis=1)[:, None]).astype(np.float32)
    rows = np.arange(0, 6000, 1)
    file = NearestCodes.build(codes.__getitem__, rows[rows % 3 != 1], drawn(4000), seed=1)
    file.save(tmp_path / "file")
    file = NearestCodes.load(tmp_path / "file")
    assert file.file.nlist == cell_count(4000) == 32 > PROBES
    cells = file.cell_of(6000)
    assert ((cells >= 0) == (rows % 3 != 1)).all()
    query = rows[:200][rows[:200] % 3 != 1]
    place, other, cosine = file(query, codes[query], 10)
    asked = query[place]
    found = set(zip(asked.tolist(), other.tolist(), strict=True))
    allowed = np.flatnonzero(rows % 3 != 1)
    true = {(int(q), int(x)) for q in query for x in allowed[np.argsort(-(codes[allowed] @ codes[q]))[1:11]]}
    assert len(found & true) > 0.95 * len(true)
    assert not [q for q, x in found if q == x]
    assert cosine == pytest.approx([codes[q] @ codes[x] for q, x in zip(asked, other, strict=True)], abs=exact)


def test_a_large_catalogue_opens_more_words_and_proposes_more():
    """In a catalogue ten times as large every word is in ten times as many titles."""
    titles = [[f"w{i % 100}", f"v{i % 90}"] for i in range(900)]
    index, settings = index_of(titles), blocking(max_block=50, word_comparisons=12, proposals_per_listing=10)
    rows, topic = np.arange(900), np.zeros(900, np.int32)
    few = word_blocks(index, settings, topic)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kembar.blocking.scale_limits._ENOUGH", 90)
        more = word_blocks(index, settings, topic)
        proposals = Blocking.build(index, settings).propose(rows)
    assert more.counts.left_out < few.counts.left_out
    assert np.diff(proposals.start).max() == 13, "a third more than 10"


def test_of_many_equal_codes_a_listing_gets_others_and_never_itself():
    codes = np.tile(np.eye(1, 8, dtype=np.float32), (200, 1))
    place, other, _ = NearestCodes.build(codes.__getitem__, np.arange(200), drawn(200), seed=1)(
        np.arange(200), codes, 10
    )
    assert np.bincount(place).tolist() == [10] * 200
    assert (other != place).all()


def test_weights_of_all_pairs_survive_their_packing():
    """Each source adds its weight and its bit once, whatever the others add."""
    titles = [["a", "b"], ["a", "b"], ["a", "c"]]
    built = index_of(titles, dim=4)
    built.phash[:] = 7
    found = as_dict(np.arange(3), Blocking.build(built, blocking()).propose(np.arange(3)))
    for a, b in combinations(range(3), 2):
        words = float((built.words[[a]] @ built.words[[b]].T).toarray()[0, 0])
        near = [max(0.0, float(c[a].astype(float) @ c[b].astype(float))) for c in (built.image, built.title)]
        assert found[a, b] == (pytest.approx(words + 4 * 0.25 + 0.5 * (sum(near) + 1), abs=2e-3), 0b11111)


def test_cells_of_a_catalogue_of_which_a_hundredth_is_new_are_nearly_the_same():
    """What a listing finds hangs on the cells, and yesterday's lists are kept: they should be today's."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(300, 32))
    codes = (centres[rng.integers(0, 300, 8_080)] + 0.7 * rng.normal(size=(8_080, 32))).astype(np.float32)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    order = rng.integers(0, 2**63, 8_080).astype(np.uint64)
    old = np.sort(rng.choice(8_080, 8_000, replace=False))
    found = []
    for rows in (old, np.arange(8_080)):
        place, other, _ = NearestCodes.build(codes.__getitem__, rows, order[rows], seed=1)(old, codes[old], 20)
        found.append([set(other[place == k].tolist()) for k in range(len(old))])
    new = set(range(8_080)) - set(old.tolist())
    kept = np.mean([len(a & b) / max(len(a | (b - new)), 1) for a, b in zip(*found, strict=True)])
    assert kept > 0.97
