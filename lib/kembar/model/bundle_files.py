"""A bundle as a folder of plain data, which match and encode need and nothing that can run.

manifest.json    format, versions, towers, thresholds, what it was trained on, its figures, SHA-256 of each .npz
heads.npz        centre and kernel of the image and title head
discriminator.npz  slopes and bias of both stages, for each level of catalogues with titles, and for photos alone
image_tower.npz  the small CNN's weights, where it is the image tower
README.md        the model card"""

import hashlib
import math
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kembar.config import IMAGE_TOWERS
from kembar.errors import BundleError
from kembar.model.bundle import Bundle, Decider, Thresholds, head_arrays
from kembar.model.curves import Curves
from kembar.model.discriminator import Discriminator
from kembar.model.heads import Head
from kembar.model.npz import LARGEST_BYTES, pack_arrays, unpack_arrays
from kembar.storage.cache import built_once
from kembar.storage.files import MANIFEST, exists, file_bytes, read_bytes, read_json
from kembar.storage.output_folder import OutputFolder, output_folder
from kembar.storage.paths import join_uri
from kembar.storage.versions import __version__

FORMAT = 4

_DECIDERS = ("titled", "untitled", "variant")

_LOOKS = ("first", "second")

_PARTS = ("slopes", "bias")

_HEADS = "heads.npz"

_DISCRIMINATOR = "discriminator.npz"

_IMAGE_TOWER = "image_tower.npz"


def _reals(data: bytes) -> dict[str, NDArray[np.float32]]:
    return {name: array.astype(np.float32) for name, array in unpack_arrays(data).items()}


def _curve_arrays(name: str, discriminator: Discriminator) -> dict[str, NDArray[np.float32]]:
    return {f"{name}_{look}_{part}": getattr(getattr(discriminator, look), part) for look in _LOOKS for part in _PARTS}


def _deciders(bundle: Bundle) -> dict[str, Decider]:
    """The deciders that a bundle has, by name."""
    return {name: decider for name in _DECIDERS if (decider := getattr(bundle, name)) is not None}


def save_bundle(bundle: Bundle, uri: str, card: str) -> None:
    """Write a bundle into a folder, replacing the one that was there once the new one is written aside.

    A process that is killed while the files are swapped leaves a bundle that is refused, since its files are not those
    of its manifest; the next training completes it.

    Raises:
        InputError: The folder holds what kembar did not write.
        RunError: Another run holds it.
    """
    with output_folder(uri, "train") as folder:
        publish_bundle(folder, bundle, card)


def publish_bundle(folder: OutputFolder, bundle: Bundle, card: str) -> None:
    """Make a bundle and its card the content of a folder that this run holds."""
    files = {
        _HEADS: pack_arrays(head_arrays(bundle.image_head, bundle.title_head)),
        _DISCRIMINATOR: pack_arrays(
            {k: v for name, it in _deciders(bundle).items() for k, v in _curve_arrays(name, it.discriminator).items()}
        ),
        "README.md": card.encode(),
    }
    if bundle.image_tower_weights is not None:
        files[_IMAGE_TOWER] = bundle.image_tower_weights
    # Without a stamp of the run, so that the same training gives the same bytes.
    folder.publish({}, files, _describe(bundle, files), stamped=False)


def _describe(bundle: Bundle, files: dict[str, bytes]) -> dict[str, Any]:
    """The manifest of a bundle that consists of these files."""
    return {
        "format": FORMAT,
        "kembar": __version__,
        "image_tower": bundle.image_tower,
        "text_tower": bundle.text_tower,
        "encoder_fingerprint": bundle.encoder_fingerprint,
        "thresholds": {name: vars(decider.thresholds) for name, decider in _deciders(bundle).items()},
        "blends": bundle.blends,
        "trained_on": bundle.trained_on,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name.endswith(".npz")},
    }


