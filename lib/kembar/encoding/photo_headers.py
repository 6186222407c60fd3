"""What a photo file says of itself, looked at before a decoder is let at it.

A file within all limits of size and pixels can still be made to cost: a JPEG of 300 KB that refines its picture in
thousands of scans, or a GIF whose comment is cut into millions of blocks, each an object in memory. Photos that
cameras and shops make are far from the limits here.
"""

from collections.abc import Iterator
from itertools import islice

_JPEG, _PNG, _GIF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF8"
_PNG_DEPTH = 24
"""Where a PNG says how many bits a channel has."""
MOST_SCANS = 100
"""Each scan of a progressive JPEG passes over the whole picture; encoders make about ten, a thumbnail as many again."""
MOST_PIECES = 16_384
"""Segments before a JPEG's picture, chunks of a PNG, blocks before a GIF's first frame."""


def header_fault(data: bytes) -> str | None:
    """Why the file would cost more than a photo may, or None."""
    if data.startswith(_JPEG) and data.count(b"\xff\xda") > MOST_SCANS:  # coded data never holds this pair of bytes
        return f"photo has more than {MOST_SCANS} scans"
    for begin, pieces in ((_JPEG, _segments), (_PNG, _chunks), (_GIF, _blocks)):
        if data.startswith(begin) and next(islice(pieces(data), MOST_PIECES, None), None) is not None:
            return f"photo has more than {MOST_PIECES} segments"
    return None


def grey_scale(data: bytes) -> float:
    """What turns a transparent colour of a PNG, which is told in the file's own depth, into 8 bits a channel.

    >>> grey_scale(b"")
    1.0
    """
    if not data.startswith(_PNG) or len(data) <= _PNG_DEPTH:
        return 1.0
    depth = data[_PNG_DEPTH]
    return {1: 255.0, 2: 85.0, 4: 17.0, 16: 1 / 256}.get(depth, 1.0)


def _segments(data: bytes) -> Iterator[int]:
    """Where each JPEG segment begins, up to the picture; also each byte that is filling or rubbish."""
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
    """Where each PNG chunk begins."""
    at = len(_PNG)
    while at + 8 <= len(data):
        yield at
        at += 12 + int.from_bytes(data[at : at + 4], "big")


def _blocks(data: bytes) -> Iterator[int]:
    """Where each block of a GIF's extensions begins, up to its first frame; also each byte of rubbish."""
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
