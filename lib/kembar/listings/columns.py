"""Recognises the known columns of a file by their names, and suggests the likely name of a missing one."""

import difflib
from collections.abc import Mapping, Sequence

from kembar.errors import InputError
from kembar.schemas import LISTINGS
from kembar.storage.text_files import shown

REQUIRED = ("posting_id", "image", "title")
OPTIONAL = ("image_phash", "label_group")
_ALSO_CALLED = {
    "posting_id": "id sku item_id product_id listing_id asin article article_id offer_id ad_id postingid uid goods_id",
    "image": "photo image_url picture img image_path image_file image_name filename file photo_url img_url thumbnail",
    "title": "item_name name product_name item_title product_title listing_title description heading subject",
}
_ALIKE = 0.75


def find_columns(uri: str, names: Sequence[str], elsewhere: Sequence[str] = ()) -> dict[str, str]:
    """Find the known columns of a file.

    The exact name wins. Without one, a name counts that differs only in case or in surrounding white space.

    Args:
        uri: The file, for messages.
        names: The names of its columns.
        elsewhere: Known columns that come from elsewhere, such as the names of its folders.

    Returns:
        The known columns, each with its name in the file.

    Raises:
        InputError: A name occurs twice, two names fit one column, or a required column is missing.
    """
    if duplicated := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{uri}: the header names {shown(', '.join(duplicated))} more than once")
    found = {known: name for known in LISTINGS.names if (name := _named(uri, known, names)) is not None}
    missing = [c for c in REQUIRED if c not in found and c not in elsewhere]
    if missing:
        raise InputError(
            f"{uri}: missing column {', '.join(missing)}; expected {', '.join(REQUIRED)} and optionally "
            f"{', '.join(OPTIONAL)}; received {shown(', '.join(names)) or 'an empty file'}{_hint(names)}"
            f"{_suggestions(missing, [name for name in names if name not in found.values()])}"
        )
    return found


def has_required(names: Sequence[str], elsewhere: Sequence[str] = ()) -> bool:
    """Whether `names`, in any case, and `elsewhere` together have all required columns."""
    plain = {_plain(name) for name in names}
    return all(c in plain for c in REQUIRED if c not in elsewhere)


def _named(uri: str, known: str, names: Sequence[str]) -> str | None:
    if known in names:
        return known
    alike = [name for name in names if _plain(name) == known]
    if len(alike) > 1:
        raise InputError(
            f"{uri}: the columns {shown(' and '.join(alike))} could both be {known}; rename the right one to {known}"
        )
    return alike[0] if alike else None


def _plain(name: str) -> str:
    return name.strip("\ufeff \t\r\n\xa0").lower()


def _hint(header: Sequence[str]) -> str:
    odd = any("\0" in name or "\\x" in name or "\ufffd" in name for name in header)
    return "; save the file as UTF-8, or see the setting listings.encoding" if odd else ""


def _suggestions(missing: Sequence[str], names: Sequence[str]) -> str:
    likely = [(known, name) for known in missing if (name := likely_column(known, names))]
    return "".join(f"; is {shown(name, 60)} the {known}? then rename it to {known}" for known, name in likely)


def likely_column(known: str, names: Sequence[str]) -> str | None:
    """The column that is likely to be a known one under another name, or None.

    >>> likely_column("title", ["sku", "item_name"]), likely_column("image", ["sku", "item_name"])
    ('item_name', None)
    """
    words = {"_".join(_plain(name).replace("-", " ").split()): name for name in names}
    usual = [known, *_ALSO_CALLED[known].split()]
    for word in usual:
        if word in words:
            return words[word]
    for word in usual:
        if near := difflib.get_close_matches(word, list(words), n=1, cutoff=_ALIKE):
            return words[near[0]]
    return None


def describe_columns(columns: Mapping[str, str]) -> str:
    """Describe which column was recognised as which.

    >>> describe_columns({"posting_id": "posting_id", "title": "Title"})
    'posting_id ← posting_id, title ← Title'
    """
    return ", ".join(f"{known} ← {shown(name, 60)}" for known, name in columns.items())
