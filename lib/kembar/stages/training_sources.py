"""Labelled catalogues for training: encodes and mines them, or reads them from the work folder of a killed run."""

import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from kembar.config import Settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.towers.image import SMALL_CNN
from kembar.encoding.towers.runtime import tensorflow
from kembar.encoding.towers.small_cnn import INPUT_PX
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.query_expansion import comparable
from kembar.listings.nothing_to_do import require_products, require_usable
from kembar.listings.validation import read_listings, validate_listings
from kembar.model.bundle import Bundle
from kembar.schemas import MATCHES, TRIPLETS
from kembar.stages.check_photos import check_photos, find_photos
from kembar.stages.encode_listings import encode_listings, split_encoded
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import collect_rows, mine_pairs, name_pairs
from kembar.storage.files import join_uri
from kembar.storage.tables import list_parts, read_parts, read_table, rewrite_table, write_table
from kembar.training.fit_deciders import labelled_enough
from kembar.training.fit_heads import first_heads
from kembar.training.labelled_pairs import with_labelled_pairs
from kembar.training.labelled_sources import LabelledSource
from kembar.training.labels import RowLabels, labels_by_row
from kembar.training.pair_features import read_triplets, triplet_rows
from kembar.training.pixels import load_pixels
from kembar.training.review import DecidedPairs, Undecided, candidates_in, decided_in, join_pairs, read_evidence
from kembar.training.review.answers import EVIDENCE_COLUMNS, MOST_UNDECIDED
from kembar.training.triplets import add_folds, build_triplets, split_groups
from kembar.training.views import FOLDS, LabelledCatalogue
from kembar.training.work_folder import TrainingWork


@dataclass(frozen=True)
class EncodedSource:
    """A labelled catalogue that was encoded, with a bundle's codes or raw tower embeddings."""

    name: str
    images: PhotoFolder
    listings: DataFrame
    index: CatalogueIndex
    posting_ids: list[str]
    labels: RowLabels
    level: str


def encode_source(
    spark: SparkSession,
    listings: str,
    images: str,
    level: str,
    work: TrainingWork,
    number: int,
    bundle: Bundle | None,
    alone: bool = False,
) -> EncodedSource:
    """Encode a catalogue into the work folder, unless a killed run already did.

    `alone` says that there are labels but no decisions.

    Raises:
        NothingToDoError: No row can be used, or there are no decisions and the labels have no products to learn from.
    """
    settings, table = work.settings, f"encoded-{number}"
    good, rejected = validate_listings(read_listings(spark, listings, settings.listings))
    kept = good.persist()
    require_usable(kept.count(), rejected, listings)
    if alone:
        require_products(kept, listings)
    photos = find_photos(images, kept, settings.encode, partial(print, file=sys.stderr))
    if not work.has(table):
        rewrite_table(encode_listings(kept, photos, settings, bundle), work.path(table))
    named = kept.where("image is not null").count()
    check_photos(named, list_parts(work.path(table)), photos, settings.encode)
    encoded, _ = split_encoded(read_parts(spark, [work.path(table)]))
    index, posting_ids = index_catalogue(encoded, work.path(f"hashed-{number}"))
    split = add_folds(split_groups(kept, settings.triplets), FOLDS, settings.triplets.seed)
    return EncodedSource(listings, photos, kept, index, posting_ids, labels_by_row(split.toArrow(), posting_ids), level)


def mine_source(spark: SparkSession, source: EncodedSource, work: TrainingWork, number: int) -> LabelledSource:
    """Build a catalogue's triplets in the work folder, unless they exist, and read the data for training."""
    settings, table = work.settings, f"triplets-{number}"
    if not work.has(table):
        heads = first_heads(source.index, settings)
        pairs = mine_pairs(spark, source.index.projected(heads.image, heads.title), settings.blocking).persist()
        triplets = build_triplets(source.listings, name_pairs(pairs, source.posting_ids), settings.triplets)
        write_table(triplets, work.path(table), TRIPLETS)
    rows = triplet_rows(read_triplets(work.path(table)), source.posting_ids)
    return LabelledSource(source.name, source.index, source.labels, rows, _pixels(source, settings))


def _pixels(source: EncodedSource, settings: Settings) -> NDArray[np.uint8] | None:
    """The photos of a source, if the image tower is trained too."""
    if settings.image_tower.name != SMALL_CNN:
        return None
    photos = source.listings.select("posting_id", "image").toArrow()
    names = photos["image"].take(pc.index_in(pa.array(source.posting_ids), photos["posting_id"])).to_pylist()
    return load_pixels(source.images, names, INPUT_PX, settings.encode)


