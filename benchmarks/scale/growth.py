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


def line(sizes: Sequence[float], figures: Sequence[float]) -> tuple[float, float]:
    """What is spent once and what each listing adds, by the two largest sizes.

    With one size nothing is known to be spent once, so that what follows for a larger one is an upper bound.

    >>> line([1000, 3000], [30.0, 70.0])
    (10.0, 0.02)
    """
    if len(sizes) < 2:
        return 0.0, figures[0] / sizes[0]
    each = (figures[-1] - figures[-2]) / (sizes[-1] - sizes[-2])
    return figures[-1] - each * sizes[-1], each


def extrapolate(size: float, figure: float, to: float, power: float) -> float:
    """A figure at another size, by a power law through one measured point."""
    return figure * (to / size) ** power
