"""Catalogues as Parquet of every type, whole and damaged, and files that are no catalogue at all."""

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fuzz.rows import HEADER

Rng = np.random.Generator
_ROWS = 40
_TEXTS = [f"Kaos {n}" for n in range(_ROWS)]
_COLUMNS = ("posting_id", "image", "image_phash", "title", "label_group")


@dataclass(frozen=True)
class FileCase:
    """A file by its name and bytes.

    due: rows as many as `rows`, used or quarantined; or all used; or an error; or either.
    """

    kind: str
    name: str
    data: bytes
    due: Literal["rows", "used", "error", "either"]
    rows: int = 0


def _column(kind: str, rng: Rng) -> pa.Array:
    numbers = pa.array(rng.integers(0, 100, _ROWS))
    bytes_ = [rng.integers(0, 256, 6, dtype=np.uint8).tobytes() for _ in range(_ROWS)]
    made = {
        "text": pa.array(_TEXTS),
        "text with nulls": pa.array([None if n % 3 else text for n, text in enumerate(_TEXTS)]),
        "large text": pa.array(_TEXTS, pa.large_string()),
        "dictionary": pa.array(_TEXTS).dictionary_encode(),
        "whole numbers": numbers,
        "small numbers": numbers.cast(pa.int8()),
        "unsigned numbers": numbers.cast(pa.uint64()),
        "text views": pa.array(_TEXTS, pa.string_view()),
        "large bytes": pa.array(bytes_, pa.large_binary()),
        "dictionary of large text": pa.array(_TEXTS, pa.large_string()).dictionary_encode(),
        "floats without a value": pa.array([np.nan] * _ROWS),
        "decimal whole numbers": numbers.cast(pa.decimal128(38, 0)),
        "binary": pa.array(bytes_),
        "nothing": pa.nulls(_ROWS),
        "one of a million characters": pa.array(["k" * 1_000_000, *_TEXTS[1:]]),
        "floats": numbers.cast(pa.float64()),
        "lists": pa.array([[text] for text in _TEXTS]),
        "structs": pa.array([{"text": text} for text in _TEXTS]),
        "flags": pa.array([n % 2 == 0 for n in range(_ROWS)]),
        "dates": numbers.cast(pa.int32()).cast(pa.date32()),
        "fractions": numbers.cast(pa.decimal128(30, 2)),
        "bytes of one length": pa.array([b"abcdefgh"] * _ROWS, pa.binary(8)),
    }
    return made[kind]


_TEXTUAL = (
    "text", "text with nulls", "large text", "dictionary", "whole numbers", "small numbers", "unsigned numbers",
    "decimal whole numbers", "binary", "nothing", "text views", "large bytes",
    "dictionary of large text", "floats without a value", "one of a million characters",
)  # fmt: skip
_FOREIGN = ("floats", "lists", "structs", "flags", "dates", "fractions", "bytes of one length")


def as_parquet(table: pa.Table, codec: str = "snappy") -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=15, compression=codec)
    return buffer.getvalue()


def plain_table() -> pa.Table:
    ids, images = [f"p{n}" for n in range(_ROWS)], [f"{n}.jpg" for n in range(_ROWS)]
    columns = (ids, images, ["94974f937d4c2433"] * _ROWS, _TEXTS, ["7"] * _ROWS)
    return pa.table(dict(zip(_COLUMNS, columns, strict=True)))


def draw_typed(number: int, rng: Rng) -> FileCase:
    """A table of which one to three columns are of other types."""
    table, foreign = plain_table(), False
    for name in rng.choice(_COLUMNS, int(rng.integers(1, 4)), replace=False):
        kinds = (*_TEXTUAL, *_FOREIGN)
        kind = kinds[rng.integers(len(kinds))]
        label = name == "label_group" and kind in ("floats", "fractions")
        foreign = foreign or (kind in _FOREIGN and not label)
        table = table.set_column(table.schema.get_field_index(name), name, _column(kind, rng))
    due = "error" if foreign else "rows"
    return FileCase(
        f"Parquet of {'foreign' if foreign else 'other'} types", f"{number}.parquet", as_parquet(table), due, _ROWS
    )


