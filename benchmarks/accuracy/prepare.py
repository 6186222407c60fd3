"""Labelled catalogues as training has them: encoded and mined by Spark, with the codes of heads that were trained
on each half of the products and judge the other."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from common import DATA, images_of
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from accuracy.keep import Keep
from kembar.config import Settings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.towers.image import SMALL_CNN, ImageTower
from kembar.encoding.towers.runtime import tensorflow
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.query_expansion import comparable
from kembar.listings.validation import read_listings, validate_listings
from kembar.model.heads import Head
from kembar.session import get_session
from kembar.stages.encode_listings import encode_listings, split_encoded
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import collect_rows, mine_pairs
from kembar.stages.training_sources import encode_source, mine_source
from kembar.training.fit_heads import first_heads
from kembar.training.labelled_sources import LabelledSource, join_sources
from kembar.training.views import CandidateRows, LabelledCatalogue
from kembar.training.work_folder import TrainingWork

T = TypeVar("T")
NAMES = ("mall-dev", "shopee-dev", "grocery-dev")


@dataclass(frozen=True)
class Heads:
    """The two heads of a view, without the training around them; judged: the fold of each row, −1 for those that
    the heads were trained on, by catalogue; photos: embeddings by catalogue, of a tower that was trained along."""

    image: Head
    title: Head
    judged: dict[str, NDArray[np.int64]]
    photos: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def codes(self, name: str, towers: CatalogueIndex, centred: bool = True) -> CatalogueIndex:
        """The codes of a catalogue."""
        told = towers.with_image(self.photos[name]) if name in self.photos else towers
        index = told.projected(self.image, self.title)
        return comparable(index) if centred else index


@dataclass(frozen=True)
class Prepared:
    """Each source with its posting_ids, the views' heads, and heads of principal components."""

    sources: dict[str, LabelledSource]
    posting_ids: dict[str, list[str]]
    views: list[Heads]
    plain: Heads


class Workshop:
    """Makes catalogues, and starts Spark only for what no earlier run has left."""

    def __init__(self, settings: Settings, names: tuple[str, ...] = NAMES) -> None:
        self.settings, self.names, self.keep = settings, names, Keep(settings)
        self._made: dict[str, Any] = {}

    @cached_property
    def spark(self) -> SparkSession:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        return get_session("kembar benchmark")

    @cached_property
    def prepared(self) -> Prepared:
        return self.keep.once("prepared", self._prepare)

    @cached_property
    def _work(self) -> TrainingWork:
        paths = [str(DATA / name / "train.csv") for name in self.names]
        return TrainingWork(self.keep.folder / "training", paths, self.settings)

    def _prepare(self) -> Prepared:
        work = self._work
        begun = open_work(work)
        pairs = [(path, str(images_of(DATA / name))) for path, name in zip(work.inputs, self.names, strict=True)]
        encoded = [encode_source(self.spark, *pair, "product", work, k, None) for k, pair in enumerate(pairs)]
        mined = [mine_source(self.spark, source, work, k) for k, source in enumerate(encoded)]
        tensorflow()
        from kembar.training.fit import fit_views

        views = fit_views(mined, work, begun)
        told = dict(zip(self.names, mined, strict=True))
        return Prepared(
            sources={name: replace(source, pixels=None) for name, source in told.items()},
            posting_ids={name: source.posting_ids for name, source in zip(self.names, encoded, strict=True)},
            views=[heads_of(view, told) for view in views],
            plain=self._plain(mined, told),
        )

    def _plain(self, mined: list[LabelledSource], told: dict[str, LabelledSource]) -> Heads:
        heads = first_heads(join_sources(mined)[0].towers, self.settings)
        return Heads(heads.image, heads.title, {name: source.labels.fold for name, source in told.items()})

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, once in a run."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def propose(self, key: str, index: CatalogueIndex) -> CandidateRows:
        """The pairs that match would propose; `key` names the index."""
        return self.keep.once(
            f"proposed-{key}", lambda: collect_rows(mine_pairs(self.spark, index, self.settings.blocking))
        )

    def catalogues(self, name: str) -> list[LabelledCatalogue]:
        """A data set through each view."""
        return self.remember(f"catalogues of {name}", lambda: self.through(name, self.prepared.views))

    def through(self, name: str, views: list[Heads], key: str = "", centred: bool = True) -> list[LabelledCatalogue]:
        """A data set with the codes of these heads, and what is proposed by them; `key` names the heads."""
        source, found = self.prepared.sources[name], []
        for number, view in enumerate(views):
            index = view.codes(name, source.towers, centred)
            proposed = self.propose(f"{name}-{number}{key and '-'}{key}", index)
            found.append(LabelledCatalogue(name, index, proposed, source.labels.product, view.judged[name]))
        return found

    def towers_of(self, key: str, name: str, posting_ids: list[str], others: int = 0) -> tuple[CatalogueIndex, list]:  # type: ignore[type-arg]
        """Some of a set's listings, among titles of other shops' goods, as a catalogue of their own: term
        frequencies are its own too. Gives the towers' embeddings, and the posting_ids by row."""
        return self.keep.once(f"towers-{key}", lambda: self._towers_of(name, posting_ids, others))

    def _towers_of(self, name: str, posting_ids: list[str], others: int) -> tuple[CatalogueIndex, list]:  # type: ignore[type-arg]
        table = self.spark.read.parquet(self._work.path(f"encoded-{self.names.index(name)}"))
        encoded, _ = split_encoded(table.where(F.col("posting_id").isin(posting_ids)))
        if others:
            encoded = encoded.unionByName(self._distractors().orderBy("posting_id").limit(others))
        return index_catalogue(encoded, str(self.keep.folder / "hashed"))

    def _distractors(self):  # type: ignore[no-untyped-def]
        path = str(self.keep.folder / "distractors")
        if not (self.keep.folder / "distractors" / "_SUCCESS").exists():
            listings, _ = validate_listings(read_listings(self.spark, str(DATA / "distractors" / "test.csv")))
            encoded = encode_listings(listings, PhotoFolder(str(DATA / "distractors")), self.settings, None)
            encoded.write.mode("overwrite").parquet(path)
        return split_encoded(self.spark.read.parquet(path))[0]


def open_work(work: TrainingWork) -> bool:
    """Go on with what an earlier run of the same settings left, or start; whether there was one."""
    begun = (work.folder / "run.json").exists()
    work.open(begun)
    return begun


def heads_of(view: Any, told: dict[str, LabelledSource]) -> Heads:
    """A view as it is kept."""
    return Heads(
        view.trained.image_head,
        view.trained.title_head,
        {name: view.judged(source.labels) for name, source in told.items()},
        {name: _embed(view, source.pixels) for name, source in told.items() if source.pixels is not None},
    )


def _embed(view: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return ImageTower(SMALL_CNN, weights=view.trained.image_tower_weights).embed(pixels)
