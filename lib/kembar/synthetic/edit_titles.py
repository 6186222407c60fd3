"""What sellers do to a title before they list the product again: words left out, moved and misspelt, shouts around."""

import numpy as np

from kembar.synthetic.vocabulary import PREFIXES, SUFFIXES


def _misspell(word: str, rng: np.random.Generator) -> str:
    """One slip of the keyboard: a letter left out, doubled, or swapped with the next."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = int(rng.integers(1, len(word) - 1))
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return slips[int(rng.integers(3))]


def _case(title: str, rng: np.random.Generator) -> str:
    styles = (str.title, str.upper, str.lower, str)
    return styles[int(rng.choice(4, p=(0.35, 0.2, 0.15, 0.3)))](title)


def _debris(title: str, rng: np.random.Generator) -> str:
    """What broken exports and free-hand typing leave: byte literals, line breaks, quotes, commas."""
    roll = rng.random()
    if roll < 0.02:
        escaped = "".join(chr(byte) if byte < 128 else f"\\x{byte:02x}" for byte in title.encode())
        return f'b"{escaped}"'
    if roll < 0.04:
        return title.replace(" ", "\n", 1)
    if roll < 0.07:
        return title.replace(" ", ' "', 1) + '"'
    return title.replace(" ", ", ", 2) if roll < 0.12 else title


def dress_up(parts: list[str], rng: np.random.Generator) -> str:
    """A title of these parts as a seller types it: in some order and case, misspelt, with shouts around."""
    if rng.random() < 0.5:
        parts = [parts[i] for i in rng.permutation(len(parts))]
    words = [_misspell(word, rng) if rng.random() < 0.05 else word for word in " ".join(parts).split(" ")]
    title = _case(" ".join(words), rng)
    title = str(rng.choice(PREFIXES)) + title if rng.random() < 0.3 else title
    title = title + str(rng.choice(SUFFIXES)) if rng.random() < 0.35 else title
    return _debris(title, rng)
