"""The day after: a catalogue of which some listings are new, changed or gone, encoded and matched again by the jobs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.submit import Run, succeed_here


def groups(matched: Path) -> dict[str, frozenset[str]]:
    table = pd.read_csv(matched / "submission.csv", dtype=str)
    return {row.posting_id: frozenset(row.matches.split()) for row in table.itertuples()}


def ids(matched: Path) -> dict[str, str]:
    table = pq.read_table(matched / "groups").to_pandas()
    return dict(zip(table["posting_id"], table["group_id"], strict=True))


@pytest.fixture(scope="module")
def day(
    folder: Path, encoded: Path, matched: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Run, Run]:
    """today/: four listings are gone, three have other titles, five are new; somebody decided about two pairs."""
    root = tmp_path_factory.mktemp("today")
    shutil.copytree(encoded, root / "encoded")
    listings = pd.read_csv(folder / "catalogue" / "train.csv", dtype=str, keep_default_na=False)
    listings.loc[[20, 40, 60], "title"] = ["kipas angin", "panci presto", "lampu meja"]
    new = listings.iloc[[5, 15, 25, 35, 45]].assign(posting_id=[f"new-{n}" for n in range(5)])
    pd.concat([listings.drop(index=[30, 50, 70, 90]), new]).to_csv(root / "train.csv", index=False)
    group = next(
        sorted(each) for each in groups(matched).values() if len(each) > 2 and not each & gone_or_changed(listings)
    )
    others = [name for name, each in groups(matched).items() if group[0] not in each]
    rows = [(group[0], group[1], "different"), (group[0], others[10], "same")]
    pd.DataFrame(rows, columns=["posting_id_l", "posting_id_r", "decision"]).to_csv(root / "decisions.csv", index=False)
    images = ("--images", folder / "catalogue" / "images", "--bundle", bundle)
    encode = succeed_here("encode", "--listings", root / "train.csv", *images, "--output", root / "encoded")
    common = ("--encoded", root / "encoded", "--bundle", bundle, "--decisions", root / "decisions.csv")
    match = succeed_here("match", *common, "--output", root / "matched", "--previous", matched)
    succeed_here("match", *common, "--output", root / "whole")
    return root, encode, match


def gone_or_changed(listings: pd.DataFrame) -> set[str]:
    return set(listings.iloc[[20, 30, 40, 50, 60, 70, 90]]["posting_id"])


def test_only_new_and_changed_listings_are_encoded(day: tuple[Path, Run, Run], encoded: Path):
    root, encode, _ = day
    counts = json.loads((root / "encoded" / "manifest.json").read_text())["counts"]
    assert counts["new"] == 5 + 1, "the listing that was left blind is tried again"
    assert (counts["changed"], counts["removed"]) == (3, 4)
    assert counts["encoded"] == 9 - 1, "the one that is left blind again is not written"
    assert "9 listings to encode, about" in encode.said
    before, after = (
        pq.read_table(path / "listings").to_pandas().set_index("posting_id") for path in (encoded, root / "encoded")
    )
    same = before.index.intersection(after.index[after["content"].isin(before["content"])])
    assert len(same) == len(before) - 4 - 3
    assert all(np.array_equal(before["terms"][name], after["terms"][name]) for name in same)
    assert counts["rows"] == counts["listings"] + counts["quarantine"]


def test_groups_are_those_of_a_whole_run(day: tuple[Path, Run, Run]):
    root, _, _ = day
    mine, whole = groups(root / "matched"), groups(root / "whole")
    assert mine.keys() == whole.keys()
    assert np.mean([mine[name] == whole[name] for name in mine]) > 0.98


def test_few_listings_look_for_pairs_and_groups_keep_their_ids(day: tuple[Path, Run, Run], matched: Path):
    root, _, match = day
    summary = json.loads((root / "matched" / "summary.json").read_text())
    assert 8 <= summary["looked_anew"] < 60
    assert f"{summary['looked_anew']} of {summary['listings']} listings searched for pairs" in match.said
    yesterday, today, before = ids(matched), ids(root / "matched"), groups(matched)
    unchanged = [
        name for name, group in groups(root / "matched").items() if before.get(name) == group and name in today
    ]
    assert len(unchanged) > 150
    assert all(yesterday[name] == today[name] for name in unchanged)
    log = pq.read_table(root / "matched" / "changes").to_pandas()
    assert set(log["run"]) == {1, 2}
    assert log[(log["run"] == 2) & log["reason"].str.contains("new")].shape[0] >= 3
    assert "# This run compared with the last one" in (root / "matched" / "drift.md").read_text()


def test_what_was_decided_is_obeyed(day: tuple[Path, Run, Run]):
    root, _, _ = day
    for name in ("matched", "whole"):
        apart, together = pd.read_csv(root / "decisions.csv", dtype=str)[["posting_id_l", "posting_id_r"]].to_numpy()
        found = groups(root / name)
        assert apart[1] not in found[apart[0]]
        assert together[1] in found[together[0]]
        assert json.loads((root / name / "summary.json").read_text())["decisions"] == {
            "together": 1,
            "apart": 1,
            "absent": 0,
        }


def test_a_day_with_one_new_listing_leaves_a_list_for_everybody(
    folder: Path, encoded: Path, matched: Path, bundle: Path, tmp_path: Path
):
    """Fewer new listings than tasks, some of which have nothing to write: the next run needs everybody's list."""
    shutil.copytree(encoded, tmp_path / "encoded")
    listings = pd.read_csv(folder / "catalogue" / "train.csv", dtype=str, keep_default_na=False)
    twin = listings.iloc[[5]].assign(posting_id="new")
    pd.concat([listings, twin]).to_csv(tmp_path / "train.csv", index=False)
    images = ("--images", folder / "catalogue" / "images", "--bundle", bundle)
    succeed_here("encode", "--listings", tmp_path / "train.csv", *images, "--output", tmp_path / "encoded")
    common = ("--encoded", tmp_path / "encoded", "--bundle", bundle, "--output", tmp_path / "matched")
    succeed_here("match", *common, "--previous", matched)
    catalogue = pq.read_table(tmp_path / "matched" / "catalogue")
    lists = pq.read_table(tmp_path / "matched" / "lists", columns=["row"])
    assert sorted(lists["row"].to_pylist()) == list(range(len(catalogue)))
    assert listings["posting_id"][5] in groups(tmp_path / "matched")["new"]
