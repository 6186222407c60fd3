"""The result of a match run: groups with stable ids, changes since the last run, and the submission."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from kembar.clustering import Grouping
from kembar.incremental.change_log import CHANGES_ARROW, log_changes
from kembar.incremental.drift import Drift, Profile, compare_profiles, drift_page
from kembar.incremental.group_ids import name_groups
from kembar.incremental.reusable_pairs import LastRun, ReusablePairs
from kembar.listings.submission import groups_table, quarantined_ids, submission_csv
from kembar.storage.files import SUMMARY, as_json, join_uri
from kembar.storage.output_folder import OutputFolder
from kembar.storage.table_parts import NewTable
from kembar.storage.tables import read_arrow, write_arrow


@dataclass(frozen=True)
class Outcome:
    """The result of a match run.

    Attributes:
        contents: `posting_id, content` by row.
        grouping: The groups.
        quarantine: QUARANTINE.
        profile: The traits of the run, see `kembar.incremental.drift`.
        last: The last run, if there is one.
        reusable: What this run reuses of it.
    """

    contents: pa.Table
    grouping: Grouping
    quarantine: DataFrame
    profile: Profile
    last: LastRun | None
    reusable: ReusablePairs | None

    @cached_property
    def number(self) -> int:
        """The number of this run, from 1 on."""
        return self.last.number + 1 if self.last else 1

    @cached_property
    def posting_ids(self) -> list[str]:
        return list(self.contents["posting_id"].to_pylist())

    @cached_property
    def log(self) -> pa.Table:
        """CHANGES of earlier runs."""
        return read_arrow(join_uri(self.last.uri, "changes")) if self.last else CHANGES_ARROW.empty_table()

    @cached_property
    def groups(self) -> pa.Table:
        """GROUPS by row."""
        before = self.last.groups if self.last else {}
        were = [before.get(name) for name in self.posting_ids]
        used = {*before.values(), *self.log["group_id"].to_pylist()}
        labels = self.grouping.labels
        return groups_table(self.posting_ids, labels, name_groups(labels, self.posting_ids, were, used, self.number))

    @cached_property
    def changes(self) -> pa.Table:
        """CHANGES of this run."""
        before, changed = (self.last.groups if self.last else {}), (self.reusable.changed if self.reusable else set())
        after = dict(zip(self.posting_ids, self.groups["group_id"].to_pylist(), strict=True))
        return log_changes(before, after, changed, self.number)

    @property
    def catalogue(self) -> pa.Table:
        """CATALOGUE."""
        columns = {name: self.contents[name] for name in ("posting_id", "content")}
        columns |= {"group_id": self.groups["group_id"], "component": self.grouping.component}
        return pa.table(columns | {"cluster": self.grouping.cluster, "best_look": self.grouping.best})

    def write(self, folder: OutputFolder, tell: Callable[[str], None]) -> dict[str, NewTable]:
        """Write the tables of this process, and return all tables of the run.

        `tell` takes a warning for each trait that changed a lot.
        """
        self._warn(tell)
        changes = pa.concat_tables([self.log.cast(CHANGES_ARROW), self.changes])
        tables = {"groups": self.groups, "changes": changes, "catalogue": self.catalogue}
        for name, table in tables.items():
            write_arrow(table, folder.staged(name, f"part-{folder.run}.parquet"))
        return {name: NewTable([folder.staged(name)]) for name in (*tables, "matches", "lists", "hashed")}

    def publish(self, folder: OutputFolder, tables: dict[str, NewTable], counts: dict[str, Any], **facts: Any) -> None:
        """Make this run the folder's result; facts: further entries of the manifest."""
        told = {**counts, **self._step()}
        summary = {**told, "thresholds": facts["thresholds"], "seconds": facts["seconds"]}
        files = {**self._files(), SUMMARY: as_json(summary)}
        folder.publish(tables, files, {**self._for_the_next(), "counts": told, **facts})

    def _files(self) -> dict[str, bytes]:
        """submission.csv and, after an earlier run, drift.md."""
        answer = submission_csv(self.posting_ids, self.grouping.labels, quarantined_ids(self.quarantine))
        if self.last is None or self.drift is None:
            return {"submission.csv": answer}
        page = drift_page(self.last.manifest["profile"], self.profile, self.drift)
        return {"submission.csv": answer, "drift.md": page.encode()}

    @cached_property
    def drift(self) -> Drift | None:
        """How far this run is from the last one, if there is one."""
        return compare_profiles(self.last.manifest["profile"], self.profile) if self.last else None

    def _warn(self, tell: Callable[[str], None]) -> None:
        """Warn of each trait that changed a lot."""
        for name in self.drift.great if self.drift else ():
            tell(f"warning: {name}: the feed changed a lot since the last run; see drift.md")

    def _step(self) -> dict[str, Any]:
        """The step from the last run to this one."""
        anew = len(self.reusable.anew) if self.reusable else len(self.contents)
        changes = dict(Counter(self.changes["event"].to_pylist()))
        return {"run": self.number, "looked_anew": anew, "changes": changes, "drift": self.drift and vars(self.drift)}

    def _for_the_next(self) -> dict[str, Any]:
        """Entries of the manifest for the next run.

        They are the run's number, its profile, and the share of the catalogue that changed since the last full search.
        """
        whole = self.reusable is None or self.last is None or len(self.reusable.anew) == len(self.contents)
        before = 0.0 if self.last is None else float(self.last.manifest["stale"])
        stale = 0.0 if whole or self.reusable is None else round(before + self.reusable.stale, 6)
        return {"number": self.number, "stale": stale, "profile": self.profile}
