"""Arrays as files that many processes map at once: their pages are read when touched, and shared.

All files of a thing stand beside each other under one prefix, since Spark sends single files to its executors, not
folders: `prefix.name.npy`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_PARTS = ("data", "indices", "indptr")


def beside(prefix: Path, name: str) -> Path:
    """The file or the further prefix of a name under a prefix.

    >>> beside(Path("folder/index"), "title.npy").as_posix()
    'folder/index.title.npy'
    """
    return prefix.with_name(f"{prefix.name}.{name}")


def save_array(prefix: Path, name: str, array: NDArray) -> None:
    """Write an array."""
    np.save(beside(prefix, f"{name}.npy"), array)


def map_array(prefix: Path, name: str) -> NDArray:
    """The array that `save_array` wrote, mapped."""
    return np.load(beside(prefix, f"{name}.npy"), mmap_mode="r", allow_pickle=False)


def save_sparse(prefix: Path, name: str, matrix: csr_array) -> None:
    """Write a sparse matrix."""
    for part in _PARTS:
        save_array(prefix, f"{name}.{part}", getattr(matrix, part))
    save_array(prefix, f"{name}.shape", np.array(matrix.shape))


def map_sparse(prefix: Path, name: str) -> csr_array:
    """The sparse matrix that `save_sparse` wrote, its parts mapped."""
    parts = tuple(map_array(prefix, f"{name}.{part}") for part in _PARTS)
    return csr_array(parts, shape=tuple(map_array(prefix, f"{name}.shape").tolist()), copy=False)
