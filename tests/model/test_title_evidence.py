"""Distances along what tells models and sizes apart, against a double loop over sets of attributes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.index.catalogue_index import CatalogueIndex
from kembar.listings.attributes import attribute_words, title_attributes
from kembar.listings.titles import normalise_title, title_terms
from kembar.model.title_evidence import compare_titles
from kembar.schemas import TITLE_EVIDENCE
from tests.builders import index_of

WORDS = [
    "samsung",
    "galaxy",
    "hd-1173",
    "hd1173",
    "gc160",
    "64gb",
    "128 gb",
    "1 l",
    "1000 ml",
    "isi 2",
    "7",
    "54",
    "pro",
]
WORDS += ["max", "hitam", "black", "putih", "kaos", "anak", "dcb-304", "dcb", "304", "40304", "ยืด", "2.5"]
titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)


def index_of_titles(*texts: str) -> CatalogueIndex:
    normal = [normalise_title(text) for text in texts]
    return index_of([title_terms(text) for text in normal], normal=normal)


def compared(*texts: str) -> dict[str, float]:
    """The evidence of the first two of some titles."""
    found = compare_titles(index_of_titles(*texts), np.array([0]), np.array([1]))[0]
    return dict(zip(TITLE_EVIDENCE, found.tolist(), strict=True))


def naive(*texts: str) -> dict[str, float]:
    """The same by sets of strings, of two titles so short that no kind is cut."""
    normal = [normalise_title(text) for text in texts]
    one, other = (title_terms(text) for text in normal)
    attributes = [title_attributes(text, title_terms(text)) for text in normal]
    words = [set(one), set(other)]
    most = np.log(3 / 2) + 1
    rarity = {w: (np.log(3 / (1 + sum(w in side for side in words))) + 1) / most for w in words[0] | words[1]}

    def of(side: int, kind: str) -> set[str]:
        return {value for name, _, value in (each.partition(":") for each in attributes[side]) if name == kind}

    def parts(side: int) -> set[str]:
        terms = (one, other)[side]
        runs = ["".join(terms[i:j]) for i in range(len(terms)) for j in range(i + 1, min(i + 5, len(terms)) + 1)]
        return of(side, "code") | {run.replace(".", "") for run in runs if any(map(str.isdecimal, run))}

    totals = [sum(rarity[word] for word in side) for side in words]
    shared = words[0] & words[1]
    codes = [of(side, "code") for side in (0, 1)]
    lacking = [len(codes[side] - parts(1 - side)) for side in (0, 1)]
    contained = any(codes[side] & parts(1 - side) for side in (0, 1))
    split = [[each.partition(":")[::2] for each in side] for side in attributes]
    quantities = [{(kind, float(value)) for kind, value in side if kind in attribute_words().bases} for side in split]
    conflicts, agreeing = [], []
    for side in (0, 1):
        mine, theirs = quantities[side], quantities[1 - side]
        near = {(k, v) for k, v in mine if any(k == kind and abs(v - w) <= 0.02 * max(v, w) for kind, w in theirs)}
        agreeing.append(len(near))
        conflicts.append(len([1 for k, v in mine - near if k in {kind for kind, _ in theirs}]))
    clash = min(conflicts)
    numerals = [{f"{float(t):g}" for t in terms if t[0].isdecimal()} for terms in (one, other)]
    numbers = [of(side, "number") for side in (0, 1)]
    colours = [of(side, "colour") for side in (0, 1)]
    return {
        "coverage": 1 - sum(rarity[w] for w in shared) / max(totals),
        "shared_word": 1 - max((rarity[w] for w in shared), default=0),
        "missing_word": min(max((rarity[w] for w in words[s] - shared), default=0) for s in (0, 1)),
        "code": 0 if codes[0] & codes[1] else 1 if contained else 4 if all(codes) else 3 if any(codes) else 2,
        "other_code": min(3, *lacking),
        "quantity": 2 + (min(clash, 2) if clash else -min(2, *agreeing)),
        "number": min(3, len(numbers[0] - numerals[1]), len(numbers[1] - numerals[0])),
        "shared_number": 3 - min(3, len(numbers[0] & numbers[1])),
        "edition": len(of(0, "edition") ^ of(1, "edition")),
        "colour": 0 if colours[0] & colours[1] else 2 if all(colours) else 1,
    }


@settings(max_examples=150, deadline=None)
@given(titles, titles)
def test_evidence_is_that_of_sets_of_attributes(one: str, other: str):
    assert compared(one, other) == pytest.approx(naive(one, other), abs=2e-3)


@settings(deadline=None)
@given(titles, titles)
def test_evidence_is_the_same_in_either_direction(one: str, other: str):
    assert compared(one, other, "kaos anak") == pytest.approx(compared(other, one, "kaos anak"), abs=1e-6)


def test_other_models_and_sizes_of_one_product_are_told_apart():
    blender = compared("Philips Blender HD1173 550 ml hitam", "Philips Blender GC160 1 l putih")
    assert (blender["code"], blender["quantity"], blender["colour"]) == (4, 3, 2)
    same = compared("Philips Blender HD1173 550 ml hitam", "Philips HD-1173 blender black 550ml")
    assert (same["code"], same["quantity"], same["colour"]) == (0, 1, 0)


def test_a_code_written_apart_is_found():
    assert compared("kamera dcb 304 hitam", "kamera dcb-304")["code"] == 1


def test_many_pairs_are_compared_as_one_by_one():
    rng = np.random.default_rng(0)
    index = index_of_titles(*(" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(40)))
    left, right = (side.ravel() for side in np.meshgrid(np.arange(40), np.arange(40)))
    together = compare_titles(index, left, right)
    alone = [compare_titles(index, left[i : i + 1], right[i : i + 1])[0] for i in range(0, 1600, 37)]
    assert np.array_equal(together[::37], alone)


def test_no_pairs_have_no_evidence():
    none = np.zeros(0, np.int64)
    assert compare_titles(index_of_titles("kaos"), none, none).shape == (0, len(TITLE_EVIDENCE))
