"""The fingerprint of a listing's title, hash and photo, which changes when one of them does.

A photo is told by its size and the time of its last change, as file systems and stores of objects tell them without
reading it: to read every photo of a catalogue takes as long as a good part of encoding it. Copies of a photo with a new
time are encoded again, which costs time and no more.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator

import pyarrow as pa

from kembar.encoding.photo_folder import ABSENT, UNKNOWN, PhotoFolder

_READ = ("title", "image", "image_phash")


def content_of(title: str | None, image: str | None, phash: str | None, photo: str) -> str:
    """Fingerprint of a listing's content: 32 hexadecimal digits.

    >>> content_of("Kaos", "a.jpg", None, "10 1") == content_of("Kaos", "a.jpg", None, "10 2")
    False
    """
    if photo == UNKNOWN:  # it may have changed or not: equal to nothing, so that the next run looks again
        photo = uuid.uuid4().hex
    text = json.dumps([title, image, phash, photo])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def add_contents(photos: PhotoFolder, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of LISTINGS with `content` and `photo_absent` behind them: whether no file has the photo's name."""
    for batch in batches:
        told = [batch[name].to_pylist() for name in _READ]
        states = photos.states(told[1])
        contents = pa.array([content_of(*each) for each in zip(*told, states, strict=True)], pa.string())
        absent = pa.array([state == ABSENT for state in states], pa.bool_())
        names = [*batch.schema.names, "content", "photo_absent"]
        yield pa.RecordBatch.from_arrays([*batch.columns, contents, absent], names)