def draw_damaged(number: int, rng: Rng) -> FileCase:
    """A whole Parquet file that was cut short or in which bytes were changed."""
    data = bytearray(as_parquet(plain_table()))
    if rng.random() < 0.3:
        return FileCase("Parquet cut short", f"{number}.parquet", bytes(data[: rng.integers(len(data))]), "error")
    for _ in range(int(rng.integers(1, 12))):
        data[rng.integers(len(data))] = rng.integers(256)
    return FileCase("Parquet with bytes changed", f"{number}.parquet", bytes(data), "either", _ROWS)


_ENCODED = {
    "gbk": "连衣裙夏季新款女装",
    "big5": "運動鞋 白色 男",
    "shift_jis": "スニーカー 白",
    "euc_kr": "운동화 흰색",
    "cp1252": "Crème brûlée",
    "cp1251": "Кроссовки белые",
    "cp874": "เสื้อยืด",
}


def _in_encoding(name: str, title: str) -> bytes:
    """A catalogue whose titles are in an encoding that its file does not name."""
    return (f"{HEADER}\n" + "".join(f"e{n},{n}.jpg,,{title} {n},1\n" for n in range(_ROWS))).encode(name)


def readable_files() -> list[FileCase]:
    """Files written in other ways than CSV's own, of which every row can be used."""
    rows = [[f"r{n}", f"{n}.jpg", "", f'Rak {n}" kayu, "baru"', "1"] for n in range(_ROWS)]

    def written(**how: Any) -> bytes:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n", **how).writerows([HEADER.split(","), *rows])
        return text.getvalue().encode()

    escaped = {"doublequote": False, "escapechar": "\\"}
    made = {
        "separated by semicolons": written(delimiter=";"),
        "separated by tabs": written(delimiter="\t"),
        "separated by bars": written(delimiter="|"),
        "quotes escaped by a backslash": written(**escaped),
        "all quoted and quotes escaped by a backslash": written(quoting=csv.QUOTE_ALL, **escaped),
        "separated by semicolons, quotes escaped by a backslash": written(delimiter=";", **escaped),
        "UTF-16": written().decode().encode("utf-16"),
        "UTF-32": written().decode().encode("utf-32"),
        "UTF-8 with its mark": written().decode().encode("utf-8-sig"),
    }
    return [FileCase(kind, "a.csv", data, "used", _ROWS) for kind, data in made.items()]


