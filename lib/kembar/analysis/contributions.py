"""Why a pair was decided as it was: the prior and each distance's share of the log-odds, as text and as a waterfall."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kembar.analysis.chart import ACCENT, INK, WARM, Chart
from kembar.schemas import DISTANCES, EVIDENCE, TITLE_EVIDENCE

_NAMES = {
    "image": "photo",
    "title": "title, by meaning",
    "word": "title, by words",
    "character": "title, by letters",
    "hash": "photo hash",
    "coverage": "words covered",
    "shared_word": "rarest shared",
    "missing_word": "rarest missing",
    "code": "model code",
    "other_code": "missing codes",
    "quantity": "quantities",
    "number": "missing numbers",
    "shared_number": "shared numbers",
    "edition": "edition",
    "colour": "colour",
    "gap": "better candidates",
}
_FEW = 1e-7
_FEWEST = 0.005


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall, from one log-odds to the next; distance: None where it could not be taken."""

    name: str
    start: float
    end: float
    distance: float | None


@dataclass(frozen=True)
class Evidence:
    """One compared pair. shares: of the log-odds by each of EVIDENCE, none above 0; distances: the distance or gap each
    comes from, None where a side lacks the modality; threshold: the probability from which groups form.

    >>> shares = dict.fromkeys(EVIDENCE, 0.0) | {"image": -0.4, "title": -0.2, "word": -0.3, "code": -1.0}
    >>> distances = dict.fromkeys(EVIDENCE, 0.1) | {"code": 4.0, "hash": None, "gap": 0.0}
    >>> evidence = Evidence("a", "b", 0.891, 4.0, shares, distances, ("rare_term",), 0.4)
    >>> round(evidence.log_odds, 2)
    2.1
    >>> print(evidence)
    a and b: probability 0.891, as log-odds 2.10, proposed by rare_term
    prior               +4.00  were they equal in everything
    photo               -0.40  distance 0.10
    title, by meaning   -0.20  distance 0.10
    title, by words     -0.30  distance 0.10
    title, by letters   +0.00  distance 0.10
    photo hash          +0.00  missing on a side
    model code          -1.00  distance 4.00
    better candidates   +0.00  gap 0.00
    """

    left: str
    right: str
    probability: float
    prior: float
    shares: dict[str, float]
    distances: dict[str, float | None]
    blocks: tuple[str, ...]
    threshold: float

    @staticmethod
    def of(row: Mapping[str, Any], threshold: float) -> "Evidence":
        """From a row of MATCHES."""
        distances = {name: _real(row[f"{name}_distance"]) for name in DISTANCES} | {"gap": _real(row["gap"])}
        shares = {name: float(row[f"{name}_evidence"]) for name in EVIDENCE}
        ends, chances = (row["posting_id_l"], row["posting_id_r"]), (float(row["probability"]), float(row["prior"]))
        return Evidence(*ends, *chances, shares, distances, tuple(row["blocks"]), threshold)

    @property
    def log_odds(self) -> float:
        """ln(p / (1 - p)): the prior and all shares, added up."""
        return self.prior + sum(self.shares.values())

    def steps(self) -> list[Step]:
        """The waterfall: each share's bar begins where the one before it ended.

        Title evidence that adds nothing, as most of it does for most pairs, has no step.
        """
        steps, at = [], self.prior
        for name in EVIDENCE:
            if name in TITLE_EVIDENCE and abs(self.shares[name]) < _FEWEST:
                continue
            end = at + self.shares[name]
            steps.append(Step(name, at, end, self.distances[name]))
            at = end
        return steps

    def chart(self) -> Chart:
        """The waterfall as a picture."""
        verdict = f"probability {self.probability:.3f}"
        return Chart(self._draw, f"waterfall of {self.left} and {self.right}: {verdict}", (7.0, 3.0))

    def _draw(self, axes: Any) -> None:
        steps = self.steps()
        names = ["prior", *(_NAMES[step.name] for step in steps), "log-odds"]
        spans = [(0.0, self.prior), *((step.start, step.end) for step in steps), (0.0, self.log_odds)]
        hues = [INK, *[WARM] * len(steps), ACCENT]
        texts = [f"{self.prior:+.1f}", *map(_told, steps), f"{self.log_odds:+.1f}"]
        for place, ((start, end), hue, text) in enumerate(zip(spans, hues, texts, strict=True)):
            axes.barh(place, end - start, left=start, color=hue, height=0.62)
            axes.annotate(text, (max(start, end), place), (4, 0), textcoords="offset points", va="center", fontsize=8)
        axes.axvline(_logit(self.threshold), color=INK, linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.invert_yaxis()
        axes.margins(x=0.22)
        axes.set_xlabel("log-odds; dotted: where groups form", fontsize=9)
        axes.set_title(f"{self.left} and {self.right}: probability {self.probability:.3f}", fontsize=9, loc="left")

    def _repr_png_(self) -> bytes:
        return self.chart().png()

    def __str__(self) -> str:
        said = f"probability {self.probability:.3f}, as log-odds {self.log_odds:.2f}"
        lines = [f"{self.left} and {self.right}: {said}, proposed by {', '.join(self.blocks)}"]
        lines.append(f"{'prior':18}  {self.prior:+.2f}  were they equal in everything")
        for step in self.steps():
            kind = "gap" if step.name == "gap" else "distance"
            told = "missing on a side" if step.distance is None else f"{kind} {step.distance:.2f}"
            lines.append(f"{_NAMES[step.name]:18}  {self.shares[step.name] + 0.0:+.2f}  {told}")  # -0.0 reads as a loss
        return "\n".join(lines)


def _told(step: Step) -> str:
    if step.distance is None:
        return "missing"
    return f"{step.end - step.start:.1f} at {step.distance:.2f}"


def _real(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _logit(chance: float) -> float:
    safe = min(max(chance, _FEW), 1 - _FEW)
    return math.log(safe / (1 - safe))
