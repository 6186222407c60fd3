"""Fits the second stage's curves to people's answers, and regularises them with undecided pairs.

The decided pairs are doubtful ones, and do not represent the others. Curves fitted to them alone could become wrong
elsewhere. Therefore the fit also has a sample of the candidate pairs, each with the probability that the bundle gave it
(learning without forgetting: Li and Hoiem 2016, arXiv:1606.09282).

The distances and gaps of the pairs come from match, so nothing is encoded or blocked again, and the new bundle works
with the same codes.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.clustering import place_links
from kembar.clustering.graph import component_labels
from kembar.errors import TrainingError
from kembar.evaluation.scores import bootstrap_mean
from kembar.listings.decisions import DIFFERENT, SAME
from kembar.model.bundle import Bundle, Decider
from kembar.model.curves import PATTERNS, Curves, pattern_of, usable_distances
from kembar.model.discriminator import Discriminator, gap, sigmoid
from kembar.model.distances import pair_distances
from kembar.schemas import DISTANCES, EVIDENCE, MODALITIES, MODALITY_OF
from kembar.training.curve_fit import PairExamples, PatternCurves, fit_curves
from kembar.training.fit_discriminator import with_gap
from kembar.training.views import LabelledCatalogue
from kembar.types import Present, Reals

FEWEST, FOLDS = 20, 5
MOST_UNDECIDED = 20_000
_HOLD = 10.0
"""What the undecided pairs weigh together, in answers' weight: on a catalogue that the bundle never saw, F1 after 500
answers is 0.959 with ten, 0.957 with thirty and 0.955 with one."""
_STRENGTH, _STRENGTH_ALONE = 1e-4, 1e-2
"""How strongly curves are drawn to where they start, with undecided pairs and without."""
_TITLED = 0.2


@dataclass(frozen=True)
class DecidedPairs:
    """evidence: distances and gap `[m, 6]`; present: `[m, 3]`; same: `[m]`; left, right: ids of the listings `[m]`."""

    evidence: Reals
    present: Present
    same: NDArray[np.bool_]
    left: NDArray[np.object_]
    right: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.same)

    def take(self, chosen: NDArray) -> "DecidedPairs":
        """Some of them."""
        return DecidedPairs(**{name: values[chosen] for name, values in vars(self).items()})

    def folds(self) -> NDArray[np.int64]:
        """A fold in 0 … FOLDS − 1 for each pair; pairs that a chain of listings connects are in one."""
        return self.chains() % FOLDS

    def chains(self) -> NDArray[np.int64]:
        """A number for each pair, which is the same for pairs that a chain of listings connects."""
        names, place = np.unique(np.concatenate([self.left, self.right]).astype(str), return_inverse=True)
        ends = place.reshape(2, -1)
        return component_labels(ends, len(names))[ends[0]]


@dataclass(frozen=True)
class Undecided:
    """A sample of a catalogue's candidate pairs, decided or not. evidence: `[n, 6]`; present: `[n, 3]`."""

    evidence: Reals
    present: Present

    @staticmethod
    def of(evidence: Reals, present: Present) -> "Undecided":
        """Evenly taken ones of very many."""
        step = -(-len(evidence) // MOST_UNDECIDED)
        return Undecided(evidence[:: max(step, 1)], present[:: max(step, 1)])

    def examples(self, model: Discriminator, pattern: int, weight: float) -> PairExamples:
        """Those of a pattern, each as the same and as different with what the model says of it; `weight` in all."""
        some = pattern_of(self.present) == pattern
        evidence, chance = self.evidence[some], sigmoid(model.second_logit(self.evidence[some], self.present[some]))
        share = np.concatenate([chance, 1 - chance]).astype(np.float64) * weight / max(len(evidence), 1)
        return PairExamples(np.concatenate([evidence, evidence]), np.repeat([True, False], len(evidence)), share)


EVIDENCE_COLUMNS = [*(f"{name}_distance" for name in DISTANCES), "gap"]


def read_evidence(matches: pa.Table) -> tuple[Reals, Present]:
    """Distances and gap `[m, 6]` of MATCHES, and which modalities both sides have."""
    columns = [matches[f"{name}_distance"].combine_chunks() for name in DISTANCES]
    known = np.column_stack([np.asarray(column.is_valid()) for column in columns])
    values = [np.asarray(column.fill_null(0.0), dtype=np.float32) for column in columns]
    behind = np.asarray(matches["gap"].combine_chunks(), dtype=np.float32)
    return np.column_stack([*values, behind]), known[:, np.unique(MODALITY_OF, return_index=True)[1]]


def read_pairs(decisions: pa.Table, matches: pa.Table) -> DecidedPairs:
    """The DECISIONS about candidate pairs of MATCHES; those about other pairs teach nothing here."""
    keys = ["posting_id_l", "posting_id_r"]
    matches = matches.select([*keys, *EVIDENCE_COLUMNS])  # Arrow joins no lists
    joined = matches.join(decisions.select([*keys, "decision"]), keys, join_type="inner").sort_by(
        [(key, "ascending") for key in keys]
    )
    joined = joined.filter(pc.is_in(joined["decision"], pa.array([SAME, DIFFERENT])))
    evidence, present = read_evidence(joined)
    left, right = (np.array(joined[key].to_pylist(), dtype=object) for key in keys)
    return DecidedPairs(evidence, present, np.asarray(pc.equal(joined["decision"], SAME)).astype(bool), left, right)


def decided_in(
    catalogue: LabelledCatalogue, posting_ids: list[str], decisions: pa.Table, model: Discriminator, per_listing: int
) -> DecidedPairs:
    """The DECISIONS about listings of a catalogue, with the gaps that a match by `model` would give them; candidate
    pairs or not."""
    links = place_links(decisions, posting_ids)
    rows = np.concatenate([links.must_link, links.cannot_link], axis=1)
    same = np.arange(rows.shape[1]) < links.must_link.shape[1]
    look = catalogue.natural.look(model, per_listing)
    distances, present = pair_distances(catalogue.index, *rows)
    apart = gap(model.first_logit(distances, present), look.best[rows[0]], look.best[rows[1]])
    names = np.array(posting_ids, dtype=object)
    return DecidedPairs(np.column_stack([distances, apart]), present, same, names[rows[0]], names[rows[1]])


def candidates_in(catalogue: LabelledCatalogue, model: Discriminator, per_listing: int) -> tuple[Reals, Present]:
    """Evidence and present modalities of the pairs that a match of a catalogue by `model` would keep."""
    look = catalogue.natural.look(model, per_listing)
    return with_gap(catalogue.natural, look)[look.kept], catalogue.natural.compared[1][look.kept]


def join_pairs(parts: list[DecidedPairs]) -> DecidedPairs:
    """Those of several catalogues together."""
    return DecidedPairs(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


@dataclass(frozen=True)
class Gain:
    """Mean log-loss on left-out answers of the bundle it starts from, and of what was fitted without them.

    interval: 95 % interval of what the loss fell by, connected answers drawn together with replacement.
    """

    before: float
    after: float
    answers: int
    interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.interval
        verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
        return (
            f"{self.answers} answers: log-loss on left-out answers {self.after:.3f}, {self.before:.3f} before "
            f"({verdict}: {-high:+.3f} to {-low:+.3f})"
        )


def is_titled(present: Present) -> bool:
    """Whether pairs are of a catalogue of listings with titles, and not of photos alone."""
    return bool(present[:, MODALITIES.index("title")].mean() >= _TITLED) if len(present) else True


def fit_answers(base: Bundle, pairs: DecidedPairs, undecided: Undecided | None) -> tuple[Bundle, Gain]:
    """Fit the curves of one of `base`'s deciders to answers, and measure the gain on left-out answers.

    `undecided` are candidate pairs of the same catalogue, if known.

    Raises:
        TrainingError: There are too few answers, or all are the same.
    """
    if len(pairs) < FEWEST or pairs.same.all() or not pairs.same.any():
        raise TrainingError(
            f"{len(pairs)} decisions about candidate pairs, {int(pairs.same.sum())} of them same: "
            f"training needs {FEWEST} or more, of both kinds; jobs/review.py chooses pairs to decide"
        )
    titled = is_titled(pairs.present)
    start = base.decider_for(titled)
    before, after = _losses(start.discriminator, pairs), _left_out_losses(start.discriminator, pairs, undecided)
    interval = bootstrap_mean(before - after, pairs.chains())
    gain = Gain(float(before.mean()), float(after.mean()), len(pairs), interval)
    fitted = Decider(fit_second_look(start.discriminator, pairs, undecided), start.thresholds)
    return (replace(base, titled=fitted) if titled else replace(base, untitled=fitted)), gain


def fit_second_look(start: Discriminator, pairs: DecidedPairs, undecided: Undecided | None) -> Discriminator:
    """Fit the second stage to answers, pattern by pattern. The first stage stays, since the gaps come from it."""
    slopes, bias = start.second.slopes.copy(), start.second.bias.copy()
    usable, patterns = usable_distances(len(EVIDENCE)).astype(bool), pattern_of(pairs.present)
    for pattern in range(1, PATTERNS):
        some = pairs.take(patterns == pattern)
        if len(some):
            prior = PatternCurves(start.second.slopes[pattern], float(start.second.bias[pattern]))
            parts = [PairExamples(some.evidence, some.same, np.ones(len(some)))]
            if undecided is not None:
                parts.append(undecided.examples(start, pattern, _HOLD * len(some)))
            strength = _STRENGTH if len(parts[-1].same) and len(parts) > 1 else _STRENGTH_ALONE
            fitted = fit_curves(_together(parts), usable[pattern], prior, strength * len(pairs) / len(some))
            slopes[pattern], bias[pattern] = fitted.slopes, fitted.bias
    return Discriminator(start.first, Curves(slopes, bias))


def _together(parts: list[PairExamples]) -> PairExamples:
    return PairExamples(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def _losses(model: Discriminator, pairs: DecidedPairs) -> NDArray[np.float64]:
    """Log-loss of each pair."""
    chance = sigmoid(model.second_logit(pairs.evidence, pairs.present)).astype(np.float64)
    return -np.log(np.clip(np.where(pairs.same, chance, 1 - chance), 1e-6, 1))


def _left_out_losses(start: Discriminator, pairs: DecidedPairs, undecided: Undecided | None) -> NDArray[np.float64]:
    """Log-loss of each pair by curves that were fitted without its fold."""
    fold, losses = pairs.folds(), np.zeros(len(pairs))
    for number in np.unique(fold):
        out = fold == number
        losses[out] = _losses(fit_second_look(start, pairs.take(~out), undecided), pairs.take(out))
    return losses
