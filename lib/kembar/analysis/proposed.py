"""Finds the pairs that blocking proposes, in this process: each pair once, with its sources and first-stage logit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from kembar.analysis.encoded import Codes
from kembar.blocking import Blocking
from kembar.config import BlockingSettings
from kembar.errors import InputError
from kembar.model.distances import pair_distances
from kembar.training.views import CandidateRows, best_per_listing

_ROWS_AT_ONCE, _PAIRS_AT_ONCE = 4096, 100_000


@dataclass(frozen=True)
class Proposed:
    """Proposed pairs.

    Attributes:
        pairs: The left row is below the right row.
        blocks: int32 `[pairs]`, a bit set of SOURCES.
        first: float32 `[pairs]`, the discriminator's first-stage logit.
    """

    pairs: CandidateRows
    blocks: NDArray[np.int32]
    first: NDArray[np.float32]

    def kept(self, listings: int, per_listing: int) -> NDArray[np.bool_]:
        """Which pairs match keeps where each listing keeps so many, `[pairs]`."""
        return best_per_listing(listings, self.pairs, self.first, per_listing)


def blocking_settings(manifest: dict[str, Any]) -> BlockingSettings:
    """The settings of blocking that a run had, from its manifest.

    Raises:
        InputError: they are not those that this version has.
    """
    try:
        return BlockingSettings(**manifest["settings"]["blocking"])
    except (TypeError, ValidationError) as error:
        told = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
        raise InputError(
            f"the run has blocking settings that this version does not know ({told}); match again"
        ) from error


def propose_pairs(codes: Codes, settings: BlockingSettings) -> Proposed:
    """Every pair that match would look at in a catalogue.

    1. Each listing's proposals, some thousand listings at a time.
    2. A pair that both sides propose becomes one, with the blocks of both.
    3. Its first-stage logit.
    """
    n, blocking = len(codes.index), Blocking.build(codes.index, settings)
    left, right, blocks, side = [], [], [], []
    for rows in np.array_split(np.arange(n), n // _ROWS_AT_ONCE + 1):
        found = blocking.propose(rows)
        row = np.repeat(rows, np.diff(found.start))
        left.append(np.minimum(row, found.other))
        right.append(np.maximum(row, found.other))
        side.append(row > found.other)
        blocks.append(found.blocks)
    key, place = np.unique(np.concatenate(left) * n + np.concatenate(right), return_inverse=True)
    together, sides = np.zeros(len(key), np.int32), np.zeros((2, len(key)), bool)
    np.bitwise_or.at(together, place, np.concatenate(blocks))
    sides[np.concatenate(side).astype(int), place] = True
    pairs = CandidateRows(key // n, key % n, sides)
    return Proposed(pairs, together, first_logits(codes, pairs))


def first_logits(codes: Codes, pairs: CandidateRows) -> NDArray[np.float32]:
    """The first-stage logit of each pair `[pairs]`."""
    model, total = codes.decider.discriminator, len(pairs.left)
    looks = np.empty(total, np.float32)
    for start in range(0, total, _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        looks[part] = model.first_logit(*pair_distances(codes.index, pairs.left[part], pairs.right[part]))
    return looks
