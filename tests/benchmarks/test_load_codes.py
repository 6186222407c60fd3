"""Codes for load: as many as asked, the same for a seed, of the schema that match reads, as hard as real ones."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from load import EVEN, SKEWED, LoadPlan, Skew, write_codes
from load.page import PageMaker
from load.plan import PAGE_PRODUCTS
from load.spelling import spell
from load.vectors import pack_hashes
from load.words import COMMON, NAME, NUMBER, SLIP, Titles, write_titles
from pyspark.sql import SparkSession

from kembar.errors import ConfigError
from kembar.index.catalogue_index import CatalogueIndex
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.bundle_files import load_bundle
from kembar.model.distances import pair_distances
from kembar.model.fingerprints import require_finished
from kembar.schemas import DISTANCES, ENCODED, QUARANTINE
from kembar.stages.index_catalogue import index_catalogue
from kembar.storage.tables import read_table

LISTINGS = 3000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load") / "codes"
    write_codes(folder, LoadPlan(LISTINGS, seed=5))
    return folder


@pytest.fixture(scope="module")
def truth(written: Path) -> pa.Table:
    return pq.read_table(written / "listings.parquet")


@pytest.fixture(scope="module")
def indexed(spark: SparkSession, written: Path, truth: pa.Table) -> tuple[CatalogueIndex, np.ndarray]:
    """The index that match builds of it, and the product of each row."""
    index, ids = index_catalogue(
        read_table(spark, str(written / "encoded" / "listings"), ENCODED), str(written / "hashed")
    )
    place = pc.index_in(pa.array(ids), truth["posting_id"].combine_chunks())
    return index.centred(), np.asarray(truth["label_group"].combine_chunks().take(place).cast(pa.int64()))


def _true_pairs(product: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours in order of product: one less than its listings for each."""
    order = np.argsort(product, kind="stable")
    same = product[order[1:]] == product[order[:-1]]
    return order[:-1][same], order[1:][same]


@settings(max_examples=60, deadline=None)
@given(listings=st.integers(2, 60_000), seed=st.integers(0, 3))
def test_sizes_sum_to_the_listings_and_no_product_has_one_alone(listings: int, seed: int):
    sizes = LoadPlan(listings, seed).sizes
    every = np.concatenate(sizes)
    assert every.sum() == listings
    assert every.min() >= 2
    assert every.max() <= 51
    assert max(map(len, sizes)) <= PAGE_PRODUCTS


def test_a_plan_ending_just_behind_a_page_leaves_no_listing_over():
    first = int(LoadPlan(60_000).sizes[0].sum())
    for listings in (first - 1, first, first + 1, first + 2):
        sizes = LoadPlan(listings).sizes
        assert sum(int(s.sum()) for s in sizes) == listings
        assert min(int(s.min()) for s in sizes) >= 2


def test_it_is_what_match_reads(spark: SparkSession, written: Path):
    manifest = require_finished(str(written / "encoded"), load_bundle(None).encoder_fingerprint)
    encoded = read_table(spark, str(written / "encoded" / "listings"), ENCODED)
    quarantine = read_table(spark, str(written / "encoded" / "quarantine"), QUARANTINE)
    assert manifest["counts"]["listings"] == encoded.count()
    assert encoded.count() + quarantine.count() == LISTINGS
    assert encoded.select("encoder").distinct().collect()[0][0] == manifest["encoder"]


def test_every_listing_has_an_id_of_its_own_and_a_product(truth: pa.Table):
    assert len(truth) == LISTINGS == len(pc.unique(truth["posting_id"]))
    sizes = np.unique(truth["label_group"].to_numpy(), return_counts=True)[1]
    assert sizes.min() >= 2
    assert (sizes <= 4).mean() > 0.75


def test_codes_have_length_one_and_some_are_missing(written: Path):
    table = pq.read_table(written / "encoded" / "listings")
    for name, dim in (("image_embedding", 256), ("title_embedding", 128)):
        column = table[name].combine_chunks()
        codes = np.asarray(column.drop_null().flatten()).reshape(-1, dim)
        assert np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-5)
        assert 0 < column.null_count < 0.05 * len(table)
    unread = pc.list_value_length(table["failures"]).to_numpy() == 1
    assert (unread == table["image_embedding"].is_null().to_numpy()).all()
    assert 0 < table["phash"].null_count < table["image_embedding"].null_count


def test_terms_are_those_that_encode_makes_of_the_title(written: Path, truth: pa.Table):
    table = pq.read_table(written / "encoded" / "listings")
    terms = dict(zip(table["posting_id"].to_pylist(), table["terms"].to_pylist(), strict=True))
    for row in truth.slice(0, 300).to_pylist():
        assert title_terms(normalise_title(row["title"])) == terms.get(row["posting_id"], [])


def test_pages_are_the_same_whoever_makes_which():
    plan, bundle = LoadPlan(2 * 3 * PAGE_PRODUCTS, seed=9), load_bundle(None)
    pages = list(plan.pages())
    assert len(pages) >= 2
    together = [PageMaker(plan, bundle)(page) for page in pages[:2]]
    alone = PageMaker(LoadPlan(plan.listings, seed=9), bundle)(pages[1])
    assert alone.encoded.equals(together[1].encoded)
    assert alone.listings.equals(together[1].listings)
    assert not set(together[0].listings["posting_id"].to_pylist()) & set(alone.listings["posting_id"].to_pylist())
    other = PageMaker(LoadPlan(plan.listings, seed=10), bundle)(pages[1])
    assert not other.encoded["phash"].equals(alone.encoded["phash"])


