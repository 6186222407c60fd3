"""How a figure grows with the catalogue: the exponent of a power law, and what it says of other sizes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

LARGE = 100_000
"""From this many listings on, starting Spark no longer hides how the work grows."""


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """The slope of log(figure) over log(size) by least squares; nan for fewer than two sizes.

    >>> round(exponent([1, 10, 100], [3, 30, 300]), 6)
    1.0
    """
    if len(sizes) < 2:
        return float("nan")
    return float(np.polyfit(np.log(sizes), np.log(figures), 1)[0])


def adjacent(sizes: Sequence[float], figures: Sequence[float]) -> list[float]:
    """The exponent between each size and the one before; nan for the first."""
    pairs = zip(pairwise(sizes), pairwise(figures), strict=True)
    return [float("nan"), *(exponent(s, f) for s, f in pairs)]


def over_large(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """The exponent over all sizes of `LARGE` and more."""
    large = [(s, f) for s, f in zip(sizes, figures, strict=True) if s >= LARGE]
    return exponent(*zip(*large, strict=True)) if len(large) > 1 else float("nan")


def extrapolate(size: float, figure: float, to: float, power: float) -> float:
    """A figure at another size, by a power law through one measured point."""
    return figure * (to / size) ** power
