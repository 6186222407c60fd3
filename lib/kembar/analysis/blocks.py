"""What each block source proposes and misses, and what recall costs, where the truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.analysis.chart import ACCENT, SOFT, WARM, Chart
from kembar.analysis.encoded import Codes, read_codes
from kembar.analysis.proposed import Proposed, blocking_settings, propose_pairs
from kembar.analysis.result import Result, load_listings
from kembar.blocking import SOURCES
from kembar.evaluation import Truth

BUDGETS = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120)


@dataclass(frozen=True)
class BlockStudy:
    """The pairs that the blocks of a labelled catalogue propose, before the discriminator ranks them.

    codes, truth: of n listings by row; proposed: every pair; per_listing: how many a listing kept in the run.
    """

    codes: Codes
    truth: Truth
    proposed: Proposed
    per_listing: int

    @property
    def true(self) -> NDArray[np.bool_]:
        """Whether each proposed pair is one product, `[pairs]`."""
        return self.truth.same(self.proposed.pairs.left, self.proposed.pairs.right)

    def sources(self) -> pd.DataFrame:
        """By source: pairs a listing, the share of true pairs that it proposes, and that it alone proposes."""
        by = {name: (self.proposed.blocks >> bit & 1).astype(bool) for bit, name in enumerate(SOURCES)}
        rows = [self._row(name, mine, self.proposed.blocks == 1 << SOURCES.index(name)) for name, mine in by.items()]
        every = np.ones(len(self.true), bool)
        return pd.DataFrame([*rows, self._row("all together", every, np.zeros_like(every))]).set_index("source")

    def _row(self, name: str, mine: NDArray[np.bool_], alone: NDArray[np.bool_]) -> dict[str, object]:
        total = max(self.truth.pairs, 1)
        return {
            "source": name,
            "pairs a listing": round(float(mine.sum()) / max(len(self.codes.index), 1), 2),
            "true pairs found": float((mine & self.true).sum() / total),
            "found by it alone": float((alone & self.true).sum() / total),
        }

    def recall_by_cost(self, budgets: tuple[int, ...] = BUDGETS) -> pd.DataFrame:
        """`kept, pairs_per_listing, recall` for each number of likeliest pairs that a listing keeps.

        Recall is the share of the true pairs (Christen 2012, "Data Matching", section 7.3: pairs completeness).
        """
        n, rows = len(self.codes.index), []
        for budget in budgets:
            kept = self.proposed.kept(n, budget)
            recall = float((kept & self.true).sum() / max(self.truth.pairs, 1))
            rows.append({"kept": budget, "pairs_per_listing": float(kept.sum()) / max(n, 1), "recall": recall})
        return pd.DataFrame(rows)

    def missed(self, count: int = 10) -> pd.DataFrame:
        """`posting_id_l, posting_id_r` of true pairs that no block proposes, at most so many, in order."""
        n = len(self.codes.index)
        order = np.argsort(self.truth.product, kind="stable")
        order = order[self.truth.product[order] >= 0]
        found = set((self.proposed.pairs.left[self.true] * n + self.proposed.pairs.right[self.true]).tolist())
        missed = []
        for group in np.split(order, np.flatnonzero(np.diff(self.truth.product[order])) + 1):
            pairs = [(a, b) for i, a in enumerate(group.tolist()) for b in group.tolist()[i + 1 :]]
            missed += [pair for pair in pairs if min(pair) * n + max(pair) not in found]
        names = [[self.codes.posting_ids[row] for row in sorted(pair)] for pair in missed]
        return pd.DataFrame(sorted(names)[:count], columns=["posting_id_l", "posting_id_r"])

    def dropped(self, count: int = 10) -> pd.DataFrame:
        """`posting_id_l, posting_id_r` of true pairs that were proposed and that neither side kept, likeliest first."""
        lost = np.flatnonzero(self.true & ~self.proposed.kept(len(self.codes.index), self.per_listing))
        chosen = lost[np.argsort(-self.proposed.first[lost], kind="stable")][:count]
        sides = {"posting_id_l": self.proposed.pairs.left, "posting_id_r": self.proposed.pairs.right}
        return pd.DataFrame({name: [self.codes.posting_ids[i] for i in rows[chosen]] for name, rows in sides.items()})

    def chart_sources(self) -> Chart:
        """What each source finds, and which part of that no other one does."""
        table = self.sources().drop(index="all together")

        def draw(axes: Any) -> None:
            axes.barh(table.index, table["true pairs found"], color=SOFT, label="found")
            axes.barh(table.index, table["found by it alone"], color=WARM, label="by no other")
            axes.invert_yaxis()
            axes.set(xlabel="share of true pairs", xlim=(0, 1))
            axes.legend(frameon=False, fontsize=8, loc="lower right")

        return Chart(draw, "share of the true pairs that each block source proposes")

    def chart_costs(self) -> Chart:
        """Recall against candidate pairs a listing, and where the run was."""
        table = self.recall_by_cost(tuple(sorted({*BUDGETS, self.per_listing})))
        here = table[table["kept"] == self.per_listing].iloc[0]

        def draw(axes: Any) -> None:
            axes.plot(table["pairs_per_listing"], table["recall"], color=ACCENT, marker="o", markersize=3)
            axes.plot(here["pairs_per_listing"], here["recall"], "o", color=WARM)
            told = f"{self.per_listing} kept: recall {here['recall']:.3f}"
            axes.annotate(told, (here["pairs_per_listing"], here["recall"]), (0, -16), textcoords="offset points")
            axes.set(xlabel="candidate pairs a listing", ylabel="share of true pairs")

        return Chart(draw, "recall of the candidate pairs against how many there are")


def study_blocks(result: Result, encoded: str, listings: DataFrame | str, bundle: str | None = None) -> BlockStudy:
    """The blocks of a run's catalogue beside the truth. encoded: what match read; listings: with `label_group`.

    Raises:
        InputError: as `read_codes`, or no listing has a label.
    """
    codes, settings = read_codes(encoded, bundle), blocking_settings(result.manifest)
    table = load_listings(result.members.sparkSession, listings)
    return BlockStudy(codes, codes.truth(table), propose_pairs(codes, settings), settings.candidates_per_listing)
