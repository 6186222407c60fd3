"""Rows of vectors."""

import numpy as np

from kembar.types import Matrix

_EPSILON = 1e-6


def normalise_rows(x: Matrix) -> Matrix:
    """Rows scaled to length one; a zero row stays zero instead of becoming NaN."""
    lengths = np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64))
    return (x / np.maximum(lengths, _EPSILON)[:, None]).astype(np.float32)
