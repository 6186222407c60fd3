"""What a run carries over from the last one: lists of listings as they were, under the rows that they have now."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kembar.clustering import UnchangedClusters
from kembar.config import Settings
from kembar.incremental.reusable_pairs import (
    LastRun,
    carry_over,
    groups_fingerprint,
    pairs_fingerprint,
    plan_reuse,
    reuse_lists,
)
from kembar.index.catalogue_index import CatalogueIndex
from kembar.listings.decisions import DECISIONS
from kembar.model.bundle import Thresholds
from kembar.schemas import CATALOGUE, DISTANCES
from kembar.scoring.score import LISTS
from kembar.storage.tables import write_arrow
from tests.builders import index_of, random_discriminator

WAS = {  # posting_id: (content, group_id)
    "a": ("1", "a"),
    "b": ("1", "a"),
    "c": ("1", "c"),
    "d": ("1", "c"),
    "e": ("1", "c"),
    "f": ("1", "f"),
    "g": ("1", "g"),
    "h": ("1", "g"),
}
# b is another listing now, e is gone, aa and z are new.
NOW = {"a": "1", "aa": "1", "b": "2", "c": "1", "d": "1", "f": "1", "g": "1", "h": "1", "z": "1"}


def last_run(folder: Path, **facts: Any) -> LastRun:
    columns = zip(*[(name, *each) for name, each in WAS.items()], strict=True)
    table = pa.table(dict(zip(("posting_id", "content", "group_id"), map(list, columns), strict=True)))
    write_arrow(pa.table({"row": [0]}), str(folder / "lists" / "part.parquet"))
    (folder / "lists" / "_SUCCESS").touch()
    return LastRun(str(folder), {"number": 1, "stale": 0.0, "pairs_by": "p", **facts}, table)


def contents() -> pa.Table:
    return pa.table({"posting_id": list(NOW), "content": list(NOW.values())})


def test_new_and_changed_listings_look_anew_and_so_do_those_who_lost_a_group_mate(tmp_path: Path):
    """a was with b, which changed; c and d with e, which is gone."""
    reusable = carry_over(last_run(tmp_path), contents())
    names = list(NOW)
    assert {names[row] for row in reusable.anew} == {"aa", "b", "z", "a", "c", "d"}
    assert reusable.changed == {"b"}
    assert [names[row] if row >= 0 else None for row in reusable.place] == ["a", None, "c", "d", None, "f", "g", "h"]


def test_all_look_anew_after_another_bundle_or_when_much_has_changed(tmp_path: Path):
    told: list[str] = []
    for facts, share, expected in (
        ({}, 0.7, 6),
        ({"pairs_by": "q"}, 0.7, 9),
        ({}, 0.5, 9),
        ({"stale": 0.4}, 1.0, 9),
        ({"stale": 0.3}, 1.0, 6),
    ):
        reusable = plan_reuse(last_run(tmp_path, **facts), contents(), "p", share, told.append)
        assert reusable is not None
        assert len(reusable.anew) == expected, (facts, share)
    assert "the bundle, the blocking settings or" in told[1]
    assert "% of the catalogue changed since the last full search" in told[2]
    assert plan_reuse(None, contents(), "p", 1.0, told.append) is None


def test_all_look_anew_where_the_lists_are_damaged_and_the_places_of_groups_are_kept(tmp_path: Path):
    last, told = last_run(tmp_path), []
    (tmp_path / "manifest.json").write_text(
        json.dumps({"tables": {"lists": {"parts": {"part.parquet": {"bytes": 1}}}}})
    )
    reusable = plan_reuse(last, contents(), "p", 0.7, told.append)
    assert reusable is not None
    assert (len(reusable.anew), reusable.lists, reusable.changed) == (9, [], {"b"})
    assert told[0].endswith("the last run's lists are damaged")


def lists_of(rng: np.random.Generator, listings: int) -> pa.RecordBatch:
    others = [np.sort(rng.choice(listings, rng.integers(0, 5), replace=False)) for _ in range(listings)]
    sizes = [len(each) for each in others]
    return pa.RecordBatch.from_pydict(
        {
            "row": pa.array(np.arange(listings)),
            "others": pa.array([each.tolist() for each in others], pa.list_(pa.int32())),
            "first_look": pa.array([rng.random(size).tolist() for size in sizes], pa.list_(pa.float32())),
            "title_distance": pa.array(
                [[None if rng.random() < 0.3 else float(x) for x in rng.random(size)] for size in sizes],
                pa.list_(pa.float32()),
            ),
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_carried_lists_are_those_of_a_loop_over_every_entry(seed: int):
    rng = np.random.default_rng(seed)
    place = np.where(rng.random(30) < 0.7, np.cumsum(rng.integers(1, 3, 30)), -1)
    anew = rng.random(int(place.max()) + 1) < 0.2
    before = lists_of(rng, 30)
    (after,) = reuse_lists(place, anew, iter([before]))
    expected = []
    for entry in before.to_pylist():
        row = int(place[entry["row"]])
        if row >= 0 and not anew[row]:
            kept = [k for k, other in enumerate(entry["others"]) if place[other] >= 0]
            lists = {name: [values[k] for k in kept] for name, values in entry.items() if name != "row"}
            expected.append({"row": row, **lists, "others": [int(place[o]) for o in lists["others"]]})
    assert after.to_pylist() == expected
    assert all(entry["others"] == sorted(entry["others"]) for entry in after.to_pylist())
    assert after.schema.types == before.schema.types


def test_an_empty_batch_stays_one():
    batch = lists_of(np.random.default_rng(0), 4).slice(0, 0)
    (after,) = reuse_lists(np.arange(4), np.zeros(4, bool), iter([batch]))
    assert after.num_rows == 0


def test_lists_belong_to_their_encoder_first_look_and_blocks_and_to_nothing_else(settings: Settings):
    model, blocking, index = random_discriminator(1), settings.blocking, index_of([["x"]] * 9)
    same = pairs_fingerprint("e", model, blocking, index)
    assert pairs_fingerprint("e", model, replace(blocking, refresh_share=0.9), index) == same
    second = replace(model, second=random_discriminator(2).second)
    assert pairs_fingerprint("e", second, blocking, index) == same
    assert pairs_fingerprint("e", random_discriminator(2), blocking, index) != same
    assert pairs_fingerprint("e+int8", model, blocking, index) != same
    assert pairs_fingerprint("e", model, replace(blocking, near_titles=31), index) != same


def test_lists_of_photos_alone_hold_as_long_as_no_code_moved(settings: Settings):
    """Titled listings are compared as they were encoded; photos alone as their neighbours have drawn them."""
    model, titled = random_discriminator(1), index_of([["x"]] * 9)
    alone = replace(titled, has_title=np.zeros(9, bool))

    def moved(index: CatalogueIndex) -> CatalogueIndex:
        return replace(index, image=np.roll(index.image, 1, axis=0))

    told = [
        pairs_fingerprint("e", model, settings.blocking, each) for each in (titled, moved(titled), alone, moved(alone))
    ]
    assert told[0] == told[1]
    assert len(set(told)) == 3
    assert pairs_fingerprint("e", model, settings.blocking, replace(alone, image=alone.image.copy())) == told[2]


def test_clusters_belong_to_both_looks_thresholds_and_decisions(settings: Settings):
    model, grouping, at = random_discriminator(1), settings.grouping, Thresholds(0.5, 0.4)
    same = groups_fingerprint("p", model, at, grouping, None)
    assert groups_fingerprint("p", model, Thresholds(0.5, 0.3), grouping, None) == same, "lone listings join anew"
    other = [
        groups_fingerprint("q", model, at, grouping, None),
        groups_fingerprint("p", replace(model, second=random_discriminator(2).second), at, grouping, None),
        groups_fingerprint("p", model, Thresholds(0.6, 0.4), grouping, None),
        groups_fingerprint("p", model, at, replace(grouping, max_group=40), None),
        groups_fingerprint("p", model, at, grouping, decided("same")),
        groups_fingerprint("p", model, at, grouping, decided("different")),
    ]
    assert len({same, *other}) == 7


def decided(decision: str) -> pa.Table:
    return pa.Table.from_pylist([{"posting_id_l": "a", "posting_id_r": "b", "decision": decision}], DECISIONS)


@pytest.mark.parametrize("seed", range(5))
def test_settled_components_are_those_of_a_loop(seed: int):
    """40 listings in small components then; some are gone, some new, some have another best candidate, some components
    have merged or lost a member."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 12, 40)
    component = np.array([np.flatnonzero(label == x)[0] for x in label])
    component[rng.random(40) < 0.1] = -1
    cluster = component.copy()
    gone = rng.random(40) < 0.1
    place = np.where(gone, -1, np.cumsum(~gone) - 1)
    listings = int((~gone).sum()) + 4
    before, now = rng.random(40).astype(np.float32), np.zeros(listings, np.float32)
    now[place[~gone]] = before[~gone]
    now[rng.integers(0, listings, 2)] += 1
    rows = np.arange(listings)
    here = np.full(listings, 99)
    here[place[~gone]] = np.where(component[~gone] >= 0, component[~gone], 50)
    here[here == component.max()] = 0
    unchanged = UnchangedClusters.of(place, component, cluster, before, now)
    found = unchanged.find(rows, here)
    old_of = {int(p): old for old, p in enumerate(place) if p >= 0}
    for row in rows:
        members = {int(x) for x in rows[here == here[row]]}
        were = {old_of.get(x) for x in members}
        whole = any(were == set(np.flatnonzero(component == c).tolist()) for c in set(component.tolist()) - {-1})
        calm = all(x in old_of and before[old_of[x]] == now[x] for x in members)
        heads = all(x in old_of and place[cluster[old_of[x]]] >= 0 for x in members)
        assert found[row] == (whole and calm and heads)
        if found[row]:
            assert unchanged.cluster[row] == place[cluster[old_of[int(row)]]]
    assert found.any()


def test_the_tables_that_the_next_run_reads_keep_their_columns():
    """A run of an earlier version holds group ids, and `--previous` reads its tables by these names."""
    assert CATALOGUE.names == ["posting_id", "content", "group_id", "component", "cluster", "best_look"]
    assert LISTS.names == ["row", "others", "blocks", "first_look", *(f"{name}_distance" for name in DISTANCES)]