def test_true_pairs_are_as_far_apart_as_real_ones(indexed: tuple[CatalogueIndex, np.ndarray]):
    """Medians within 0.12 of those of mall-dev, pairs weighted by listings: 0.42, 0.28, 0.41, 0.36; see the package."""
    index, product = indexed
    distances, present = pair_distances(index, *_true_pairs(product))
    medians = np.median(distances[present.all(axis=1)], axis=0)
    assert np.abs(medians[:4] - (0.417, 0.283, 0.407, 0.358)).max() < 0.12, dict(zip(DISTANCES, medians, strict=True))
    same_picture = distances[present.all(axis=1), 4] <= 20 / 24
    assert 0.25 < same_picture.mean() < 0.5


def test_non_matches_are_near_too_but_farther(indexed: tuple[CatalogueIndex, np.ndarray]):
    index, product = indexed
    rows = np.flatnonzero(index.has_image & index.has_title)[:500]
    for codes, real in ((index.image, 0.607), (index.title, 0.48)):
        cosines = codes[rows].astype(np.float32) @ codes.astype(np.float32).T
        cosines[product[rows][:, None] == product] = -1
        nearest = 1 - cosines.max(axis=1)
        assert abs(np.median(nearest) - real) < 0.12


def test_siblings_differ_in_one_word():
    plan = LoadPlan(20_000, seed=3)
    page = next(plan.pages())
    twins = np.flatnonzero(page.twin)
    assert 0.01 < len(twins) / len(page.line) < 0.08
    titles = write_titles(plan, page)
    starts = np.cumsum(titles.counts) - titles.counts
    copies = titles.kept > 0.999

    def copied(product: int) -> set[int] | None:
        found = np.flatnonzero(copies & (page.product == product))
        return set(titles.words[starts[found[0]] :][: titles.counts[found[0]]].tolist()) if len(found) else None

    pairs = [(a, b) for t in twins if (a := copied(t - 1)) is not None and (b := copied(t)) is not None]
    assert len(pairs) > 3
    assert all(len(a ^ b) <= 2 for a, b in pairs), "one word for another"


def test_the_share_of_words_kept_is_a_cosine():
    plan = LoadPlan(5000, seed=3)
    titles: Titles = write_titles(plan, next(plan.pages()))
    assert titles.counts.min() >= 1
    assert titles.counts.sum() == len(titles.words)
    assert titles.kept.max() <= 1.0001
    assert 0.1 < (titles.kept > 0.999).mean() < 0.35


def test_hashes_have_half_of_their_bits_set_and_follow_the_frequencies():
    frequencies = np.random.default_rng(0).standard_normal((50, 64)).astype(np.float32)
    packed = pack_hashes(frequencies)
    assert (np.bitwise_count(packed) == 32).all()
    for row, value in zip(frequencies, packed, strict=True):
        highest = set(np.argsort(row)[32:].tolist())
        assert {bit for bit in range(64) if int(value) >> bit & 1} == highest


def test_words_are_spelt_by_kind():
    common, name, slip, number = spell(np.array([COMMON | 7, NAME | 7, SLIP | NAME | 7, NUMBER | 250])).to_pylist()
    assert number == "250"
    assert len({common, name, slip}) == 3
    assert name[:2] == slip[:2], "a slip begins as what was meant"


def test_skew_gives_shares_of_the_listings_one_thing():
    """Of 8,000: 400 in the block, 160 with the title, 80 with the photo; a draw stays within three deviations."""
    plans = {"even": LoadPlan(8_000, seed=4, skew=EVEN), "skewed": LoadPlan(8_000, seed=4, skew=SKEWED)}
    tables = {name: PageMaker(plan, load_bundle(None))(next(plan.pages())) for name, plan in plans.items()}

    def most(values: pa.Array) -> int:
        return pc.max(pc.value_counts(values).field("counts")).as_py()

    found, words = {}, {}
    for name, made in tables.items():
        hashes = made.encoded["phash"].combine_chunks().drop_null()
        titles = pc.binary_join(made.encoded["terms"].combine_chunks(), " ")
        found[name] = [most(pc.utf8_slice_codeunits(hashes, 12, 16)), most(titles.filter(pc.not_equal(titles, "")))]
        found[name].append(most(hashes))
        counts = pc.value_counts(made.encoded["terms"].combine_chunks().flatten()).to_pylist()
        words[name] = {count["values"]: count["counts"] for count in counts}
    assert max(found["even"][1:]) < 40, "a product's own copies"
    for count, share in zip(found["skewed"], (0.05, 0.02, 0.01), strict=True):
        assert count / 8_000 == pytest.approx(share, abs=3.5 * (share / 8_000) ** 0.5)
    pair = sorted(count for word, count in words["skewed"].items() if word not in words["even"])[-2:]
    assert pair == pytest.approx([390, 390], abs=70), "400, but for those whose title is the repeated one or missing"
    known = ["posting_id", "label_group"]
    truths = [made.listings.select(known) for made in tables.values()]
    assert truths[0].equals(truths[1]), "what is sold does not change with what is shared"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LoadPlan(1), "--listings: expected 2 to"),
        (lambda: LoadPlan(10, skew=Skew(title=1.5)), "skew title: expected a share"),
    ],
)
def test_plans_that_cannot_be_are_refused(make, said: str):
    with pytest.raises(ConfigError, match=said):
        make()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ConfigError, match="is there already"):
        write_codes(tmp_path, LoadPlan(10))
    assert (tmp_path / "mine.txt").read_text() == "keep"
