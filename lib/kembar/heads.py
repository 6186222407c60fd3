"""Heads: from a tower's embedding to the compact code that is stored and compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
_EPSILON = 1e-6


def normalise_rows(x: Matrix) -> Matrix:
    """Rows scaled to length one; a zero row stays zero instead of becoming NaN."""
    lengths = np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64))
    return (x / np.maximum(lengths, _EPSILON)[:, None]).astype(np.float32)


@dataclass(frozen=True)
class Head:
    """A linear projection, `normalise((x - centre) @ kernel)`.

    centre: `[tower_dim]`, kernel: `[tower_dim, code_dim]`, both float32.
    """

    centre: Matrix
    kernel: Matrix

    def __call__(self, embeddings: Matrix) -> Matrix:
        """`[n, tower_dim]` to L2-normalised codes `[n, code_dim]`."""
        return normalise_rows(((embeddings - self.centre) @ self.kernel).astype(np.float32))

    @property
    def code_dim(self) -> int:
        return int(self.kernel.shape[1])


def principal_head(embeddings: Matrix, code_dim: int) -> Head:
    """The head that training starts from: the principal components of a catalogue's embeddings.

    embeddings: `[n, tower_dim]`, n ≥ 2. Where fewer than `code_dim` components
    exist the rest of the kernel is zero, so that the code's width is as configured.
    """
    centre = embeddings.mean(axis=0, dtype=np.float64)
    centred = embeddings - centre
    values, vectors = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(values)[::-1][:code_dim]
    kernel = np.zeros((embeddings.shape[1], code_dim))
    kernel[:, : len(order)] = vectors[:, order]
    return Head(centre.astype(np.float32), kernel.astype(np.float32))
