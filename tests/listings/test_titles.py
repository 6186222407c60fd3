"""Titles as sellers write them become one normal form."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.listings.titles import LONGEST_TITLE, normalise_title, title_terms


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


LETTERS = st.characters(categories=["Ll", "Lo"])
MARKS = st.characters(categories=["Mn", "Mc"], exclude_characters="\ufe0e\ufe0f")
SELECTOR = {chr(n) for n in [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]}
WORDS = st.lists(st.tuples(LETTERS, st.text(MARKS, max_size=2)), min_size=1, max_size=4).map(
    lambda parts: "".join(letter + marks for letter, marks in parts)
)


@settings(max_examples=300)
@given(WORDS, st.data())
def test_a_word_without_one_of_its_marks_is_another(word: str, data: st.DataObject):
    """A mark that stands alone, as behind a letter that normalisation parts from it, belongs to no word."""
    normal = normalise_title(word)
    alone = re.compile(r"(?:^|\s)\W+").fullmatch
    marks = [
        i
        for i, char in enumerate(normal)
        if unicodedata.category(char) in ("Mn", "Mc") and char not in SELECTOR
        if not alone(f" {normal[: i + 1].rpartition(' ')[2]}")
    ]
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


_SCRIPTS = st.characters(categories=["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc"], include_characters="\u200c\u200d\u00ad")
_JOINERS = "\u200b\u200c\u200d\u2060\u00ad"


def folded(word: str) -> list[list[str]]:
    """What is left of a word of letters and marks by the folding that `title_terms` documents: letters with marks."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())
    words: list[list[str]] = [[]]
    for char in text:
        kind = unicodedata.category(char)
        if char in _JOINERS or "VARIATION SELECTOR" in unicodedata.name(char, ""):
            continue
        if kind[0] == "L":
            words[-1].append(char)
        elif kind in ("Mn", "Mc"):
            words[-1][-1:] = [last + char for last in words[-1][-1:]]
        else:
            words.append([])
    return [letters for letters in words if letters]


@settings(max_examples=600)
@given(st.text(_SCRIPTS, min_size=1, max_size=8), st.integers(0, 8), st.text(_SCRIPTS, max_size=1), st.booleans())
def test_words_that_unicode_tells_apart_become_different_terms(word: str, at: int, other: str, put: bool):
    """Of every script: one letter or mark more, less or another is another word, but for the documented folding."""
    changed = word[:at] + other + word[at if put else at + 1 :]
    same = title_terms(normalise_title(word)) == title_terms(normalise_title(changed))
    assert same == (folded(word) == folded(changed))


def test_every_mark_of_unicode_makes_another_word():
    marks = [chr(point) for point in range(sys.maxunicode + 1) if unicodedata.category(chr(point)) in ("Mn", "Mc")]
    assert len(marks) > 2000
    for base in ("a", "\u0e01"):
        without = title_terms(normalise_title(base * 2))
        merged = {m for m in marks if title_terms(normalise_title(f"{base}{m}{base}")) == without}
        assert {m for m in merged if "VARIATION SELECTOR" not in unicodedata.name(m)} == set()


def test_what_is_one_word_in_unicode_is_one_word_here():
    for one, other in (("か\u3099", "が"), ("ｶﾞ", "ガ"), ("Gấu", unicodedata.normalize("NFD", "gấu")), ("İ", "i\u0307")):
        assert title_terms(normalise_title(one)) == title_terms(normalise_title(other))


def test_scripts_without_spaces_are_cut_between_letters_and_never_before_a_mark():
    for word in ("เสื้อผ้า", "ເສື້ອຜ້າ", "សម្លៀកបំពាក់", "အင်္ကျီ", "ᦀᦱᧈᦑ", "𠀀𠀁𠀂"):
        terms = title_terms(normalise_title(word))
        assert len(terms) > 1
        assert not any(unicodedata.category(term[0]).startswith("M") for term in terms)
    assert title_terms(normalise_title("한국어 셔츠")) == ["한국어", "셔츠"]


def test_digits_of_other_scripts_are_numbers_of_their_own():
    assert title_terms(normalise_title("ขนาด ๒๕๐ml")) != title_terms(normalise_title("ขนาด 250ml"))
    assert title_terms(normalise_title("٣,٥ قطع"))[0] == "٣.٥"
    assert title_terms(normalise_title("x² ５kg")) == ["x", "2", "5", "kg"]


def test_a_title_of_plain_letters_is_read_alike_beside_any_other():
    """ASCII titles have a shorter way, which must lead to the same terms."""
    plain = normalise_title("Kaos Pria's 24\" A-12 1,5L 50% O'Neill's e+f")
    assert title_terms(f"{plain} é")[:-1] == title_terms(plain)
