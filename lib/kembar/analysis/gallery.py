"""Listings by photo and title, as a notebook shows them: thumbnails inline, whatever a seller wrote escaped."""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from PIL import Image

from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError, decode_photo

_PX, _QUALITY = 128, 80
_MOST_BYTES, _MOST_PIXELS = 33_554_432, 50_000_000
_STYLE = (
    "<style>.kembar-row{display:flex;flex-wrap:wrap;gap:10px;margin:2px 0 14px}"
    ".kembar-card{width:132px;font:11px/1.35 sans-serif;overflow-wrap:anywhere}"
    ".kembar-card img,.kembar-card .none{width:132px;height:132px;border-radius:4px;display:block;margin-bottom:3px}"
    ".kembar-card .none{background:#eef1f4;color:#56616b;display:flex;align-items:center;justify-content:center;"
    "text-align:center}.kembar-card b{font-weight:600;font-size:10px;opacity:.7}"
    ".kembar-caption{font:600 12px/1.5 sans-serif}</style>"
)


@dataclass(frozen=True)
class Card:
    """A listing; thumbnail: JPEG bytes, or why there is none."""

    posting_id: str
    title: str
    thumbnail: bytes | str

    def html(self) -> str:
        """
        >>> "<script>" in Card("a", "<script>alert(1)</script>", "no photo").html()
        False
        """
        if isinstance(self.thumbnail, str):
            picture = f'<div class="none">{escape(self.thumbnail)}</div>'
        else:
            data = base64.b64encode(self.thumbnail).decode()
            picture = f'<img alt="{escape(self.title)}" src="data:image/jpeg;base64,{data}">'
        words = f"<b>{escape(self.posting_id)}</b><br>{escape(self.title)}"
        return f'<div class="kembar-card">{picture}{words}</div>'


@dataclass(frozen=True)
class Gallery:
    """Rows of listings, each with a caption.

    >>> Gallery([("a group", [Card("a", "Kaos", "no photo")])])
    Gallery of 1 row: a group (1 listing)
    """

    rows: list[tuple[str, list[Card]]]

    def _repr_html_(self) -> str:
        parts = [
            f'<div class="kembar-caption">{escape(caption)}</div>'
            f'<div class="kembar-row">{"".join(card.html() for card in cards)}</div>'
            for caption, cards in self.rows
        ]
        return _STYLE + ("".join(parts) or "<i>nothing to show</i>")

    def __repr__(self) -> str:
        told = [f"{caption} ({len(cards)} listing{'s' * (len(cards) != 1)})" for caption, cards in self.rows]
        return f"Gallery of {len(self.rows)} row{'s' * (len(self.rows) != 1)}: {'; '.join(told)}"


@dataclass(frozen=True)
class PhotoShelf:
    """Makes cards of listings.

    Attributes:
        photos: The folder of their photos.
        known: `(image, title)` by posting_id.
    """

    photos: PhotoFolder
    known: dict[str, tuple[str | None, str | None]]

    def cards(self, posting_ids: Iterable[str]) -> list[Card]:
        """A card for each id, also where the catalogue lacks it."""
        return [self._card(name) for name in posting_ids]

    def _card(self, posting_id: str) -> Card:
        if posting_id not in self.known:
            return Card(posting_id, "", "not in this catalogue")
        image, title = self.known[posting_id]
        return Card(posting_id, title or "", thumbnail(self.photos, image))


def thumbnail(photos: PhotoFolder, name: str | None) -> bytes | str:
    """A photo as a JPEG of 128 × 128 pixels, squeezed to a square as the encoder sees it, or why there is none."""
    if not name:
        return "no photo"
    try:
        pixels = decode_photo(photos.read(name, _MOST_BYTES), _PX, False, _MOST_PIXELS).pixels
    except PhotoError as error:
        return str(error)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
