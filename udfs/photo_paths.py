"""Splits names of photos into paths and file names on executors."""

import posixpath
from collections.abc import Iterator

import pyarrow as pa

from kembar.encoding.photo_names import whole_path


def split_paths(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        paths = [whole_path(name) for name in batch["image"].to_pylist()]
        lasts = [posixpath.basename(path) for path in paths]
        yield pa.RecordBatch.from_pydict({"path": pa.array(paths, pa.string()), "last": pa.array(lasts, pa.string())})
