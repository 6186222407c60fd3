"""Results on a tiny fixed catalogue are those of the recorded versions: who changes them must raise the version.

After raising one in lib/kembar/storage/algorithms.py, `python -m tests.test_algorithms` records the new results.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from kembar.blocking import Blocking
from kembar.clustering import Clusterer
from kembar.config import load_settings
from kembar.encoding.photos import decode_photo
from kembar.incremental.reusable_pairs import pairs_fingerprint
from kembar.index.tfidf import count_terms, tf_idf
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.bundle_files import load_bundle
from kembar.scoring.score import score_rows
from kembar.storage.algorithms import algorithm_versions
from tests.builders import index_of, random_discriminator, random_titles

RECORDED = Path(__file__).parent / "data" / "algorithms.json"
TITLES = (
    "★ READY ★ Kaos Anak 3-4 Thn, 100% Cotton!!",
    "susu 250gr isi 4,5 L x2",
    "เสื้อยืดผ้าฝ้าย สีเขียว",
    "Samsung Galaxy A54 8/256GB",
    "सूती साड़ी लाल",
    "İSTANBUL Çay",
    "日本語のタイトル",
    'b"READY \\xe2\\x9c\\x94 Kaos"',
)


def picture(mode: str, kind: str) -> bytes:
    """A picture with colours, a shape and, where the mode has it, transparent ground."""
    y, x = np.mgrid[:96, :128]
    colour = np.stack([x * 2, y * 2, 255 - x - y // 2], -1).astype(np.uint8)
    inside = (((x - 60) ** 2 + (y - 40) ** 2) < 900) | (x > 100)
    clear = np.dstack([colour, np.where(inside, 255, 0).astype(np.uint8)])
    image = Image.fromarray(clear) if mode in ("RGBA", "LA", "P") else Image.fromarray(colour)
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind)
    return buffer.getvalue()


def photos() -> list[Any]:
    """The hash, and the mean colour of sixteen parts: other builds of a decoder differ in the last digits."""
    made: list[Any] = []
    for mode, kind in (("RGB", "PNG"), ("RGB", "JPEG"), ("L", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")):
        photo = decode_photo(picture(mode, kind), 64, True, 10**7)
        made += [photo.phash, photo.pixels.reshape(4, 16, 4, 16, 3).mean((1, 3)).ravel().round(1).tolist()]
    return made


def catalogue() -> Any:
    return index_of(random_titles(40, seed=3, words=30), seed=3, missing=0.2)


def titles() -> list[Any]:
    return [[normalise_title(title), title_terms(normalise_title(title))] for title in TITLES]


def words() -> list[Any]:
    counts = count_terms([title_terms(normalise_title(title)) for title in TITLES])
    weights = {
        name: tf_idf(matrix, np.bincount(matrix.indices, minlength=matrix.shape[1])) for name, matrix in counts.items()
    }
    return [[m.indices.tolist(), m.indptr.tolist(), m.data.round(4).tolist()] for m in weights.values()]


def blocking() -> list[Any]:
    index = catalogue()
    index.phash[10:20] = index.phash[0:10] ^ np.uint64(0b101)
    found = Blocking.build(index, load_settings().blocking).propose(np.arange(len(index)))
    return [found.start.tolist(), found.other.tolist(), found.weight.round(4).tolist(), found.blocks.tolist()]


def scoring() -> list[Any]:
    left, right = np.triu_indices(40, 1)
    return score_rows(catalogue(), random_discriminator(3), left, right).round(4).tolist()


def clustering() -> list[Any]:
    table = pa.table({"row": np.arange(40), "component": np.repeat([0, 12], [12, 28])})
    clusterer = Clusterer(random_discriminator(3), 0.5, 8)
    clusters = pa.Table.from_batches(clusterer(catalogue(), iter(table.to_batches()))).sort_by("row")
    return clusters["cluster"].to_pylist()


RESULTS = {each.__name__: each for each in (photos, titles, words, blocking, scoring, clustering)}


def alike(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two results are equal but for numbers that differ by no more than the tolerance."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return abs(one - other) <= tolerance
    return bool(one == other)


@pytest.mark.parametrize("name", list(RESULTS))
def test_an_algorithm_whose_results_changed_has_another_version(name: str):
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))[name]
    version = algorithm_versions()[name]
    made = json.loads(json.dumps(RESULTS[name]()))
    same = alike(made, recorded["results"], 2.0 if name == "photos" else 2e-3)
    if version == recorded["version"]:
        assert same, f"results of {name} changed: raise {name.upper()} in lib/kembar/storage/algorithms.py"
    assert version == recorded["version"], "record the new results: python -m tests.test_algorithms"


def test_every_version_has_its_results():
    assert algorithm_versions().keys() == RESULTS.keys() == json.loads(RECORDED.read_text(encoding="utf-8")).keys()


@pytest.mark.parametrize("name", ["PHOTOS", "TITLES"])
def test_codes_of_another_version_are_of_another_encoder(monkeypatch: pytest.MonkeyPatch, name: str):
    bundle = load_bundle(None)
    before = bundle.encoder_fingerprint
    monkeypatch.setattr(f"kembar.storage.algorithms.{name}", 99)
    assert bundle.encoder_fingerprint != before


@pytest.mark.parametrize("name", ["WORDS", "BLOCKING", "SCORING"])
def test_candidates_of_another_version_are_not_carried_over(monkeypatch: pytest.MonkeyPatch, name: str):
    def fingerprint() -> str:
        return pairs_fingerprint("e", random_discriminator(), load_settings().blocking, catalogue())

    before = fingerprint()
    monkeypatch.setattr(f"kembar.storage.algorithms.{name}", 99)
    assert fingerprint() != before


if __name__ == "__main__":
    found = {name: {"version": algorithm_versions()[name], "results": make()} for name, make in RESULTS.items()}
    RECORDED.write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
