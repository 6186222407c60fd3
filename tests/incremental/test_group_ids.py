"""Groups keep their names from run to run: each that of the group that it has most of its listings from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kembar.incremental.change_log import EVENTS, log_changes, members_of
from kembar.incremental.group_ids import name_groups

LISTINGS = [f"p{n}" for n in range(8)]
PARTITIONS = st.dictionaries(st.sampled_from(LISTINGS), st.integers(0, 4))


def named(groups: dict[str, int], before: dict[str, str], used: set[str], run: int) -> dict[str, str]:
    """The group id of each listing of a partition, given by any numbers."""
    ids = sorted(groups)
    numbers = [groups[name] for name in ids]
    labels = np.array([numbers.index(number) for number in numbers], dtype=np.int64)  # the least row of each group
    names = name_groups(labels, ids, [before.get(name) for name in ids], used, run)
    return dict(zip(ids, names.tolist(), strict=True))


def test_without_a_run_before_groups_are_named_by_their_least_listing():
    assert named({"b": 1, "a": 2, "c": 1}, {}, set(), 1) == {"a": "a", "b": "b", "c": "b"}


def test_a_group_that_loses_the_listing_it_is_named_by_keeps_its_name():
    """And that listing, back in a group of its own, gets another one."""
    before = {"a": "a", "b": "a", "c": "a"}
    assert named({"b": 1, "c": 1}, before, set(), 2) == {"b": "a", "c": "a"}
    assert named({"a": 2, "b": 1, "c": 1}, before, set(), 2) == {"a": "a.2", "b": "a", "c": "a"}


def test_of_two_groups_that_merge_the_larger_gives_the_name():
    before = {"a": "a", "b": "b", "c": "b"}
    assert set(named({"a": 1, "b": 1, "c": 1}, before, set(), 2).values()) == {"b"}


def test_of_equal_halves_the_one_with_the_least_listing_keeps_the_name():
    before = dict.fromkeys("abcd", "x")
    assert named({"a": 1, "b": 2, "c": 1, "d": 2}, before, set(), 2) == {"a": "x", "c": "x", "b": "b", "d": "b"}


def test_the_name_of_a_group_that_is_gone_is_not_given_again():
    assert named({"a": 1}, {}, {"a"}, 3) == {"a": "a.3"}


def naive_overlap(group: set[str], before: dict[str, str]) -> dict[str, int]:
    ids = [before[name] for name in group if name in before]
    return {name: ids.count(name) for name in ids}


@settings(deadline=None, max_examples=300)
@given(st.lists(PARTITIONS, min_size=1, max_size=6))
def test_over_any_sequence_of_edits_names_are_one_to_one_and_follow_the_most_listings(history: list[dict[str, int]]):
    before: dict[str, str] = {}
    used: set[str] = set()
    for run, partition in enumerate(history, 1):
        after = named(partition, before, used, run)
        groups = {number: {n for n in partition if partition[n] == number} for number in partition.values()}
        ids = [{after[name] for name in group} for group in groups.values()]
        assert all(len(each) == 1 for each in ids), "a group has one name"
        assert len(set.union(set(), *ids)) == len(groups), "and no two groups have the same"
        for group in groups.values():
            shared = naive_overlap(group, before)
            name = after[next(iter(group))]
            if name not in set(before.values()):
                assert name not in used, "a name that was given up is not given again"
            # A name may only be lost to a group that has more, or as many, of the listings it stood for.
            for other, count in shared.items():
                owners = {n for n in after if after[n] == other}
                if count > max(shared.get(name, 0), 0) and name != other:
                    assert naive_overlap(owners, before).get(other, 0) >= count
        used |= set(before.values())
        before = after


@settings(deadline=None, max_examples=300)
@given(PARTITIONS, PARTITIONS, st.sets(st.sampled_from(LISTINGS)))
def test_the_log_tells_every_group_that_is_another_than_before_and_no_other(
    first: dict[str, int], second: dict[str, int], changed: set[str]
):
    """From the groups of before and the listings won and lost in the log, the groups of now follow."""
    before = named(first, {}, set(), 1)
    after = named(second, before, set(), 2)
    rows = log_changes(before, after, changed, 2).to_pylist()
    groups = {name: set(listings) for name, listings in members_of(before).items()}
    for row in rows:
        assert row["event"] in EVENTS
        assert row["reason"]
        group, moved = groups.setdefault(row["group_id"], set()), set(row["listings"])
        if row["event"] in ("created", "grown", "merged"):
            assert not group & moved
            group |= moved
        else:
            assert group >= moved
            group -= moved
    assert {name: listings for name, listings in groups.items() if listings} == dict(members_of(after))
    sizes = {name: len(listings) for name, listings in members_of(after).items()}
    assert all(row["group_size"] == sizes.get(row["group_id"], 0) for row in rows)


def test_events_say_where_listings_came_from_and_went_and_why():
    before = {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c", "f": "f", "g": "g", "h": "g"}
    after = {"a": "a", "b": "a", "c": "a", "d": "c", "e": "c", "f": "f", "i": "f", "j": "j", "k": "j"}
    rows = log_changes(before, after, {"f"}, 5).to_pylist()
    assert [
        (r["event"], r["group_id"], r["group_size"], r["listings"], r["other_groups"], r["reason"]) for r in rows
    ] == [
        ("merged", "a", 3, ["c"], ["c"], "1 regrouped"),
        ("split", "c", 2, ["c"], ["a"], "1 regrouped"),
        ("created", "f", 2, ["f", "i"], [], "1 changed, 1 new"),
        ("dissolved", "g", 0, ["g", "h"], [], "2 removed"),
        ("created", "j", 2, ["j", "k"], [], "2 new"),
    ]
    assert {r["run"] for r in rows} == {5}


def test_nothing_that_changed_is_no_row():
    assert log_changes({"a": "a", "b": "a"}, {"a": "a", "b": "a"}, set(), 2).num_rows == 0
