"""What match can reuse from the last run: the candidate lists of unchanged listings.

A listing's list has its pairs with their distances. A pair of two unchanged listings is already in the old lists. A new
or changed listing is searched against the whole catalogue, and its own list has all its pairs. A pair is scored from
whichever list has it, so only new pairs are compared.

Two things become stale over time: word distances, since document frequencies change, and lists that lost a removed
listing. Therefore listings that shared a group with a removed or changed listing are searched again at once. All
listings are searched again when a share of the catalogue has changed since the last full search
(`blocking.refresh_share`). In a catalogue of photos alone the codes depend on their neighbours, and any change there
makes a full search.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.clustering import UnchangedClusters
from kembar.config import BlockingSettings, GroupingSettings
from kembar.errors import InputError
from kembar.index.catalogue_index import CatalogueIndex, has_titles
from kembar.index.row_lookup import contents_equal, index_in
from kembar.model.bundle import Thresholds
from kembar.model.discriminator import Discriminator
from kembar.schemas import CATALOGUE
from kembar.storage import algorithms
from kembar.storage.files import MANIFEST, join_uri, read_json, require
from kembar.storage.tables import read_arrow, table_parts
from kembar.types import Rows


@dataclass(frozen=True)
class LastRun:
    """The result of the last match run in a folder; catalogue: CATALOGUE by row."""

    uri: str
    manifest: dict[str, Any]
    catalogue: pa.Table

    @property
    def number(self) -> int:
        return int(self.manifest["number"])

    @cached_property
    def groups(self) -> dict[str, str]:
        """The group_id of each posting_id."""
        return dict(zip(*(self.catalogue[name].to_pylist() for name in ("posting_id", "group_id")), strict=True))


def read_last_run(uri: str | None) -> LastRun | None:
    """Read the last match run in a folder; None without a folder.

    Raises:
        InputError: There is no run, it did not finish, or a part of it is missing.
    """
    if uri is None:
        return None
    manifest = join_uri(uri, MANIFEST)
    require(manifest, "the manifest of a finished match run")
    catalogue = read_arrow(join_uri(uri, "catalogue"), list(CATALOGUE.names))
    table_parts(join_uri(uri, "changes"))  # needed only at the end, but a run that must fail should fail early
    return LastRun(uri, read_json(manifest), catalogue.sort_by("posting_id").combine_chunks())


@dataclass(frozen=True)
class ReusablePairs:
    """What this run reuses of the last one.

    Attributes:
        place: int64 `[old listings]`, the current row of each listing of the last run, −1 if it is gone or changed.
        anew: The rows that are searched against the whole catalogue.
        changed: posting_ids of listings whose content changed.
        lists: The parts of the last run's LISTS, none if one is damaged.
        stale: The share of the catalogue in `anew`.
    """

    place: Rows
    anew: Rows
    changed: set[str]
    lists: list[str]
    stale: float


def carry_over(last: LastRun, now: pa.Table) -> ReusablePairs:
    """What of the last run still holds; now: the catalogue's `posting_id, content` by row."""
    was = last.catalogue
    where = index_in(was["posting_id"], now["posting_id"])
    same = contents_equal(was, now, where)
    place = np.where(same, where, -1)
    affected_groups = pc.unique(was["group_id"].filter(pa.array(~same)))
    affected_members = np.asarray(pc.is_in(was["group_id"], affected_groups)) & same
    known = np.zeros(len(now), bool)
    known[place[same & ~affected_members]] = True
    changed = was["posting_id"].filter(pa.array((where >= 0) & ~same)).to_pylist()
    lists = _sound_lists(last)
    stale = float((~known).mean()) if len(known) else 0.0
    return ReusablePairs(place, np.flatnonzero(~known), set(changed), lists, stale)


def _sound_lists(last: LastRun) -> list[str]:
    try:
        return table_parts(join_uri(last.uri, "lists"))
    except InputError:  # lists can be made again, unlike group ids
        return []