def label_catalogue(
    spark: SparkSession,
    source: EncodedSource,
    codes: CatalogueIndex,
    fold: NDArray[np.int64],
    settings: Settings,
) -> LabelledCatalogue:
    """Build a catalogue with its codes and the pairs that match would propose; fold: as in `LabelledCatalogue`."""
    proposed = collect_rows(mine_pairs(spark, codes, settings.blocking))
    return LabelledCatalogue(source.name, codes, proposed, source.labels.product, fold, source.level)


def judge_sources(
    spark: SparkSession, sources: list[EncodedSource], work: TrainingWork, base: Bundle | None, resume: bool
) -> tuple[Bundle, list[tuple[EncodedSource, CatalogueIndex, NDArray[np.int64]]]]:
    """The bundle whose deciders must be fitted, and the codes and folds of each catalogue for that.

    Without a base the heads are trained first. Then each catalogue comes once for each half of the products, with codes
    of heads that were trained on the other half.
    """
    if base is not None:
        return base, [(source, comparable(source.index, base.blends), source.labels.fold) for source in sources]
    labelled = [mine_source(spark, source, work, number) for number, source in enumerate(sources)]
    tensorflow()  # once Spark has encoded, so that the two do not hold their memory at once
    from kembar.training.fit import fit_heads

    trained, views = fit_heads(labelled, work, resume)
    return trained.bundle(work.settings), [
        (source, view.trained.codes(told), view.judged(source.labels))
        for view in views
        for source, told in zip(sources, labelled, strict=True)
    ]


def choose_labels(
    sources: list[EncodedSource], catalogues: list[LabelledCatalogue], decisions: pa.Table | None
) -> tuple[list[LabelledCatalogue], pa.Table | None]:
    """The catalogues to fit deciders to, and the decisions that are too few for that and only correct them.

    If a catalogue has many labelled pairs, deciders are fitted to those and to labelled groups. A catalogue with both
    comes twice: its groups say how well a threshold does, and its pairs are the hard ones.
    """
    if decisions is None:
        return catalogues, None
    ids = {source.name: source.posting_ids for source in sources}
    paired = [with_labelled_pairs(catalogue, ids[catalogue.name], decisions) for catalogue in catalogues]
    grouped = [catalogue for catalogue in catalogues if labelled_enough(catalogue)]
    if found := [catalogue for catalogue in paired if catalogue is not None]:
        return [*found, *grouped], None
    return (grouped if len(grouped) == len(catalogues) else []), decisions


def read_decided(spark: SparkSession, matched: str, decisions: pa.Table) -> pa.Table:
    """Collect the MATCHES of a run that have a decision."""
    keys = ["posting_id_l", "posting_id_r"]
    about = F.broadcast(spark.createDataFrame(decisions.select(keys)))
    return read_table(spark, join_uri(matched, "matches"), MATCHES).join(about, keys, "left_semi").toArrow()


def sample_pairs(spark: SparkSession, matched: str) -> Undecided:
    """Draw candidate pairs of a match run, the same ones every time."""
    keys = ["posting_id_l", "posting_id_r"]
    matches = read_table(spark, join_uri(matched, "matches"), MATCHES).select(*keys, *EVIDENCE_COLUMNS)
    drawn = matches.orderBy(F.xxhash64(*keys), *keys).limit(MOST_UNDECIDED)
    return Undecided.of(*read_evidence(drawn.toArrow()))


def decided_pairs(
    sources: list[EncodedSource],
    catalogues: list[LabelledCatalogue],
    decisions: pa.Table,
    bundle: Bundle,
    settings: Settings,
) -> tuple[DecidedPairs, Undecided]:
    """The decided pairs of the catalogues, each once, and a sample of their candidate pairs.

    A catalogue may occur twice, with the codes of two heads; only one of them counts.
    """
    ids = {source.name: source.posting_ids for source in sources}
    once = {catalogue.name: catalogue for catalogue in catalogues}
    per_listing = settings.blocking.candidates_per_listing
    models = {name: bundle.decider_for(each.titled).discriminator for name, each in once.items()}
    looked = [candidates_in(c, models[n], per_listing) for n, c in once.items()]
    sample = Undecided.of(*(np.concatenate(side) for side in zip(*looked, strict=True)))
    return join_pairs([decided_in(c, ids[n], decisions, models[n], per_listing) for n, c in once.items()]), sample
