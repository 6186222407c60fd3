"""What the driver shipped, as tasks on executors map it: the index, the blocks, the posting_ids."""

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
    """A catalogue that every executor has; `name` is the prefix under which tasks find its index and its blocks."""

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
    """On an executor, the blocks of a catalogue."""
    return Blocking.load(Path(SparkFiles.get(shipped.name)), open_index(shipped.name), shipped.settings)
