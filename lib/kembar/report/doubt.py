"""The doubt about a group, from its weakest split inside and its nearest neighbour outside.

A group says that its listings are one product, and that no other listing is. Doubt measures both statements where they
are most likely wrong.

*Inside.* The last merge of average linkage is the weakest split of a group, its **seam**. The mean probability of the
pairs across it is the **bond** (cohesion). With a bond below one half, the two parts are more likely two products. The
lowest pair of a group would be a worse measure, since one distant pair in a group of forty is normal. So would the mean
over the group, since two tight halves of two products have a high one.

*Outside.* The nearest neighbour is the other group or singleton with the highest mean probability over all pairs with
this group. That mean is the **border**. The most likely single pair would be a worse measure, since it is the highest
of hundreds. On real titles with photos (`mall-dev`, 483 groups), the area under the curve of doubt for groups that the
labels call wrong is 0.895, with the bond alone 0.859, and with the most likely single pair as the border 0.838.

The **doubt** is the probability that either statement is wrong, `1 − bond · (1 − border)`, as if both were independent.
The **risk** weighs a wrong merge by its size: `(1 − bond)` times the number of pairs across the seam.

A pair within a group that was not compared counts as the lower of the mean probabilities of its two listings within the
group, because these had more likely candidates.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from kembar.report.groups import Groups
from kembar.report.pairs import Pairs
from kembar.types import Rows

Shares = NDArray[np.float64]
TWO_BELOW = 0.5
"""A group with a bond below this is more likely two products than one."""
LACKS_FROM = 0.3
"""A group with a border from this on may lack a listing; singletons also join from about one third on."""


@dataclass(frozen=True)
class Cohesion:
    """The cohesion of groups.

    Attributes:
        mean: `[g]`, the mean probability of a group's compared pairs.
        bond: `[g]`, see above.
        seam: `[g]`, the number of listings before the seam.
        member: The groups' listings, with each part's listings together and the larger part first.
    """

    mean: Shares
    bond: Shares
    seam: Rows
    member: Rows

    def reordered(self, groups: Groups, order: Rows) -> "Cohesion":
        """The same of the groups in another order: the `order[k]`-th of `groups` is the k-th."""
        parts = [self.member[groups.start[k] : groups.start[k + 1]] for k in order]
        return Cohesion(self.mean[order], self.bond[order], self.seam[order], np.concatenate([self.member[:0], *parts]))


def cohesion(groups: Groups, inner: Pairs) -> Cohesion:
    """Compute the cohesion of each group from the pairs within (in order of group, as `inner_pairs` returns them)."""
    place = np.empty(len(groups.of), np.int64)
    place[groups.member] = np.arange(len(groups.member)) - np.repeat(groups.start[:-1], groups.sizes)
    group = groups.of[inner.left]
    bounds = np.searchsorted(group, np.arange(len(groups) + 1))
    left, right, chance = place[inner.left], place[inner.right], inner.probability.astype(np.float64)
    total = np.bincount(group, chance, minlength=len(groups))
    mean = total / np.maximum(np.bincount(group, minlength=len(groups)), 1)
    bond, seam, member = mean.copy(), np.ones(len(groups), np.int64), groups.member.copy()
    for k in np.flatnonzero(groups.sizes > 2).tolist():
        part = slice(bounds[k], bounds[k + 1])
        known = fill_unknown(int(groups.sizes[k]), left[part], right[part], chance[part])
        order, bond[k], seam[k] = find_seam(known)
        member[groups.start[k] : groups.start[k + 1]] = groups.members(k)[order]
    return Cohesion(mean, bond, seam, member)


def fill_unknown(size: int, left: Rows, right: Rows, probability: Shares) -> Shares:
    """A group's probabilities as a symmetric matrix `[size, size]`, with the pairs that were not compared filled in."""
    known = np.full((size, size), np.nan)
    known[left, right] = known[right, left] = probability
    there = ~np.isnan(known)
    mean = np.where(there, known, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    filled = np.where(there, known, np.minimum(mean[:, None], mean[None, :]))
    np.fill_diagonal(filled, 1.0)
    return filled


def find_seam(probability: Shares) -> tuple[Rows, float, int]:
    """A group's listings in an order that keeps parts together, its bond, and how many listings come before the seam.

    Of a matrix `[size, size]`, size ≥ 3. The larger part comes first.

    >>> near, far = 0.9, 0.2
    >>> order, bond, seam = find_seam(np.array([[1, far, near], [far, 1, far], [near, far, 1]]))
    >>> order.tolist(), round(bond, 3), seam
    ([0, 2, 1], 0.2, 2)
    """
    size = len(probability)
    tree = linkage(squareform(1.0 - probability, checks=False), method="average")
    order = leaves_list(tree).astype(np.int64)
    first = int(tree[-1, 0])
    before = 1 if first < size else int(tree[first - size, 3])
    if 2 * before < size:
        order, before = np.concatenate([order[before:], order[:before]]), size - before
    return order, float(1.0 - tree[-1, 2]), before


def doubt_of(bond: Shares, border: Shares) -> Shares:
    """The probability that a group is wrong inside or lacks a listing, see the module.

    >>> doubt_of(np.array([1.0, 0.9, 0.9]), np.array([0.0, 0.0, 0.5])).round(2).tolist()
    [0.0, 0.1, 0.55]
    """
    return 1.0 - np.clip(bond, 0, 1) * (1.0 - np.clip(border, 0, 1))


def risk_of(bond: Shares, seam: Rows, sizes: Rows) -> Shares:
    """How many wrong pairs a group is expected to have across its seam.

    >>> risk_of(np.array([0.5]), np.array([4]), np.array([7])).tolist()
    [6.0]
    """
    return (1.0 - np.clip(bond, 0, 1)) * seam * (sizes - seam)