def plan_reuse(
    last: LastRun | None, now: pa.Table, pairs_by: str, refresh_share: float, tell: Callable[[str], None]
) -> ReusablePairs | None:
    """Decide what to reuse from the last run, and which listings to search again; None without a last run.

    All listings are searched again if the last run would make other pairs of the same listings, if its lists are
    damaged, or if more than `refresh_share` of the catalogue changed since the last full search.
    """
    if last is None:
        return None
    reusable = carry_over(last, now)
    stale = float(last.manifest["stale"]) + reusable.stale
    reason = None
    if last.manifest["pairs_by"] != pairs_by:
        reason = "the bundle, the blocking settings or, without titles, the photos changed since the last run"
    elif not reusable.lists:
        reason = "the last run's lists are damaged"
    elif stale > refresh_share:
        reason = f"{stale:.0%} of the catalogue changed since the last full search"
    if reason:
        reusable = replace(reusable, anew=np.arange(len(now)))
    tell(f"{len(reusable.anew):,} of {len(now):,} listings searched for pairs" + (f": {reason}" if reason else ""))
    return reusable


def pairs_fingerprint(encoder: str, model: Discriminator, settings: BlockingSettings, index: CatalogueIndex) -> str:
    """A fingerprint of all that determines the candidate lists of given listings. encoder: the codes' fingerprint.

    Without titles, photo codes depend on their neighbours (`kembar.index.query_expansion`), so they are part of it.
    """
    told = {name: value for name, value in asdict(settings).items() if name != "refresh_share"}
    versions = [getattr(algorithms, name) for name in ("PHOTOS", "TITLES", "WORDS", "BLOCKING", "SCORING")]
    digest = hashlib.blake2b(json.dumps([encoder, *versions, told]).encode(), digest_size=8)
    for curves in (model.first.slopes, model.first.bias):
        digest.update(np.ascontiguousarray(curves).tobytes())
    if not has_titles(index):
        digest.update(np.ascontiguousarray(index.image).data)
    return digest.hexdigest()


def groups_fingerprint(
    pairs_by: str, model: Discriminator, thresholds: Thresholds, settings: GroupingSettings, links: pa.Table | None
) -> str:
    """A fingerprint of all that determines the clusters of given candidate lists; links: DECISIONS."""
    told = [pairs_by, algorithms.CLUSTERING, thresholds.match, settings.max_group, settings.max_component]
    digest = hashlib.blake2b(json.dumps(told).encode(), digest_size=8)
    for curves in (model.second.slopes, model.second.bias):
        digest.update(np.ascontiguousarray(curves).tobytes())
    if links is not None:
        digest.update(json.dumps(links.select(["posting_id_l", "posting_id_r", "decision"]).to_pylist()).encode())
    return digest.hexdigest()


def reuse_clusters(
    last: LastRun | None, reusable: ReusablePairs | None, groups_by: str, best: NDArray[np.float32]
) -> UnchangedClusters | None:
    """The last run's clusters that can be reused, given `best` `[n]`, the highest first-stage logits."""
    if last is None or reusable is None or last.manifest["groups_by"] != groups_by:
        return None
    columns = ("component", "cluster", "best_look")
    component, cluster, before = (np.asarray(last.catalogue[name].combine_chunks()) for name in columns)
    return UnchangedClusters.of(reusable.place, component, cluster, before, best)


def reuse_lists(place: Rows, anew: NDArray[np.bool_], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """LISTS batches of the last run with current row numbers, without removed listings and those with a new list.

    place: `[old listings]` as in ReusablePairs; anew: bool `[listings]`, which listings have a new list.
    """
    for batch in batches:
        row = place[np.asarray(batch["row"])]
        holds = row >= 0
        holds[holds] = ~anew[row[holds]]
        yield _renumbered(batch.filter(pa.array(holds)), row[holds], place)


def _renumbered(batch: pa.RecordBatch, row: Rows, place: Rows) -> pa.RecordBatch:
    """Lists without entries of removed listings; the order within a list is that of posting_ids and does not change."""
    names = [name for name in batch.schema.names if name != "row"]
    owner = np.repeat(np.arange(len(row)), np.asarray(batch["others"].value_lengths()))
    other = place[np.asarray(batch["others"].flatten())]
    kept = other >= 0
    start = pa.array(np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=len(row)))]).astype(np.int32))
    flat = {name: batch[name].flatten().filter(pa.array(kept)) for name in names}
    flat["others"] = pa.array(other[kept].astype(np.int32))
    columns = {name: pa.ListArray.from_arrays(start, values) for name, values in flat.items()}
    return pa.RecordBatch.from_pydict({"row": pa.array(row)} | columns)
