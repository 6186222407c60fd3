"""Rows of a catalogue's CSV, good and broken, each with a token by which it can be told what became of it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kembar.storage.csv_records import LONGEST_RECORD

Rng = np.random.Generator
Due = Literal["used", "quarantined", "either"]
HEADER = "posting_id,image,image_phash,title,label_group"
_HASH = "94974f937d4c2433"


@dataclass(frozen=True)
class Row:
    """kind: what is unusual about it; text: its line or lines of CSV, without the last line end."""

    token: str
    kind: str
    text: str
    due: Due


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _row(token: str, title: str = "Kaos Anak", image: str = "1.jpg", phash: str = _HASH) -> str:
    return f"{token},{image},{phash},{title},7"


_USED: dict[str, Callable[[str], str]] = {
    "plain": _row,
    "comma in quotes": lambda t: _row(t, '"Kaos, merah"'),
    "quotes in quotes": lambda t: _row(t, _quoted('Kaos "Anak", "L"')),
    "line break in quotes": lambda t: _row(t, '"Kaos\nukuran L\nmerah"'),
    "blank lines in quotes": lambda t: _row(t, '"Kaos\n\n\n"'),
    "stray quote": lambda t: _row(t, '24" monitor'),
    "quoted word first": lambda t: _row(t, '"Nike" shoes'),
    "right to left": lambda t: _row(t, "قميص אדום \u202eabc\u202c"),
    "combining marks": lambda t: _row(t, "e\u0301" * 40 + "Z" + "\u0336" * 200),
    "emoji and scripts": lambda t: _row(t, "🔥เสื้อ 衬衫 áo 👨‍👩‍👧"),
    "formula as a title": lambda t: _row(t, _quoted("=cmd|' /C calc'!A0")),
    "tabs and control characters": lambda t: _row(t, "\tKaos\x01\x1b[31m\x7f"),
    "NUL in the title": lambda t: _row(t, "Ka\0os"),
    "long title": lambda t: _row(t, "kaos " * 20_000),
    "spaces around": lambda t: _row(f"  {t}\t", "  Kaos  "),
    "no photo": lambda t: _row(t, image="", phash=""),
    "no title": lambda t: _row(t, title=""),
    "id with a comma": lambda t: _row(f'"{t},b"'),
    "id with quotes": lambda t: _row(_quoted(f'{t}"b"')),
    "id with a minus": lambda t: _row(f"-{t}"),
    "hash in capitals": lambda t: _row(t, phash=_HASH.upper()),
    "hash of another length": lambda t: _row(t, phash="12345"),
    "hash of 64 digits": lambda t: _row(t, phash=_HASH * 4),
    "hash of other letters": lambda t: _row(t, phash="94974f937d4c243g"),
    "hash missing by a word": lambda t: _row(t, phash="NULL"),
    "label missing by a word": lambda t: f"{t},1.jpg,,Kaos,nan",
    "label too long": lambda t: f"{t},1.jpg,,Kaos,{'x' * 300}",
    "title missing by a word": lambda t: _row(t, "N/A"),
    "photo missing by a word": lambda t: _row(t, image="\\N"),
    "photo name too long": lambda t: _row(t, image="a/" * 600),
    "Thai, Lao, Khmer and Burmese": lambda t: _row(t, "เสื้อ ເສື້ອ កម្ពុជា မြန်မာ"),
    "Indian scripts": lambda t: _row(t, "சேலை कपड़ा কাপড় కాగితం"),
    "Arabic and Hebrew with vowels": lambda t: _row(t, "كِتَاب סֵפֶר"),
    "a title that ends in a backslash": lambda t: _row(t, _quoted("Disc C:\\")),
}
_QUARANTINED: dict[str, Callable[[str], str]] = {
    "too few fields": lambda t: f"{t},1.jpg",
    "too many fields": lambda t: _row(t, "Kaos, merah, L"),
    "far too many fields": lambda t: t + "," * 5000,
    "quote never closed": lambda t: _row(t, '"Kaos'),
    "quote closed in the next column": lambda t: f'{t},"1.jpg,{_HASH},Kaos"",7',
    "record too long": lambda t: _row(t, "k" * LONGEST_RECORD),
    "quoted record too long": lambda t: _row(t, _quoted(("kaos " * 2000 + "\n") * (LONGEST_RECORD // 10_000))),
    "unreadable bytes": lambda t: _row(t, "G\udce4u B\udcff"),
    "cut within a character": lambda t: _row(t, "Kaos \udcf0\udc9f\udc94"),
    "a surrogate's bytes": lambda t: _row(t, "Kaos \udced\udca0\udc80"),
    "neither photo nor title by words": lambda t: f"{t},None,{_HASH},-,7",
    "photo name too long and no title": lambda t: _row(t, "", image="a/" * 600),
    "id missing by a word": lambda t: _row("null", t),
    "neither photo nor title": lambda t: f"{t},,{_HASH},,7",
    "white space alone": lambda t: f'{t}, ,,"\n\t",7',
    "id with a space": lambda t: _row(f"{t} b"),
    "id with a no-break space": lambda t: _row(f"{t}\u00a0b"),
    "id with a line break": lambda t: _row(f'"{t}\nb"'),
    "id with an invisible character": lambda t: _row(f"{t}\u200bb"),
    "id turned right to left": lambda t: _row(f"{t}\u202eb"),
    "id with NUL": lambda t: _row(f"{t}\0b"),
    "id with unreadable bytes": lambda t: _row(f"{t}\udcff"),
    "id too long": lambda t: _row(t + "x" * 300),
    "id is a formula": lambda t: _row(_quoted(f"=HYPERLINK({t})")),
    "id is a formula elsewhere": lambda t: _row(_quoted(f"a;@SUM({t})")),
    "no id": lambda t: _row("", t),
}


def _changed(token: str, rng: Rng) -> str:
    """A good row of which some characters behind the id are others."""
    kinds = [kind for kind in _USED if kind != "long title"]
    whole = _USED[kinds[rng.integers(len(kinds))]](token)
    text, behind = list(whole), whole.index(token) + len(token)
    for _ in range(int(rng.integers(1, 6))):
        text[rng.integers(behind, len(text))] = "\",\r\n\0;\t\\'a\udcff\u2028"[rng.integers(12)]
    return "".join(text)


def draw_row(number: int, rng: Rng, earlier: str) -> Row:
    """A row by its number; earlier: the id of a good row, for one that comes again."""
    token, turn = f"id-{number:07d}", rng.random()
    if turn < 0.4:
        kind = list(_USED)[rng.integers(len(_USED))]
        return Row(token, kind, _USED[kind](token), "used")
    if turn < 0.75:
        kind = list(_QUARANTINED)[rng.integers(len(_QUARANTINED))]
        return Row(token, kind, _QUARANTINED[kind](token), "quarantined")
    if turn < 0.8:
        return Row(token, "id seen before", _row(earlier, token), "quarantined")
    return Row(token, "characters changed", _changed(token, rng), "either")


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda text: text.encode("utf-8", "surrogateescape"),
    "with a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode("utf-8", "surrogateescape"),
    "with Windows line ends": lambda text: text.replace("\n", "\r\n").encode("utf-8", "surrogateescape"),
    "in UTF-16": lambda text: text.encode("utf-16", "surrogatepass"),
    "without a last line end": lambda text: text.rstrip("\n").encode("utf-8", "surrogateescape"),
    "packed": lambda text: gzip.compress(text.encode("utf-8", "surrogateescape"), 1),
}


def draw_file(first: int, count: int, encoding: str, rng: Rng) -> tuple[bytes, list[Row]]:
    """A CSV of so many rows, the first of which is good, and the rows."""
    rows = [Row(f"id-{first:07d}", "plain", _row(f"id-{first:07d}"), "used")]
    rows += [draw_row(first + n, rng, rows[0].token) for n in range(1, count)]
    return ENCODINGS[encoding]("\n".join([HEADER, *(row.text for row in rows)]) + "\n"), rows
