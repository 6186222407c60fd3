"""Heads: from a tower's embedding to the compact code that is stored and compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kembar.index.vectors import normalise_rows
from kembar.types import Matrix

_EPSILON = 1e-6
_BASIS = 512
_SHRINKAGE = 2.0


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

    def fault(self) -> str | None:
        """What is wrong with the weights, or None."""
        if self.kernel.ndim != 2 or self.centre.shape != self.kernel.shape[:1] or 0 in self.kernel.shape:
            return f"a centre {self.centre.shape} and a kernel {self.kernel.shape} that do not fit"
        return None if np.isfinite(self.centre).all() and np.isfinite(self.kernel).all() else "weights not finite"

    @property
    def code_dim(self) -> int:
        return int(self.kernel.shape[1])


def project(head: Head | None, embeddings: Matrix) -> Matrix:
    """Codes of embeddings; without a head the embeddings themselves."""
    return embeddings if head is None else head(embeddings)


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


def contrast_head(sources: list[tuple[Matrix, Matrix]], code_dim: int) -> Head:
    """The head whose code varies most between articles and least between photos of one article.

    sources: for each catalogue its embeddings `[n, tower_dim]`, L2-normalised, a zero row where missing, and the
    differences `[pairs, tower_dim]` of pairs that show one article. Each catalogue weighs the same.

    Linear discriminant analysis (Fisher 1936, doi:10.1111/j.1469-1809.1936.tb02137.x) with two
    precautions that shelf photos asked for:

    1. Keep the first principal directions: the rest is noise that whitening would blow up.
    2. Whiten by the total covariance, shrunk towards its mean.
    3. Keep the directions of the whitened space that vary least within an article.
    """
    present = [photos[np.any(photos != 0, axis=1)].astype(np.float64) for photos, _ in sources]
    centres = [photos.mean(axis=0) for photos in present]
    total = np.mean([_unit_trace((x - c).T @ (x - c)) for x, c in zip(present, centres, strict=True)], axis=0)
    within = np.mean([_unit_trace(d.astype(np.float64).T @ d.astype(np.float64)) for _, d in sources], axis=0)
    values, vectors = np.linalg.eigh(total)
    values, vectors = np.maximum(values[::-1][:_BASIS], 0), vectors[:, ::-1][:, :_BASIS]
    white = vectors * (values + _SHRINKAGE * values.mean()) ** -0.5
    _, steadiest = np.linalg.eigh(white.T @ within @ white)
    chosen = (white @ steadiest)[:, :code_dim]
    kernel = np.zeros((total.shape[0], code_dim), np.float32)
    kernel[:, : chosen.shape[1]] = chosen
    return Head(np.mean(centres, axis=0).astype(np.float32), kernel)


def _unit_trace(scatter: NDArray[np.float64]) -> NDArray[np.float64]:
    return scatter / max(float(np.trace(scatter)), _EPSILON)
