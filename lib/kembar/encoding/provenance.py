"""Checks that a match run, an encoded catalogue and a folder of photos belong together."""

from collections.abc import Sequence

from kembar.config import EncodeSettings
from kembar.encoding.find_photo_folder import photo_folder_of
from kembar.encoding.photo_folder import PhotoFolder
from kembar.errors import InputError
from kembar.storage.files import codes_of, read_manifest
from kembar.storage.paths import real_path

MOST_PHOTOS = 20
"""The number of photos whose sizes an encode run records, so that their folder is recognised after a move."""


def photo_sizes(photos: PhotoFolder, names: Sequence[str]) -> dict[str, int]:
    """The bytes of the first MOST_PHOTOS named photos that exist."""
    found = photos.locate(names)
    there = [(name, int(info.size)) for name in names if (info := found.get(name)) is not None]
    return dict(there[:MOST_PHOTOS])


def check_run(matched: str, encoded: str, images: str, settings: EncodeSettings) -> None:
    """Check that an encoded catalogue and its photos are those of a match run.

    Raises:
        InputError: The catalogue was encoded again since, is another one, or the folder has other photos.
    """
    run = read_manifest(matched).get("inputs", {}).get("encoded", {})
    if (codes := run.get("codes")) is not None and codes != codes_of(encoded):
        same = real_path(encoded) == real_path(str(run["uri"]))
        why = "was encoded again after the match run" if same else f"is not {run['uri']}, which was matched"
        raise InputError(
            f"--encoded {encoded} does not belong to {matched}: it {why}; name that folder, or match again"
        )
    manifest = read_manifest(encoded)
    sizes = manifest.get("photo_sizes") or {}
    if not sizes:
        return
    photos, _ = photo_folder_of(images, list(sizes), settings)
    if not photo_sizes(photos, list(sizes)).items() & sizes.items():
        was = manifest.get("inputs", {}).get("images", {}).get("uri")
        raise InputError(
            f"--images {images} does not belong to {encoded}: it has none of {len(sizes)} photos that were encoded; "
            f"name the folder that was encoded, {was}"
        )
