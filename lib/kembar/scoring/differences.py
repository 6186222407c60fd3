"""What two titles say of model, size and colour, in words: "HD1173 against GC160; 550 ml against 1000 ml"."""

from kembar.listings.attributes import CODE, attribute_words

_NEAR = 0.03


def describe_differences(left: list[str], right: list[str]) -> str:
    """Attributes that both titles have, and those that stand against each other, kind by kind.

    Args:
        left, right: Attributes as `kembar.listings.attributes.title_attributes`.

    >>> describe_differences(["code:hd1173", "volume:550"], ["code:gc160", "volume:550"])
    'HD1173 against GC160; both 550 ml'
    """
    mine, theirs = _by_kind(left), _by_kind(right)
    found = []
    for kind in (kind for kind in mine if kind in theirs):
        shared = [value for value in mine[kind] if any(_same(kind, value, other) for other in theirs[kind])]
        if shared:
            found.append("both " + ", ".join(_spell(kind, value) for value in shared))
        else:
            sides = (", ".join(_spell(kind, value) for value in side[kind]) for side in (mine, theirs))
            found.append(" against ".join(sides))
    return "; ".join(found)


def _by_kind(attributes: list[str]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for attribute in attributes:
        kind, _, value = attribute.partition(":")
        kinds.setdefault(kind, []).append(value)
    return kinds


def _same(kind: str, left: str, right: str) -> bool:
    if kind not in attribute_words().bases:
        return left == right
    larger, smaller = max(float(left), float(right)), min(float(left), float(right))
    return larger - smaller <= _NEAR * larger


def _spell(kind: str, value: str) -> str:
    if kind == CODE:
        return value.upper()
    return f"{value} {base}" if (base := attribute_words().bases.get(kind)) else value
