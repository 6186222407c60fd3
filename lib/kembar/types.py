"""The arrays that functions take and give, by what they hold."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Positions of listings in an index, `[n]`."""
Matrix = NDArray[np.float32]
"""Vectors, `[n, dim]`, or one of them, `[dim]`."""
Reals = NDArray[np.float32]
"""Numbers of any shape, such as distances `[pairs, 5]`."""
Present = NDArray[np.bool_]
"""Which of MODALITIES both listings of a pair have, `[pairs, 3]`."""
