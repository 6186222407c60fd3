"""What made a code, in a word: a bundle's encoder, and the precision of its image tower.

Codes of two precisions are not the same codes (cosine 0.98 and more), so they never share a fingerprint, and a
catalogue is encoded with one. But one bundle decides on either: its heads and curves are a tower's, whatever it
calculates in.
"""

_EXACT = "float32"


def encoder_at(encoder: str, precision: str) -> str:
    """The fingerprint of a bundle's encoder that calculates in a precision.

    >>> encoder_at("738b8b08b7b5edba", "float32"), encoder_at("738b8b08b7b5edba", "int8")
    ('738b8b08b7b5edba', '738b8b08b7b5edba+int8')
    """
    return encoder if precision == _EXACT else f"{encoder}+{precision}"


def exact_encoder(fingerprint: str) -> str:
    """The fingerprint of the same encoder in full precision.

    >>> exact_encoder("738b8b08b7b5edba+int8")
    '738b8b08b7b5edba'
    """
    return fingerprint.partition("+")[0]
