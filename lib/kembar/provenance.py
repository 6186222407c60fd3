"""Whether folders belong together: a match run, the encoded catalogue that was matched, and the photos of that."""

import hashlib
import json
import posixpath
from typing import Any

from kembar.errors import InputError
from kembar.paths import filesystem_of, join_uri, real_path
from kembar.storage import MANIFEST, exists, read_json

MOST_PHOTOS = 20
"""Photos whose sizes an encode run notes, by which a folder of photos is known wherever it lies."""


def codes_of(encoded: str) -> str | None:
    """A fingerprint of which encoded listings a folder holds; None where no manifest says."""
    manifest = join_uri(encoded, MANIFEST)
    listed = read_json(manifest).get("tables", {}).get("listings") if exists(manifest) else None
    return hashlib.blake2b(json.dumps(listed, sort_keys=True).encode(), digest_size=8).hexdigest() if listed else None


def photo_sizes(images: str, names: list[str]) -> dict[str, int]:
    """The bytes of the first photos of the folder that are there under these names."""
    filesystem, root = filesystem_of(images)
    found = filesystem.get_file_info([posixpath.join(root, name) for name in names])
    there = [(name, int(info.size)) for name, info in zip(names, found, strict=True) if info.is_file]
    return dict(there[:MOST_PHOTOS])


def check_run(matched: str, encoded: str, images: str | None = None) -> None:
    """Check that an encoded catalogue and its photos are those of a match run.

    Raises:
        InputError: The catalogue was encoded again since, or is another; or the folder holds other photos.
    """
    run = _described(matched).get("encoded", {})
    if (codes := run.get("codes")) is not None and codes != codes_of(encoded):
        same = real_path(encoded) == real_path(str(run["uri"]))
        why = "was encoded again since" if same else f"is not {run['uri']}, which was matched"
        raise InputError(
            f"--encoded {encoded} does not belong to {matched}: it {why}; name that folder, or match again"
        )
    if images is None:
        return
    manifest = read_json(join_uri(encoded, MANIFEST)) if exists(join_uri(encoded, MANIFEST)) else {}
    sizes = manifest.get("photo_sizes") or {}
    if sizes and not photo_sizes(images, list(sizes)).items() & sizes.items():
        was = manifest.get("inputs", {}).get("images", {}).get("uri")
        raise InputError(
            f"--images {images} does not belong to {encoded}: of {len(sizes)} photos that were encoded none is there; "
            f"name the folder that was encoded, {was}"
        )


def _described(matched: str) -> dict[str, Any]:
    """The inputs of a match run as its manifest has them; none where no manifest says."""
    manifest = join_uri(matched, MANIFEST)
    return dict(read_json(manifest).get("inputs", {})) if exists(manifest) else {}
