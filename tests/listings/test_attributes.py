"""A title's attributes: model codes, quantities in one unit a dimension, numbers, editions and colours."""

import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.index.title_tokens import token_row
from kembar.listings.attributes import attribute_words, title_attributes
from kembar.listings.titles import normalise_title, title_terms

PIECES = (
    *("x0", "isi 0", "00", "000gb", "0.0 l", "1e9", "999999999999999999999999 g", "٣", "٣kg"),
    *("1.2.3", "1,2,3", "mb", "x999", "1/0", "hd-0", "0x0cm"),
)


def attributes_of(title: str) -> list[str]:
    normal = normalise_title(title)
    return title_attributes(normal, title_terms(normal))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Kulkas RT-38K5032 hitam", ["code:rt38k5032", "colour:black"]),
        ("Seagate 9ZF2A2/570", ["code:9zf2a2570"]),
        ("toner 40304", ["code:40304"]),
        ("SSD 1TB", ["memory:1024"]),
        ("SSD 1024 GB", ["memory:1024"]),
        ("susu UHT 0,5 L", ["volume:500"]),
        ("susu UHT 500ml", ["volume:500"]),
        ("AC 1/2 PK", ["cooling:18000", "number:1"]),
        ("Galaxy A54 8/256GB", ["memory:256", "number:54", "number:8"]),
        ("tisu isi 12", ["count:12"]),
        ("pack of 6 soap", ["count:6"]),
        ("2 lusin pensil", ["count:24"]),
        ("kaos x2", ["count:2"]),
        ("kaos x0 isi 0", []),
        ("fridge 186x60cm", ["number:186", "number:60"]),
        ("iPhone 12 Pro Max spacegrau", ["number:12", "edition:pro", "edition:max", "colour:grey"]),
        ("Schwarz/black case", ["edition:case", "colour:black"]),
        ("kaos polos", []),
        ("", []),
    ],
)
def test_what_a_title_says_is_read_by_kind(title: str, expected: list[str]):
    assert sorted(attributes_of(title)) == sorted(expected)


@pytest.mark.parametrize("one, other", [("64GB", "64 gb"), ("1kg", "1000 g"), ("1,5 l", "1500ml"), ("1 tb", "1024gb")])
def test_one_quantity_is_one_attribute_however_it_is_written(one: str, other: str):
    assert attributes_of(f"barang {one}") == attributes_of(f"barang {other}")


@settings(deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join))
def test_any_title_has_attributes_of_known_kinds_each_once(title: str):
    found = attributes_of(title)
    kinds = {"code", "number", "edition", "colour", *attribute_words().bases}
    assert len(set(found)) == len(found)
    assert {attribute.partition(":")[0] for attribute in found} <= kinds
    assert (token_row(found, title_terms(normalise_title(title))) >= 0).all(), "no title stops a match"


def test_no_word_means_two_units_or_two_colours():
    for section in ("units", "colours"):
        words = [word for line in _spellings(section) for word in line]
        assert len(set(words)) == len(words)


def _spellings(section: str) -> list[list[str]]:
    table = tomllib.loads((resources.files("kembar") / "listings" / "attributes.toml").read_text(encoding="utf-8"))
    if section == "colours":
        return [words.split() for words in table["colours"].values()]
    return [words.split() for unit in table["units"].values() for name, words in unit.items() if name != "base"]
