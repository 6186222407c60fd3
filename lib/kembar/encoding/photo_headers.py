"""Checks the header of a photo file before a decoder reads it.

A file within the limits of bytes and pixels can still be expensive: a JPEG of 300 KB with thousands of scans, or a GIF
with a comment of millions of blocks, each an object in memory. The photos of cameras and shops are far below the
limits here.
"""

from collections.abc import Iterator
from itertools import islice

_JPEG, _PNG, _GIF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF8"
_PNG_DEPTH = 24
"""The byte of a PNG with the bits of a channel."""
MOST_SCANS = 100
"""The most scans of a JPEG. Each passes over the whole picture. Encoders make about ten, and ten for a thumbnail."""
MOST_PIECES = 16_384
"""The most segments before the picture of a JPEG, chunks of a PNG, or blocks before the first frame of a GIF."""


def header_fault(data: bytes) -> str | None:
    """Why the file would be too expensive to decode, or None."""
    if data.startswith(_JPEG) and data.count(b"\xff\xda") > MOST_SCANS:  # coded data never has this pair of bytes
        return f"photo has more than {MOST_SCANS} scans"
    for begin, pieces in ((_JPEG, _segments), (_PNG, _chunks), (_GIF, _blocks)):
        if data.startswith(begin) and next(islice(pieces(data), MOST_PIECES, None), None) is not None:
            return f"photo has more than {MOST_PIECES} segments"
    return None


def grey_scale(data: bytes) -> float:
    """The factor that scales the transparent colour of a PNG from the depth of the file to 8 bits a channel.

    >>> grey_scale(b"")
    1.0
    """
    if not data.startswith(_PNG) or len(data) <= _PNG_DEPTH:
        return 1.0
    depth = data[_PNG_DEPTH]
    return {1: 255.0, 2: 85.0, 4: 17.0, 16: 1 / 256}.get(depth, 1.0)


def _segments(data: bytes) -> Iterator[int]:
    """The position of each JPEG segment before the picture, and of each byte of padding or garbage."""
    at = 2
    while at + 4 <= len(data) and data[at : at + 2] != b"\xff\xda":
        yield at
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xFF:
            at += 1
        elif marker < 2 or 0xD0 <= marker <= 0xD9:  # markers without a length
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _chunks(data: bytes) -> Iterator[int]:
    """The position of each PNG chunk."""
    at = len(_PNG)
    while at + 8 <= len(data):
        yield at
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _blocks(data: bytes) -> Iterator[int]:
    """The position of each extension block before the first frame of a GIF, and of each byte of garbage."""
    flags = data[10] if len(data) > 10 else 0
    at = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    while at < len(data) and data[at : at + 1] not in (b",", b";"):
        yield at
        if data[at : at + 1] != b"!":
            at += 1
            continue
        at += 2
        while at < len(data) and data[at]:
            yield at
            at += data[at] + 1
        at += 1
