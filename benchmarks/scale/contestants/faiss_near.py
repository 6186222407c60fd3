"""FAISS on the image codes: an inverted file and a graph, each with settings from hasty to thorough.

Seconds are those of building and searching. Runs in the rivals' own environment.
"""

import faiss
import numpy as np
from shared import KEPT, Clock, dense, nearest_kept, read_encoded, read_products, report

PROBES, SEARCHES, LINKS = (4, 16, 64), (64, 256), 32


def centred(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the listings that have one, moved to their mean as match does, and which those are."""
    rows = np.flatnonzero(codes.any(axis=1))
    moved = codes[rows] - codes[rows].mean(axis=0)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True), rows


def main() -> None:
    table = read_encoded(["image_embedding"])
    product, pairs = read_products(table["posting_id"])
    codes, rows = centred(dense(table["image_embedding"]))
    kept = max(KEPT) + 1

    def search(name: str, index: faiss.Index, built: float) -> None:
        clock = Clock()
        near = index.search(codes, kept)[1]
        spent = built + clock()
        for k, left, right in nearest_kept(rows, np.where(near >= 0, rows[near], -1)):
            report(f"{name}, {k} nearest", spent, (left, right), product, pairs)

    clock = Clock()
    cells = max(int(4 * len(codes) ** 0.5), 1)
    inverted = faiss.index_factory(codes.shape[1], f"IVF{cells},Flat", faiss.METRIC_INNER_PRODUCT)
    inverted.train(codes)
    inverted.add(codes)
    built = clock()
    for probes in PROBES:
        inverted.nprobe = probes
        search(f"IVF{cells}, {probes} probes", inverted, built)
    clock = Clock()
    graph = faiss.index_factory(codes.shape[1], f"HNSW{LINKS},Flat", faiss.METRIC_INNER_PRODUCT)
    graph.add(codes)
    built = clock()
    for width in SEARCHES:
        graph.hnsw.efSearch = width
        search(f"HNSW{LINKS}, efSearch {width}", graph, built)


if __name__ == "__main__":
    main()
