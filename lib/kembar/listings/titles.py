"""Makes the titles of sellers comparable: a normal form for the encoder, and terms for lexical distances.

Sellers write titles to be noticed, with capitals, stars, emoji, brackets and full-width letters. Some exports print
bytes (``b"...\\xe2\\x9c\\x94"``). None of this says which product is sold.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable
from itertools import chain, pairwise


def _ranges(points: Iterable[int]) -> str:
    """Sorted code points as ranges for a character class of a regular expression."""
    spans: list[list[int]] = []
    for point in points:
        if spans and point == spans[-1][1] + 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in spans)


# All marks are in these ranges. A search of all of Unicode would take ten times as long at every start.
_MARKED_PLANES = chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0d\U000e0100-\U000e01ef"
"""Variation selectors, which choose among the shapes of one letter. Those of emoji are not here: `_keep` drops them."""
_MARK = "[{}]".format(
    _ranges(
        point
        for point in _MARKED_PLANES
        if unicodedata.category(chr(point)) in ("Mn", "Mc") and not re.match(f"[{_SELECTORS}\ufe0e\ufe0f]", chr(point))
    )
)
# Scripts without spaces between words. A whole run would be a "word" that no other title repeats.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u1950-\u19df\u1a20-\u1aaf\uaa80-\uaadf"  # Tai Le, New Tai Lue, Tai Tham, Tai Viet
    "\u1b00-\u1b7f\ua980-\ua9df"  # Balinese, Javanese
    "\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\U0001b000-\U0001b16f"  # kana, Bopomofo
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_BYTES_LITERAL = re.compile(r"""^b(["']{1,2})(.*?)\1?$""", re.DOTALL)
_ESCAPED_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
_LETTER = r"[^\W\d_]"
# Letters with their marks (such as vowels of Thai, Devanagari and Arabic), and digits with inner separators.
_TERM = re.compile(rf"\d+(?:[.,]\d+)*|{_LETTER}(?:{_LETTER}|{_MARK})*(?:'{_LETTER}(?:{_LETTER}|{_MARK})*)*")
_PLAIN_TERM = re.compile(rf"\d+(?:[.,]\d+)*|{_LETTER}+(?:'{_LETTER}+)*")
_IGNORED = re.compile(f"[{_SELECTORS}]")
# A letter of an unspaced script with its marks. Readers see one character.
_CLUSTER = re.compile(f"(?!{_MARK})[{_UNSPACED}]{_MARK}*")
_MARKED_LETTER = re.compile(f"{_LETTER}{_MARK}+")
_RUN = re.compile(f"(?:{_CLUSTER.pattern})+|(?:(?!{_CLUSTER.pattern}).)+")
LONGEST_TITLE = 1000
"""The number of characters of a title that are read. The rest is ignored."""


def _decode_escapes(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match.group().replace("\\x", ""))
    return raw.decode("utf-8", errors="ignore")


def undo_byte_escapes(title: str) -> str:
    """Read a title that an export wrote as a Python bytes literal.

    >>> undo_byte_escapes('b"READY \\\\xe2\\\\x9c\\\\x94 Kaos"')
    'READY ✔ Kaos'
    """
    literal = _BYTES_LITERAL.match(title.strip())
    inner = literal.group(2) if literal else title
    return _ESCAPED_BYTES.sub(_decode_escapes, inner)


def _keep(char: str) -> str:
    """Keep letters, marks, digits, apostrophes and separators, drop joiners, and replace the rest by a space."""
    if char in ".,'%+/&-" or unicodedata.category(char)[0] in "LMN":
        return char
    return "" if char in "\u200b\u200c\u200d\u2060\ufe0e\ufe0f\u00ad" else " "


def normalise_title(title: str | None) -> str:
    """Return a title in NFKC and lower case without decoration. It is empty if nothing readable is left.

    Lower case alone is worth 6 points of F1 to the sentence encoder, which was trained on running text and reads
    CAPITALS as other words.

    >>> normalise_title("★ＢＥＳＴ★ Kaos  Anak!!")
    'best kaos anak'
    """
    if not title:
        return ""
    text = unicodedata.normalize("NFKC", undo_byte_escapes(title[:LONGEST_TITLE])).lower()
    text = unicodedata.normalize("NFKC", text)  # lower case may give pairs that compose
    text = " ".join("".join(map(_keep, text)).split())
    return text if _TERM.search(text) else ""


def _split_unspaced(run: str) -> list[str]:
    """Overlapping pairs of letters with their marks, usual index terms for Chinese, Japanese and Thai."""
    letters = _CLUSTER.findall(run)
    return ["".join(pair) for pair in pairwise(letters)] or [run]


def _split_word(word: str) -> list[str]:
    """The parts of a word. Runs of unspaced scripts become pairs of letters."""
    runs = [run for found in _RUN.findall(word) if (run := found.strip("'"))]
    return [term for run in runs for term in (_split_unspaced(run) if _CLUSTER.match(run) else [run])]


def title_terms(normal: str) -> list[str]:
    """Split a normalised title into lexical terms, in order. A number and its unit are two terms.

    Variation selectors, marks on no letter and enclosing marks are left out. Apart from that, and from what
    `normalise_title` unifies, words that differ in Unicode become different terms. Digits of other scripts are kept.

    >>> title_terms("susu 250gr isi 4,5 l")
    ['susu', '250', 'gr', 'isi', '4.5', 'l']
    >>> title_terms("เสื้อ")
    ['เสื้', 'สื้อ']
    """
    if normal.isascii():
        found = _PLAIN_TERM.findall(normal)
        return [term.replace(",", ".") if term[0].isdigit() else term for term in found]
    terms: list[str] = []
    for term in _TERM.findall(_IGNORED.sub("", normal)):
        if term[0].isdecimal():
            terms.append(term.replace(",", "."))
        else:
            terms.extend(_split_word(term))
    return terms


def join_clusters(text: str) -> str:
    """Replace each letter with its marks by one private character.

    Readers see one character there. In character n-grams, two letters that differ in their marks then differ wholly.

    >>> len(join_clusters("เสื้อ")), join_clusters("kaos 3/4") == "kaos 3/4"
    (3, True)
    """
    return text if text.isascii() else _MARKED_LETTER.sub(_stand_in, text)


def _stand_in(match: re.Match[str]) -> str:
    return chr(0xF0000 + zlib.crc32(match.group().encode("utf-8", "surrogatepass")) % 0xFFFE)
