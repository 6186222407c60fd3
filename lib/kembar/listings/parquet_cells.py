"""Turns Parquet columns into text: which types can be ids, titles and labels, and how their values are written."""

import math
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kembar.storage.text_files import shown

_NO_PRODUCT = "which names no product; expected text, a number or nothing"
_SHOWN = 60
_TEXTS = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view())


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values alone, without a dictionary or an extension of text around it."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType) and kind.storage_type in _TEXTS:
        return kind.storage_type
    return kind


def can_be_text(column: str, kind: pa.DataType) -> bool:
    """Whether a column of this type holds text or whole numbers. A label may also be a fraction."""
    kind = plain_type(kind)
    whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0)
    real = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return kind in _TEXTS or pa.types.is_null(kind) or kind == pa.uuid() or whole or (column == "label_group" and real)


def as_text(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Turn a column into text.

    NaN becomes null. A whole number is written without a fraction, whatever its type. Bytes that are not UTF-8 are
    written as `\\xe9`.

    Args:
        column: A column whose type `can_be_text` accepts.

    Returns:
        The text `[rows]`, and the fault of each faulty row by its number: an infinite number, or bytes that are not
        UTF-8.
    """
    kind = plain_type(column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if kind in _TEXTS:
        return _decoded(column)
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return column.cast(pa.string()), {}
    if kind == pa.uuid():
        return pa.array([None if v is None else str(uuid.UUID(bytes=v)) for v in column.to_pylist()], pa.string()), {}
    values = column.to_pylist() if pa.types.is_decimal(kind) else _reals(column)
    infinite = {row: f"is {v}, {_NO_PRODUCT}" for row, v in enumerate(values) if v is not None and math.isinf(v)}
    texts = [None if v is None or row in infinite else _number(v) for row, v in enumerate(values)]
    return pa.array(texts, pa.string()), infinite


def _decoded(column: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    binary = column.cast(pa.large_binary())
    try:
        return binary.cast(pa.large_string()).cast(pa.string()), {}
    except pa.ArrowInvalid:
        texts = [None if v is None else v.decode("utf-8", "backslashreplace") for v in binary.to_pylist()]
    # A text that does not encode to its own bytes had undecodable ones.
    odd = [v is not None and v.encode() != raw for v, raw in zip(texts, binary.to_pylist(), strict=True)]
    faults = {row: f"is not UTF-8: {shown(texts[row] or '', _SHOWN)}" for row in np.flatnonzero(odd).tolist()}
    return pa.array(texts, pa.string()), faults


def _reals(column: pa.Array) -> list[Any]:
    """Floats in their own precision, so that 0.1 stays 0.1 in text. Null and NaN become None."""
    values = column.to_numpy(zero_copy_only=False)
    return [None if np.isnan(value) else value for value in values]


def _number(value: Any) -> str:
    if value == (whole := int(value)):
        return str(whole)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else np.format_float_positional(value, trim="-")


def all_missing(column: pa.ChunkedArray) -> bool:
    """Whether all floats are null or NaN, as pandas writes a column without values."""
    return bool(pc.all(pc.is_null(column, nan_is_null=True)).as_py() in (True, None))
