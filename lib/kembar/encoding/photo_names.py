"""Turns the name of a photo in a catalogue into the paths in the images folder that it may mean.

The names in an export can differ from those in the folder: Windows paths, URLs, missing extensions, or accents that are
composed in another way. A name never means a file outside the images folder.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from kembar.encoding.photos import PhotoError

PHOTO_ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".heic")
_ELSEWHERE = re.compile(r"^/|^[A-Za-z]:|://|\\|\0|(^|/)\.\.(/|$)")
_CLIMBS = re.compile(r"\0|(^|[/\\])\.\.([/\\]|$)")
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://[^/?#]*/?")
_DRIVE = re.compile(r"^[A-Za-z]:")
_QUERY = re.compile(r"[?#].*$", re.DOTALL)
_LONGEST_PART = 255
"""The most bytes of a file name."""


def check_photo_name(name: str) -> str:
    """Return a name that stays within the images folder.

    Raises:
        PhotoError: The name is absolute, a URI or on a drive, or contains `..`, a NUL or a backslash.
    """
    if not name or _ELSEWHERE.search(name):
        raise PhotoError("photo name leads out of the images folder")
    return name


def stays_inside(name: str) -> bool:
    """Whether a name, taken literally, can be a path within the images folder.

    >>> stays_inside("shop/a.jpg"), stays_inside("../a.jpg"), stays_inside("/etc/passwd"), stays_inside("C:/a.jpg")
    (True, False, False, False)
    """
    try:
        return all(len(part.encode()) <= _LONGEST_PART for part in check_photo_name(name).split("/"))
    except (PhotoError, UnicodeEncodeError):
        return False


def climbs(name: str) -> bool:
    """Whether a name leads upwards or contains a NUL. Such a name is never looked for.

    >>> climbs("..\\\\a.jpg"), climbs("shop/../a.jpg"), climbs("https://shop/a..jpg")
    (True, True, False)
    """
    return bool(_CLIMBS.search(name))


def whole_path(name: str) -> str:
    """The path in a name, with slashes and without drive, host, query and `./`.

    >>> whole_path("C:\\\\shop\\\\photos\\\\a.jpg"), whole_path("https://cdn/x/a%20b.jpg?x=1"), whole_path("./a.jpg")
    ('shop/photos/a.jpg', 'x/a b.jpg', 'a.jpg')
    """
    if _URL.match(name):
        name = unquote(_QUERY.sub("", _URL.sub("", name)))
    parts = _DRIVE.sub("", name.replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def possible_paths(name: str, folder: str, shorten: bool) -> list[str]:
    """The paths within the images folder that a name may mean, likeliest first. A name that leads upwards has none.

    Args:
        name: A name from the catalogue.
        folder: The name of the images folder, which catalogues often repeat before the name of a photo.
        shorten: Whether leading folders may be left out one by one, see `can_be_shortened`.

    >>> possible_paths("C:\\\\shop\\\\photos\\\\a.jpg", "photos", True)
    ['shop/photos/a.jpg', 'a.jpg', 'photos/a.jpg']
    >>> possible_paths("../a.jpg", "photos", True)
    []
    """
    if climbs(name):
        return []
    return list(dict.fromkeys(path for path in _readings(name, folder, shorten) if stays_inside(path)))


def _readings(name: str, folder: str, shorten: bool) -> Iterator[str]:
    yield name
    for written in dict.fromkeys([name, _QUERY.sub("", _URL.sub("", name)), unquote(name)]):
        if climbs(whole := whole_path(written)):
            continue
        yield whole
        parts = whole.split("/")
        if folder in parts[:-1]:
            yield "/".join(parts[len(parts) - parts[::-1].index(folder) :])
        yield from ("/".join(parts[k:]) for k in range(1, len(parts) if shorten else 0))


def can_be_shortened(names: Iterable[str]) -> bool:
    """Whether the last part of a path alone identifies a photo: no two paths end in the same name.

    >>> can_be_shortened(["https://cdn/1/a.jpg", "https://cdn/2/b.jpg"])
    True
    >>> can_be_shortened(["https://cdn/1/main.jpg", "https://cdn/2/main.jpg"])
    False
    """
    paths = {whole_path(name) for name in names}
    return len({posixpath.basename(path) for path in paths}) == len(paths)


def spellings_of_name(name: str) -> list[str]:
    """Keys that a name shares with a file of another spelling (`spellings_of_file`).

    The spellings may differ in how accents are composed, in case, and in a missing extension.

    >>> spellings_of_name("Kopi"), spellings_of_name("kopi.jpg")
    (['Kopi', 'kopi', 'with:kopi'], ['kopi.jpg', 'without:kopi'])
    """
    composed, folded, stem = _fold(name)
    return list(dict.fromkeys([composed, folded, f"with:{folded}" if stem == folded else f"without:{stem}"]))


def spellings_of_file(name: str) -> list[str]:
    """Keys of a file in the images folder, to compare with `spellings_of_name`.

    >>> spellings_of_file("Kopi.JPG"), spellings_of_file("kopi")
    (['Kopi.JPG', 'kopi.jpg', 'with:kopi'], ['kopi', 'without:kopi'])
    """
    composed, folded, stem = _fold(name)
    return list(dict.fromkeys([composed, folded, f"without:{folded}" if stem == folded else f"with:{stem}"]))


def _fold(name: str) -> tuple[str, str, str]:
    """A name with composed accents, the same in one case, and that without the extension of a photo."""
    composed = unicodedata.normalize("NFC", name)
    folded = composed.casefold()
    stem, ending = posixpath.splitext(folded)
    return composed, folded, stem if ending in PHOTO_ENDINGS else folded