def hopeless_files(rng: Rng) -> list[FileCase]:
    """Files that are no catalogue, or of which nobody knows how much is missing."""
    noise = rng.integers(0, 256, 60_000, dtype=np.uint8).tobytes()
    body = f"{HEADER}\n" + "".join(f"z{n},{n}.jpg,,{noise[n : n + 9].hex()},1\n" for n in range(50_000))
    packed, whole = gzip.compress(body.encode()), as_parquet(plain_table())
    twice = plain_table().rename_columns(["posting_id", "image", "image_phash", "Title", "TITLE"])
    without = as_parquet(plain_table().drop_columns(["title"]))
    made = {
        "empty file": ("a.csv", b""),
        "blank lines": ("a.csv", b"\n\n\r\n"),
        "wrong header": ("a.csv", b"id,picture,name\n1,2,3\n"),
        "a column named twice": ("a.csv", b"posting_id,title,title,image\n1,2,3,4\n"),
        "separated by colons": ("a.csv", HEADER.replace(",", ":").encode() + b"\n1:2:3:4:5\n"),
        "separated by spaces": ("a.csv", HEADER.replace(",", " ").encode() + b"\n1 2 3 4 5\n"),
        "UTF-16 without its mark": ("a.csv", f"{HEADER}\n1,2,3,4,5\n".encode("utf-16-le")),
        "UTF-16 of the other order without its mark": ("a.csv", f"{HEADER}\n1,2,3,4,5\n".encode("utf-16-be")),
        "UTF-32 without its mark": ("a.csv", f"{HEADER}\n1,2,3,4,5\n".encode("utf-32-le")),
        "EBCDIC": ("a.csv", f"{HEADER}\n1,2,3,4,5\n".encode("cp037")),
        **{f"titles in {name}": ("a.csv", _in_encoding(name, title)) for name, title in _ENCODED.items()},
        "header in a quote that never closes": ("a.csv", b'"' + f"{HEADER}\n1,2,3,4,5\n".encode()),
        "no header but a row": ("a.csv", b"a,1.jpg,,Kaos,1\n"),
        "noise": ("a.csv", noise),
        "a header of a million names": ("a.csv", b"x," * 1_000_000 + b"\n1\n"),
        "a header without end": ("a.csv", b"x" * 3_000_000),
        "a photo named as CSV": ("a.csv", b"\xff\xd8\xff\xe0" + noise),
        "gzip named as CSV": ("a.csv", packed),
        "CSV named as gzip": ("a.csv.gz", body.encode()),
        "gzip cut short": ("a.csv.gz", packed[: len(packed) // 2]),
        "gzip changed": ("a.csv.gz", packed[:90_000] + bytes(64) + packed[90_064:]),
        "empty Parquet": ("a.parquet", b""),
        "Parquet without a title": ("a.parquet", without),
        "two columns that could be the title": ("a.parquet", as_parquet(twice)),
        "a codec that is not there": ("a.parquet", as_lzo(plain_table())),
        "encrypted Parquet": ("a.parquet", b"PARE" + whole[4:-4] + b"PARE"),
        "an Excel workbook": ("a.csv", zipped("xl/workbook.xml", b"<workbook/>")),
        "an OpenDocument spreadsheet": ("a.csv", zipped("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")),
        "a zip file": ("a.csv", zipped("a.csv", body[:1000].encode())),
        "lines of JSON": ("a.jsonl", b'{"posting_id": "1", "image": "1.jpg", "title": "Kaos"}\n'),
        "ORC": ("a.orc", b"ORC" + noise),
        "Avro": ("a.avro", b"Obj\x01" + noise),
        "a text about the catalogue": ("README", b"Exported yesterday, by hand.\n" * 200),
    }
    return [FileCase(kind, name, data, "error") for kind, (name, data) in made.items()]


def as_lzo(table: pa.Table) -> bytes:
    """A file whose footer says that its titles are compressed by LZO, which Arrow does not know."""
    return as_parquet(table, "gzip").replace(b"title\x15\x04", b"title\x15\x06")


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(name, data)
    return buffer.getvalue()


def foreign_writers() -> list[FileCase]:
    """Catalogues under other names, by other codecs, and with columns under other names."""
    table = plain_table()
    body = (HEADER + "\n" + "".join(f"z{n},{n}.jpg,,Kaos,1\n" for n in range(_ROWS))).encode()
    labels = pa.array([np.nan, np.inf, -np.inf, 1.5, *range(_ROWS - 4)])
    at = table.schema.get_field_index("label_group")
    made = {
        "Parquet named as CSV": ("a.csv", as_parquet(table)),
        "Parquet without an extension": ("000000_0", as_parquet(table)),
        "CSV named as Parquet": ("a.parquet", body),
        "CSV without an extension": ("listings", body),
        "packed CSV": ("a.csv.gz", gzip.compress(body)),
        "numbers that are none for labels": ("a.pq", as_parquet(table.set_column(at, "label_group", labels))),
        "a column beside its name in capitals": ("a.pq", as_parquet(table.append_column("Title", pa.nulls(_ROWS)))),
        "columns in capitals": ("a.pq", as_parquet(table.rename_columns([name.upper() for name in _COLUMNS]))),
        **{
            f"Parquet by {codec}": ("a.pq", as_parquet(table, codec))
            for codec in ("none", "gzip", "zstd", "lz4", "brotli")
        },
    }
    return [FileCase(kind, name, data, "rows", _ROWS) for kind, (name, data) in made.items()]


def write_foreign_folder(folder: Path) -> None:
    """A folder of Parquet files with a text file among them."""
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(as_parquet(plain_table()))
    (folder / "README.txt").write_text("exported yesterday\n")
