"""The fingerprint of a listing's content, which changes when its title, hash, image name or photo changes.

A photo is represented by its size and the time of its last change, because reading all photos takes about as long as a
large part of encoding them. A copy of a photo with a new time is encoded again, which only costs time.
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

    Args:
        title: The title.
        image: The name of the photo.
        phash: The perceptual hash.
        photo: The state of the photo, from `PhotoFolder.states`.

    >>> content_of("Kaos", "a.jpg", None, "10 1") == content_of("Kaos", "a.jpg", None, "10 2")
    False
    """
    if photo == UNKNOWN:  # equal to nothing, so that the next run looks again
        photo = uuid.uuid4().hex
    text = json.dumps([title, image, phash, photo])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def add_contents(photos: PhotoFolder, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Append `content` and `photo_absent` (whether no file has the name of the photo) to batches of LISTINGS."""
    for batch in batches:
        told = [batch[name].to_pylist() for name in _READ]
        states = photos.states(told[1])
        contents = pa.array([content_of(*each) for each in zip(*told, states, strict=True)], pa.string())
        absent = pa.array([state == ABSENT for state in states], pa.bool_())
        names = [*batch.schema.names, "content", "photo_absent"]
        yield pa.RecordBatch.from_arrays([*batch.columns, contents, absent], names)
