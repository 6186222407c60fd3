"""What made a code, in a word: a bundle's encoder, and the precision of its image tower.

Codes of two precisions are not the same codes (cosine 0.98 and more), so they never share a fingerprint, and a
catalogue is encoded with one. But one bundle decides on either: its heads and curves are a tower's, whatever it
calculates in.
"""

from typing import Any

from kembar.errors import InputError
from kembar.storage.files import MANIFEST, exists, read_json
from kembar.storage.paths import join_uri

_EXACT = "float32"
INT8_VERSION = 2
"""How the int8 tower is built; raised when it gives other codes, so that codes of two versions are never mixed."""


def encoder_at(encoder: str, precision: str) -> str:
    """The fingerprint of a bundle's encoder that calculates in a precision.

    >>> encoder_at("738b8b08b7b5edba", "float32"), encoder_at("738b8b08b7b5edba", "int8")
    ('738b8b08b7b5edba', '738b8b08b7b5edba+int8.2')
    """
    return encoder if precision == _EXACT else f"{encoder}+{precision}.{INT8_VERSION}"


def exact_encoder(fingerprint: str) -> str:
    """The fingerprint of the same encoder in full precision.

    >>> exact_encoder("738b8b08b7b5edba+int8.2")
    '738b8b08b7b5edba'
    """
    return fingerprint.partition("+")[0]


def require_finished(uri: str, made_by: str) -> dict[str, Any]:
    """The manifest of a folder that a job finished.

    Raises:
        InputError: it is missing or unfinished, or was not encoded by `made_by`, in whichever precision.
    """
    if not exists(join_uri(uri, MANIFEST)):
        raise InputError(
            f"{uri} has no {MANIFEST}: nothing was encoded there, or the run did not finish; run jobs/encode.py"
        )
    manifest = read_json(join_uri(uri, MANIFEST))
    if exact_encoder(str(manifest.get("encoder"))) != made_by:
        raise InputError(
            f"{uri} was encoded by {manifest.get('encoder')}, and this bundle's encoder is {made_by}; "
            "name the bundle that it was encoded with, or encode it again"
        )
    return manifest
