"""What a listing consists of, in one word: its fingerprint changes when its title, its hash or its photo does.

A photo is told by its size and the time of its last change, as file systems and stores of objects tell them without
reading it: to read every photo of a catalogue takes as long as a good part of encoding it. Copies of a photo with a new
time are encoded again, which costs time and no more.
"""

import hashlib
import json
import posixpath
from collections.abc import Iterator

import pyarrow as pa

from kembar.photos import PhotoError, check_photo_name, open_folder

ENCODING = 1
"""Raised when kembar makes other codes, terms or failures of the same listing and bundle than before."""
_READ = ("title", "image", "image_phash")


def photo_states(images: str, names: list[str | None]) -> list[str]:
    """Size and time of change of each photo of a folder, in order; "absent" for one that is not there."""
    filesystem, root = open_folder(images)
    wanted = sorted({name for name in names if name and _stays_inside(name)})
    found = filesystem.get_file_info([posixpath.join(root, name) for name in wanted]) if wanted else []
    state = {name: f"{info.size} {info.mtime_ns}" for name, info in zip(wanted, found, strict=True) if info.is_file}
    return [state.get(name, "absent") if name else "" for name in names]


def _stays_inside(name: str) -> bool:
    try:
        return bool(check_photo_name(name))
    except PhotoError:
        return False


def content_of(title: str | None, image: str | None, phash: str | None, photo: str) -> str:
    """Fingerprint of a listing's content: 32 hexadecimal digits.

    >>> content_of("Kaos", "a.jpg", None, "10 1") == content_of("Kaos", "a.jpg", None, "10 2")
    False
    """
    text = json.dumps([ENCODING, title, image, phash, photo])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def add_contents(images: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of LISTINGS with their `content` behind them; the photos are in the folder `images`."""
    for batch in batches:
        told = [batch[name].to_pylist() for name in _READ]
        photos = photo_states(images, told[1])
        contents = pa.array([content_of(*each) for each in zip(*told, photos, strict=True)], pa.string())
        yield pa.RecordBatch.from_arrays([*batch.columns, contents], [*batch.schema.names, "content"])
