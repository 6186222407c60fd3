"""Where the listings of one table stand in another."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.types import Rows


def index_in(values: pa.ChunkedArray, among: pa.ChunkedArray) -> Rows:
    """For each value its place among others, −1 where it is none of them.

    >>> index_in(pa.chunked_array([["b", "x"]]), pa.chunked_array([["a"], ["b"]])).tolist()
    [1, -1]
    """
    found = pc.index_in(values, among.combine_chunks()).fill_null(-1)
    return np.asarray(found).astype(np.int64)


def contents_equal(these: pa.Table, those: pa.Table, place: Rows) -> NDArray[np.bool_]:
    """Whether each row of `these` has the `content` of the row of `those` at `place`; not where that is −1."""
    there, same = place >= 0, np.zeros(len(place), bool)
    contents = those["content"].take(pa.array(place[there]))
    equal = pc.fill_null(pc.equal(these["content"].filter(pa.array(there)), contents), False)
    same[there] = np.asarray(equal)
    return same


def unchanged(these: pa.Table, those: pa.Table) -> Rows:
    """For each row of `posting_id, content` the row of `those` that is the same listing with the same content, else −1.

    >>> one = pa.table({"posting_id": ["a", "b", "c"], "content": ["1", "1", "1"]})
    >>> unchanged(one, pa.table({"posting_id": ["c", "a"], "content": ["1", "2"]})).tolist()
    [-1, -1, 0]
    """
    place = index_in(these["posting_id"], those["posting_id"])
    return np.where(contents_equal(these, those, place), place, -1)
