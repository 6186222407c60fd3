"""Proposes pairs on executors, by the same blocks as match."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from udfs.executor_files import Shipped, open_blocking


def proposals_of(shipped: Shipped, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    blocking = open_blocking(shipped)
    for batch in batches:
        rows = np.asarray(batch["id"])
        found = blocking.propose(rows)
        row = np.repeat(rows, np.diff(found.start))
        ends = {"row_l": np.minimum(row, found.other), "row_r": np.maximum(row, found.other)}
        by = np.where(row < found.other, 1, 2).astype(np.int32)
        yield pa.RecordBatch.from_pydict(ends | {"weight": found.weight, "blocks": found.blocks, "sides": by})
