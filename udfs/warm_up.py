"""Imports modules on executors before the first task needs them."""

from collections.abc import Iterator
from importlib import import_module

import pyarrow as pa


def import_modules(names: tuple[str, ...], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for name in names:
        import_module(name)
    yield from batches
