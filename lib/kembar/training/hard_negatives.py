"""Non-matches chosen anew between epochs, by the network as it is then, from the pairs that the blocks propose.

Those that were mined once, by distances that nothing had learnt, are soon too easy. The hardest from the start make
codes collapse, and teach from wrong labels: so first the semi-hard ones, which are less likely than the match but
nearly as likely (Schroff et al. 2015, arXiv:1503.03832, section 3.2), then with each turn more of the hardest.
"""

from dataclasses import dataclass

import numpy as np

from kembar.config import TripletSettings
from kembar.training.network import SiameseNetwork
from kembar.training.pair_features import TrainingFeatures
from kembar.types import Present, Reals, Rows

MARGIN = 3.0
"""Log-odds below the match's, down to which a non-match is semi-hard."""
_MORE_HARDEST, _MOST_HARDEST = 0.1, 0.5


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows `[p]` each, with the distances of them that need no training."""

    left: Rows
    right: Rows
    ready: Reals
    present: Present

    @staticmethod
    def of(features: TrainingFeatures, left: Rows, right: Rows) -> "Pairs":
        return Pairs(left, right, *features.ready(left, right))

    def odds(self, network: SiameseNetwork) -> Reals:
        """Log-odds of each by the network as it is, `[p]`."""
        return network.pair_odds(self.left, self.right, self.ready, self.present)


def rivals_of(features: TrainingFeatures, known: Rows) -> Pairs:
    """What the blocks put beside each known row: known rows of other products, in order of the left row."""
    proposed = features.proposed
    if proposed is None:
        raise ValueError("re-mining needs the pairs that the blocks propose: TrainingFeatures.proposed")
    left = np.concatenate([proposed.left, proposed.right])
    right = np.concatenate([proposed.right, proposed.left])
    trained = np.isin(np.arange(len(features.product)), known)
    chosen = trained[left] & trained[right] & (features.product[left] != features.product[right])
    order = np.lexsort((right[chosen], left[chosen]))
    return Pairs.of(features, left[chosen][order], right[chosen][order])


def hardest_share(turn: int) -> float:
    """Share of triplets that take the hardest non-match at the first, second … turn of re-mining.

    >>> [hardest_share(turn) for turn in (1, 2, 9)]
    [0.0, 0.1, 0.5]
    """
    return min(_MORE_HARDEST * (turn - 1), _MOST_HARDEST)


def pick(odds: Reals, match: float, hardest: bool, chance: float) -> int | None:
    """Which of an anchor's non-matches, with these log-odds `[r]`, goes with a match of log-odds `match`.

    The likeliest where `hardest`; else by `chance` in [0, 1) one of the semi-hard; where there are none, the likeliest
    of those less likely than the match; None where every one is likelier.
    """
    if hardest and len(odds):
        return int(odds.argmax())
    semi_hard = np.flatnonzero((odds < match) & (odds >= match - MARGIN))
    if len(semi_hard):
        return int(semi_hard[int(chance * len(semi_hard))])
    easier = odds < match
    return int(np.where(easier, odds, -np.inf).argmax()) if easier.any() else None


@dataclass(frozen=True)
class Miner:
    """The training triplets' matches and rivals, and how often and how many triplets get another non-match."""

    matches: Pairs
    rivals: Pairs
    settings: TripletSettings

    @staticmethod
    def of(features: TrainingFeatures, triplets: Rows, settings: TripletSettings) -> "Miner":
        """For training triplets `[t, 3]`, whose rows are also the rivals that there can be."""
        matches = Pairs.of(features, triplets[:, 0], triplets[:, 1])
        return Miner(matches, rivals_of(features, np.unique(triplets)), settings)

    def choose(self, network: SiameseNetwork, epoch: int, before: Rows) -> Rows:
        """The non-matches `[t]` from here on, `before` being the present ones; `epoch` of them are done.

        A share `hard_share` of the triplets is chosen anew, by draws that depend on seed and epoch alone; the others
        stay, so that easy non-matches are not forgotten.
        """
        turn, rest = divmod(epoch, self.settings.remine_epochs)
        if rest or not turn:
            return before
        rng, t = np.random.default_rng([self.settings.seed, epoch]), len(before)
        anew = rng.random(t) < self.settings.hard_share
        hardest, chance = rng.random(t) < hardest_share(turn), rng.random(t)
        match, odds = self.matches.odds(network), self.rivals.odds(network)
        begin, end = (np.searchsorted(self.rivals.left, self.matches.left, side) for side in ("left", "right"))
        chosen = before.copy()
        for i in np.flatnonzero(anew):
            found = pick(odds[begin[i] : end[i]], float(match[i]), bool(hardest[i]), float(chance[i]))
            if found is not None:
                chosen[i] = self.rivals.right[begin[i] + found]
        return chosen
