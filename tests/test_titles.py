"""Titles as sellers write them become one normal form."""

import unicodedata

import pytest
from hypothesis import given, settings
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


SCRIPTS = {
    "Thai": ("เสื้อ", "เสือ"),
    "Lao": ("ເສື້ອ", "ເສືອ"),
    "Khmer": ("កី", "កិ"),
    "Burmese": ("မြန်မာ", "မြနမာ"),
    "Tamil": ("சேலை", "சாலை"),
    "Devanagari": ("कमल", "कमाल"),
    "Bengali": ("কাপড়", "কপড়"),
    "Arabic with vowels": ("كِتَاب", "كُتَاب"),
    "Hebrew with points": ("סֵפֶר", "סָפַר"),
    "dotted capital I": ("İnci", "inci"),
    "decomposed Latin": ("q\u0301at", "qat"),
    "kana": ("がく", "かく"),
}


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
def test_words_that_differ_in_a_mark_are_different_terms(words: tuple[str, str]):
    first, second = (title_terms(normalise_title(word)) for word in words)
    assert first != second
    assert "".join(dict.fromkeys("".join(first))).strip(), "no mark is lost"


LETTERS = st.characters(categories=["Ll", "Lo"], exclude_categories=["Cs"])
MARKS = st.characters(categories=["Mn", "Mc"], exclude_characters="\ufe0e\ufe0f")
SELECTOR = {chr(n) for n in [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]}
WORDS = st.lists(st.tuples(LETTERS, st.text(MARKS, max_size=2)), min_size=1, max_size=4).map(
    lambda parts: "".join(letter + marks for letter, marks in parts)
)


@settings(max_examples=500)
@given(WORDS, WORDS)
def test_words_are_the_same_terms_only_by_the_documented_folding(one: str, other: str):
    """Case, compatibility shapes and variation selectors: what is left must differ where the terms do."""

    def folded(word: str) -> str:
        lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())
        return "".join(char for char in lower if char not in SELECTOR)

    terms = [title_terms(normalise_title(word)) for word in (one, other)]
    same = folded(one) == folded(other)
    assert (terms[0] == terms[1]) == same


@settings(max_examples=300)
@given(WORDS, st.data())
def test_a_word_without_one_of_its_marks_is_another(word: str, data: st.DataObject):
    normal = normalise_title(word)
    marks = [i for i, char in enumerate(normal) if unicodedata.category(char) in ("Mn", "Mc") and char not in SELECTOR]
    if marks:
        at = data.draw(st.sampled_from(marks))
        assert title_terms(normal) != title_terms(normal[:at] + normal[at + 1 :])


def test_digits_of_other_scripts_stay_and_signs_are_left_out():
    assert title_terms(normalise_title("เบอร์ ๑๒ ٣ ²")) == [*title_terms(normalise_title("เบอร์")), "๑๒", "٣", "2"]
    assert title_terms(normalise_title("1️⃣ Kaos ❤️")) == ["1", "kaos"]


def test_unspaced_scripts_are_cut_between_letters_and_apart_from_others():
    assert title_terms("佐々木") == ["佐々", "々木"]
    assert title_terms("iphone手机壳") == ["iphone", "手机", "机壳"]
    assert title_terms(normalise_title("မြန်မာ")) == ["မြန်", "န်မာ"]
