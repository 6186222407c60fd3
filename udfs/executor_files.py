"""Files from the driver that tasks on executors map: the index, the blocks and the posting_ids."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyspark import SparkFiles

from kembar.blocking import Blocking
from kembar.config import BlockingSettings
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.mapped_arrays import beside
from kembar.scoring.matches import load_names

NAMES = "posting_ids.arrow"


@dataclass(frozen=True)
class Shipped:
    """A catalogue that every executor has; `name` is the file prefix of its index and its blocks."""

    name: str
    listings: int
    settings: BlockingSettings


@lru_cache(maxsize=1)
def open_index(name: str) -> CatalogueIndex:
    return CatalogueIndex.load(Path(SparkFiles.get(name)))


def open_names(name: str) -> pa.ChunkedArray:
    """The posting_ids by row."""
    return load_names(beside(Path(SparkFiles.get(name)), NAMES))


@lru_cache(maxsize=1)
def open_blocking(shipped: Shipped) -> Blocking:
    """Open the blocks of a catalogue on an executor."""
    return Blocking.load(Path(SparkFiles.get(shipped.name)), open_index(shipped.name), shipped.settings)
