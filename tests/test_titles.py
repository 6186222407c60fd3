"""Titles as sellers write them become one normal form."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.titles import LONGEST_TITLE, normalise_title, title_terms


def test_decoration_case_and_width_do_not_matter():
    plain = normalise_title("hand sanitizer 60 ml")
    for title in ("★ HAND SANITIZER ★ 60 ML!!!", "ＨＡＮＤ　ｓａｎｉｔｉｚｅｒ 60 ml", "🔥Hand\nSanitizer🔥 60  ml"):
        assert normalise_title(title) == plain


def test_a_title_printed_as_a_bytes_literal_is_read():
    assert normalise_title('b"Kaos \\xe2\\x9c\\x94 Anak"') == "kaos anak"


def test_marks_belong_to_their_letters():
    assert normalise_title("Gấu Bông") == unicodedata.normalize("NFKC", "gấu bông")
    assert normalise_title("ครีมบำรุงผิว") == unicodedata.normalize("NFKC", "ครีมบำรุงผิว")


def test_what_holds_no_letter_or_digit_is_empty():
    for title in (None, "", "   ", "★★★ !!! 🔥"):
        assert normalise_title(title) == ""


def test_numbers_stand_apart_from_their_unit():
    assert title_terms(normalise_title("Susu 250GR (isi 12pcs) 1,5L")) == [
        "susu",
        "250",
        "gr",
        "isi",
        "12",
        "pcs",
        "1.5",
        "l",
    ]


def test_scripts_without_spaces_become_overlapping_pairs():
    assert title_terms(normalise_title("无线耳机 A12")) == ["无线", "线耳", "耳机", "a", "12"]


@given(st.text(max_size=300))
def test_normalising_is_idempotent_and_never_fails(title: str):
    once = normalise_title(title)
    assert normalise_title(once) == once or "\\x" in once or once.startswith("b'")
    assert all(term and term == term.strip() for term in title_terms(once))


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_read_lone_surrogates_and_all(title: str):
    """What comes out can be written as UTF-8, whatever debris of an export went in."""
    normalise_title(title).encode()
    assert all(term.encode() for term in title_terms(normalise_title(title)))


@pytest.mark.parametrize("part", ["a", "b'", "\\xe2", "1.", "'a", " ", "ก", "\u0301", "\ufdfa", "\u202e"], ids=ascii)
def test_nothing_is_read_of_a_title_behind_its_longest(part: str):
    """So that the work on a title has a bound, whatever its length: a million characters read as a thousand do."""
    title = part * (1_000_000 // len(part))
    assert normalise_title(title) == normalise_title(title[:LONGEST_TITLE])
    assert len(normalise_title(title)) <= 18 * LONGEST_TITLE, "NFKC turns one character into 18 at most"
