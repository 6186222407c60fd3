"""Arrays as the bytes of an .npz file: numbers and nothing else, and no more of them than a bundle can have."""

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_BYTES = 1 << 28
"""Of a file of arrays, packed or unpacked: forty times the largest bundle that training makes."""


def pack_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """The arrays by name as an .npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name.

    Raises:
        ValueError: it is none, is damaged, holds anything but numbers, or unpacks to more than `LARGEST_BYTES`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST_BYTES:
                raise ValueError(f"it unpacks to more than {LARGEST_BYTES:,} bytes")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except ValueError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy's header reader each have errors of their own
        raise ValueError(f"it is not a file of arrays: {type(error).__name__}: {error}") from error
    if strange := sorted(n for n, a in arrays.items() if not isinstance(a, np.ndarray) or a.dtype.kind not in "fiu"):
        raise ValueError(f"{', '.join(strange)[:100]} holds something other than numbers")
    return arrays
