"""Nearest listings by code, found in the cells of a coarse quantiser.

An inverted file (Jégou, Douze & Schmid 2011, doi:10.1109/TPAMI.2010.57) as FAISS keeps it
(Douze et al. 2024, arXiv:2401.08281): k-means over a sample cuts the codes into cells, and a listing is
compared with the members of the `PROBES` cells nearest to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from kembar.types import Matrix, Rows

CELL_SIZE, PROBES = 100, 24
LARGE = 250_000
"""Listings from which on codes are kept as signed bytes: they are read from all over the memory, and half as many bytes
are compared in two thirds of the time."""
_MOST_STEPS, _LARGEST = 127, 8.0
"""A byte's 127 stands for a component eight times the mean one of a code of length one, or for 1 if that is less: 256
numbers come in whole 254ths."""
_MOST_CELLS = 8192
_SAMPLE_PER_CELL, _ROUNDS = 24, 2
_CHUNK = 65_536


def hash_codes(phash: NDArray[np.uint64]) -> Matrix:
    """64-bit hashes as codes of length one `[n, 64]`: the cosine of two is 1 − bits / 32."""
    places = np.arange(64, dtype=np.uint64)
    bits = (phash[:, None] >> places & np.uint64(1)).astype(np.float32)
    return ((bits - 0.5) / 4).astype(np.float32)


def cell_count(listings: int) -> int:
    """Cells of so many listings: the power of two by which a cell has nearest to 100 of them.

    >>> [cell_count(listings) for listings in (1, 1_499, 70_000, 100_000, 10_000_000)]
    [1, 16, 512, 1024, 8192]
    """
    return min(2 ** max(round(np.log2(max(listings / CELL_SIZE, 1))), 0), _MOST_CELLS)


@dataclass(frozen=True)
class NearestCodes:
    """An inverted file over the codes of some rows of a catalogue; searches return these row numbers."""

    file: Any

    @staticmethod
    def build(codes: Callable[[Rows], Matrix], rows: Rows, order: NDArray[np.uint64], seed: int) -> "NearestCodes":
        """Of `rows`, of which there is at least one, and whose codes `codes` gives; they are kept in half precision, or
        in bytes where there are `LARGE` or more.

        order: `[rows]`, a number for each that is as good as drawn and does not change when others come and go. The
        first in that order are the sample and the first centres, and the number of cells is a power of two, so that
        the cells of a catalogue of which a little changed are nearly the same. Up to 1.1 million listings a cell's size
        does not grow.
        """
        dim, cells = codes(rows[:1]).shape[1], cell_count(len(rows))
        kind = faiss.ScalarQuantizer.QT_8bit_direct_signed if len(rows) >= LARGE else faiss.ScalarQuantizer.QT_fp16
        centres = faiss.IndexFlatIP(dim)
        sample = codes(rows[np.argsort(order, kind="stable")[: cells * _SAMPLE_PER_CELL]])
        means = faiss.Clustering(dim, cells)
        means.niter, means.seed, means.spherical, means.min_points_per_centroid = _ROUNDS, seed, True, 1
        faiss.copy_array_to_vector(np.ascontiguousarray(sample[:cells]).ravel(), means.centroids)
        means.train(sample, centres)
        file = faiss.IndexIVFScalarQuantizer(centres, dim, cells, kind, faiss.METRIC_INNER_PRODUCT, False)
        found = NearestCodes(file)
        file.train(found._kept(sample))
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            file.add_with_ids(found._kept(codes(chunk)), chunk)
        return found

    def save(self, path: Path) -> None:
        """Write FAISS's own file."""
        faiss.write_index(self.file, str(path))

    @staticmethod
    def load(path: Path) -> "NearestCodes":
        """Map the file of `save`: its cells are read when probed, and shared between processes.

        A Python worker has one core, whatever the machine has.
        """
        faiss.omp_set_num_threads(1)
        return NearestCodes(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))

    def __call__(self, rows: Rows, codes: Matrix, count: int) -> tuple[Rows, Rows, NDArray[np.float32]]:
        """Up to `count` nearest others of each of `rows`, which have `codes`: place in `rows`, other row, cosine."""
        probes = faiss.SearchParametersIVF(nprobe=min(PROBES, self.file.nlist))  # type: ignore[call-arg]
        product, other = self.file.search(self._kept(codes), count + 1, params=probes)
        cosine = product / self._unit**2
        found = (other >= 0) & (other != rows[:, None])
        found &= np.cumsum(found, axis=1) <= count  # the row itself is not always among its nearest: there are equals
        place, _ = np.nonzero(found)
        return place, other[found], cosine[found]

    @property
    def _unit(self) -> float:
        """What a code's 1 is in the file."""
        if self.file.sq.qtype != faiss.ScalarQuantizer.QT_8bit_direct_signed:
            return 1.0
        return float(_MOST_STEPS / min(_LARGEST / np.sqrt(self.file.d), 1.0))

    def _kept(self, codes: Matrix) -> Matrix:
        """Codes as the file has them: FAISS takes signed bytes as whole numbers, on both sides of a product."""
        if self._unit == 1.0:
            return codes
        return np.clip(np.round(codes * self._unit), -_MOST_STEPS, _MOST_STEPS).astype(np.float32)

    def cell_of(self, listings: int) -> NDArray[np.int32]:
        """The cell of each listing of the catalogue `[listings]`, −1 where it has no code."""
        cells = np.full(listings, -1, np.int32)
        for cell in range(self.file.nlist):
            size = self.file.invlists.list_size(cell)
            if size:
                cells[faiss.rev_swig_ptr(self.file.invlists.get_ids(cell), size)] = cell
        return cells
