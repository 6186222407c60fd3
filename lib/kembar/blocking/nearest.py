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

from kembar.heads import Matrix

CELL_SIZE, PROBES = 100, 16
_MOST_CELLS = 8192
_SAMPLE_PER_CELL, _ROUNDS = 24, 5
_CHUNK = 65_536

Rows = NDArray[np.int64]


def hash_codes(phash: NDArray[np.uint64]) -> Matrix:
    """64-bit hashes as codes of length one `[n, 64]`: the cosine of two is 1 − bits / 32."""
    places = np.arange(64, dtype=np.uint64)
    bits = (phash[:, None] >> places & np.uint64(1)).astype(np.float32)
    return ((bits - 0.5) / 4).astype(np.float32)


@dataclass(frozen=True)
class NearestCodes:
    """An inverted file over the codes of some rows of a catalogue; those are the ids that it answers with."""

    file: Any

    @staticmethod
    def build(codes: Callable[[Rows], Matrix], rows: Rows, seed: int) -> "NearestCodes":
        """Of `rows`, of which there is at least one, and whose codes `codes` gives; they are kept in half precision.

        Up to 819,200 listings a cell's size does not grow.
        """
        dim, cells = codes(rows[:1]).shape[1], min(max(len(rows) // CELL_SIZE, 1), _MOST_CELLS)
        flat, half = faiss.IndexFlatIP(dim), faiss.ScalarQuantizer.QT_fp16
        file = faiss.IndexIVFScalarQuantizer(flat, dim, cells, half, faiss.METRIC_INNER_PRODUCT, False)
        file.cp.niter, file.cp.seed, file.cp.spherical, file.cp.min_points_per_centroid = _ROUNDS, seed, True, 1
        sample = np.random.default_rng(seed).permutation(rows)[: cells * _SAMPLE_PER_CELL]
        file.train(codes(np.sort(sample)))
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            file.add_with_ids(codes(chunk), chunk)
        return NearestCodes(file)

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
        cosine, other = self.file.search(codes, count + 1, params=probes)
        found = (other >= 0) & (other != rows[:, None])
        found &= np.cumsum(found, axis=1) <= count  # the row itself is not always among its nearest: there are equals
        place, _ = np.nonzero(found)
        return place, other[found], cosine[found]

    def cell_of(self, listings: int) -> NDArray[np.int32]:
        """The cell of each listing of the catalogue `[listings]`, −1 where it has no code."""
        cells = np.full(listings, -1, np.int32)
        for cell in range(self.file.nlist):
            size = self.file.invlists.list_size(cell)
            if size:
                cells[faiss.rev_swig_ptr(self.file.invlists.get_ids(cell), size)] = cell
        return cells