def _read_checked(uri: str, manifest: dict[str, Any], name: str) -> bytes:
    """A file of the bundle whose content is what the manifest says."""
    path = join_uri(uri, name)
    if not exists(path):
        raise BundleError(f"bundle {uri} lacks {name}; copy or train it again")
    if file_bytes(path) > LARGEST_BYTES:
        raise BundleError(f"{name} of bundle {uri} has more than {LARGEST_BYTES:,} bytes; no bundle needs as many")
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != manifest.get("sha256", {}).get(name):
        raise BundleError(f"{name} of bundle {uri} is not the file that its manifest describes; copy or train it again")
    return data


def _default_folder() -> str:
    """The shipped bundle's folder; copied out to the cache where kembar is imported from a zip (--py-files)."""
    shipped = resources.files("kembar") / "default_bundle"
    if isinstance(shipped, Path):
        return str(shipped)

    def copy(target: Path) -> None:
        target.mkdir()
        for file in shipped.iterdir():
            (target / file.name).write_bytes(file.read_bytes())

    digest = hashlib.sha256((shipped / MANIFEST).read_bytes()).hexdigest()[:16]
    return str(built_once(f"default-bundle-{digest}", copy))


def load_bundle(uri: str | None) -> Bundle:
    """A bundle by path or URI, checked against its manifest; the one that ships with kembar where `uri` is None.

    Raises:
        BundleError: it is missing, incomplete, altered, or of a format that this version cannot read.
    """
    folder = uri or _default_folder()
    if not exists(join_uri(folder, MANIFEST)):
        raise BundleError(f"no bundle at {folder}: it has no {MANIFEST}; make one with jobs/train.py --bundle {folder}")
    manifest = read_json(join_uri(folder, MANIFEST))
    if manifest.get("format") != FORMAT:
        raise BundleError(f"bundle {folder} has format {manifest.get('format')}, expected {FORMAT}; train it again")
    try:
        return _assemble(folder, manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(f"bundle {folder} cannot be read: {error!r}; copy or train it again") from error


def _decider(folder: str, name: str, weights: dict[str, NDArray[np.float32]], thresholds: dict[str, float]) -> Decider:
    looks = (Curves(*(weights[f"{name}_{look}_{part}"] for part in _PARTS)) for look in _LOOKS)
    discriminator = Discriminator(*looks)
    if fault := discriminator.fault():
        raise BundleError(f"the {name} discriminator of bundle {folder} has {fault}")
    numbers = {k: float(v) for k, v in thresholds.items()}
    if not all(map(math.isfinite, numbers.values())):
        raise ValueError(f"thresholds {numbers} that are not finite")
    return Decider(discriminator, Thresholds(**numbers))


def _head(arrays: dict[str, NDArray[np.float32]], name: str) -> Head:
    head = Head(arrays[f"{name}_centre"], arrays[f"{name}_kernel"])
    if fault := head.fault():
        raise ValueError(f"the {name} head has {fault}")
    return head


def _assemble(folder: str, manifest: dict[str, Any]) -> Bundle:
    heads = _reals(_read_checked(folder, manifest, _HEADS))
    weights = _reals(_read_checked(folder, manifest, _DISCRIMINATOR))
    thresholds = manifest["thresholds"]
    names = [name for name in _DECIDERS if name != "variant" or name in thresholds]
    deciders = {name: _decider(folder, name, weights, thresholds[name]) for name in names}
    own_tower = _IMAGE_TOWER in dict(manifest["sha256"])
    if not isinstance(manifest["text_tower"], str):
        raise ValueError(f"text tower {manifest['text_tower']!r}")
    if manifest["image_tower"] not in IMAGE_TOWERS:
        raise ValueError(f"image tower {manifest['image_tower']!r}; there are {', '.join(IMAGE_TOWERS)}")
    return Bundle(
        image_head=_head(heads, "image"),
        title_head=_head(heads, "title"),
        **deciders,
        image_tower=str(manifest["image_tower"]),
        text_tower=manifest["text_tower"],
        trained_on=dict(manifest["trained_on"]),
        image_tower_weights=_read_checked(folder, manifest, _IMAGE_TOWER) if own_tower else None,
        blends=bool(manifest["blends"]),
    )
