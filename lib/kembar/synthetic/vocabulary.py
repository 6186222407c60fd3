"""The words of vocabulary.toml: what products are called, and what sellers put around the name."""

import tomllib
from dataclasses import dataclass
from importlib import resources

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Kind:
    """A kind of product: its drawing, the key of its `Variants` (or "colour"), its name in each of LANGUAGES."""

    drawing: str
    variants: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Variants:
    """What sets siblings apart: values, ways to write the unit behind, words that may stand before."""

    values: tuple[str, ...]
    units: tuple[str, ...]
    words: tuple[str, ...]


_WORDS = tomllib.loads((resources.files("kembar.synthetic") / "vocabulary.toml").read_text(encoding="utf-8"))

LANGUAGES: tuple[str, ...] = tuple(_WORDS["languages"])
LANGUAGE_WEIGHTS: tuple[float, ...] = tuple(_WORDS["language_weights"])
ATTRIBUTES: tuple[str, ...] = tuple(_WORDS["attributes"])
GOODS: tuple[str, ...] = tuple(_WORDS["goods"])
PREFIXES, SUFFIXES, PROMISES, SHOPS = (tuple(_WORDS[name]) for name in ("prefixes", "suffixes", "promises", "shops"))
SYLLABLES: tuple[str, ...] = tuple(_WORDS["syllables"])
NAME_SYLLABLES: tuple[str, ...] = tuple(_WORDS["name_syllables"])
KINDS = {name: Kind(k["drawing"], k["variants"], tuple(k["names"])) for name, k in _WORDS["kinds"].items()}
COLOUR_NAMES: dict[str, tuple[str, ...]] = {name: tuple(c["names"]) for name, c in _WORDS["colours"].items()}
COLOURS: dict[str, Colour] = {name: (c["rgb"][0], c["rgb"][1], c["rgb"][2]) for name, c in _WORDS["colours"].items()}
VARIANTS = {
    name: Variants(tuple(v["values"]), tuple(v["units"]), tuple(v["words"])) for name, v in _WORDS["variants"].items()
}
