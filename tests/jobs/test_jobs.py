"""Each job by spark-submit, as users run it, on a sample catalogue with faults of every kind put into it."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kembar.model.bundle_files import load_bundle
from tests import oracles
from tests.submit import FAULTS, QUARANTINED, ROOT, refused_here, submit, succeed


def test_triplets_are_of_both_splits_and_say_how_non_matches_were_chosen(
    folder: Path, catalogue: tuple[str | Path, ...]
):
    run = succeed("triplets", *catalogue, "--output", folder / "triplets", "--set", "triplets.per_anchor=2")
    assert "triplets:" in run.said
    table = pq.read_table(folder / "triplets" / "triplets").to_pandas()
    assert set(table["split"]) == {"train", "held_out"}
    assert "random" in set(table["non_match_source"])
    assert {"rare_term", "hash_band"} & set(table["non_match_source"])
    assert (table["anchor_posting_id"] != table["match_posting_id"]).all()
    manifest = json.loads((folder / "triplets" / "manifest.json").read_text())
    assert sum(manifest["triplets"].values()) == len(table)


def test_train_leaves_a_bundle_with_a_card_and_logs(bundle: Path):
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert 0 < manifest["thresholds"]["titled"]["match"] < 1
    (figures,) = manifest["trained_on"]["catalogues"].values()
    assert figures["listings"] > 100, "of some 120 that are labelled"
    assert figures["f1_interval_95"][0] <= figures["f1"] <= figures["f1_interval_95"][1]
    on_the_card = re.search(r"\| catalogue \| \d+ \| \d+ \| (0\.\d+) \|", (bundle / "README.md").read_text())
    assert on_the_card and float(on_the_card[1]) == pytest.approx(figures["f1"], abs=0.0006)
    for part in ("train", "held_out", "whole"):
        work = bundle.with_name("bundle.training") / part
        assert 1 <= len(json.loads((work / "history.json").read_text())) <= 3
        assert list((work / "logs").glob("events.*"))


def test_the_shipped_bundle_is_fitted_to_few_labels_and_says_whether_that_is_better(
    folder: Path, catalogue: tuple[str | Path, ...]
):
    run = succeed("train", *catalogue, "--bundle", folder / "fitted")
    assert "with the base bundle" in run.said
    (figures,) = json.loads((folder / "fitted" / "manifest.json").read_text())["trained_on"]["catalogues"].values()
    low, high = figures["gain_interval_95"]
    verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
    assert f"({verdict}:" in run.said
    fitted, shipped = load_bundle(str(folder / "fitted")), load_bundle(None)
    assert fitted.encoder_fingerprint == shipped.encoder_fingerprint, "codes need not be made again"
    assert not np.array_equal(fitted.titled.discriminator.second.slopes, shipped.titled.discriminator.second.slopes)
    assert np.array_equal(fitted.untitled.discriminator.second.slopes, shipped.untitled.discriminator.second.slopes)


def test_encode_gives_every_usable_listing_codes_and_keeps_the_rest(encoded: Path, sample: Path):
    table = pq.read_table(encoded / "listings").to_pandas().set_index("posting_id")
    original = pd.read_csv(sample / "train.csv", dtype=str).set_index("posting_id")
    assert set(table.index) == (set(original.index) | set(FAULTS)) - QUARANTINED
    assert (table.loc[original.index, "phash"] == original["image_phash"]).all(), "a missing hash is computed"
    assert table.loc["no-title", "title_embedding"] is None
    for name in ("broken-photo", "missing-photo", "outside"):
        assert table.loc[name, "image_embedding"] is None
        assert table.loc[name, "title_embedding"] is not None
        assert len(table.loc[name, "failures"]) == 1
    assert len(set(table["encoder"])) == 1
    quarantine = pq.read_table(encoded / "quarantine").to_pandas()
    assert set(quarantine["posting_id"]) == QUARANTINED | {original.index[3]}
    assert quarantine["reason"].str.len().min() > 10


def test_match_answers_for_every_listing_and_counts_what_it_did(matched: Path, sample: Path):
    submission = pd.read_csv(matched / "submission.csv", dtype=str)
    original = pd.read_csv(sample / "train.csv", dtype=str)
    assert set(submission["posting_id"]) == set(original["posting_id"]) | set(FAULTS)
    assert submission["posting_id"].is_unique
    for row in submission.itertuples():
        members = row.matches.split()
        assert members[0] == row.posting_id
        assert len(members) == len(set(members)) <= 50
    pairs = pq.read_table(matched / "matches").to_pandas()
    assert (pairs["posting_id_l"] < pairs["posting_id_r"]).all()
    assert not pairs.duplicated(["posting_id_l", "posting_id_r"]).any()
    assert pairs["probability"].between(0, 1).all()
    likely = pairs[pairs["probability"].between(0.01, 0.99)]
    evidence = likely[[name for name in pairs if name.endswith("_evidence")]].sum(axis=1)
    odds = np.log(likely["probability"] / (1 - likely["probability"]))
    assert np.allclose(likely["prior"] + evidence, odds, atol=1e-3)
    summary = json.loads((matched / "summary.json").read_text())
    assert summary["candidate_pairs"] == len(pairs)
    assert summary["listings"] == len(pq.read_table(matched / "groups"))
    assert summary["quarantined"] == len(QUARANTINED) + 1
    assert set(summary["seconds"]) == {"index", "block", "score", "group", "write"}
    assert not (matched / "_work").exists()


def test_a_missing_modality_leaves_its_distance_empty(matched: Path):
    pairs = pq.read_table(matched / "matches").to_pandas()
    without = pairs[(pairs["posting_id_l"] == "no-title") | (pairs["posting_id_r"] == "no-title")]
    assert len(without)
    assert without["title_distance"].isna().all()
    assert without["image_distance"].notna().all()


def test_evaluate_finds_the_groups_good_and_writes_the_scores(folder: Path, matched: Path, encoded: Path):
    truth, out = folder / "catalogue" / "train.csv", folder / "metrics.json"
    arguments = ("--listings", truth, "--submission", matched / "submission.csv", "--encoded", encoded, "--output", out)
    run = succeed("evaluate", *arguments)
    assert "row-wise mean" in run.said
    metrics = json.loads(out.read_text())
    labels = pd.read_csv(truth, dtype=str).dropna(subset="label_group").set_index("posting_id")["label_group"]
    claims = pd.read_csv(matched / "submission.csv", dtype=str).set_index("posting_id")["matches"].str.split()
    rows = oracles.score_rows(labels.to_dict(), claims.to_dict())
    assert metrics["row_wise"]["f1"] == pytest.approx(np.mean([f1 for *_, f1 in rows.values()]))
    alone = (2 / (1 + labels.map(labels.value_counts()))).mean()
    assert metrics["row_wise"]["f1"] > alone + 0.2, "much better than each listing by itself"
    assert metrics["blocking"]["pairs_completeness"] > 0.9
    assert 0 < metrics["blocking"]["reduction_ratio"] < 1
    assert metrics["unlabelled_listings"] == len(FAULTS)


def test_the_shipped_bundle_is_used_where_none_is_named(folder: Path, catalogue: tuple[str | Path, ...], encoded: Path):
    run = submit("match", "--encoded", encoded, "--output", folder / "other")
    assert run.code == 2
    assert "name the bundle that it was encoded with" in run.said
    assert "Traceback" not in run.said
    assert not (folder / "other").exists()


@pytest.mark.parametrize(
    ("job", "arguments", "said"),
    [
        ("encode", ["--listings", "no.csv", "--images", ".", "--output", "x"], "listings not found: no.csv"),
        (
            "encode",
            ["--listings", "setup.py", "--images", "no", "--output", "x"],
            "images folder not found: no; for a catalogue without photos name an empty folder",
        ),
        ("match", ["--encoded", ".", "--output", "x"], "has no manifest.json"),
        ("match", ["--encoded", ".", "--output", "x", "--bundle", "no"], "no bundle at no"),
        (
            "train",
            ["--listings", "x", "--images", ".", "--bundle", "x", "--set", "training.epoch=3"],
            "did you mean epochs?",
        ),
        (
            "train",
            ["--listings", "x", "--images", ".", "--images", ".", "--bundle", "x"],
            "--listings was given 1 times and --images 2 times",
        ),
        (
            "train",
            ["--listings", "x", "--images", ".", "--bundle", "x", "--set", "image_tower.name=small-cnn"],
            "other towers need training.base=scratch",
        ),
        ("evaluate", ["--listings", "setup.py", "--submission", "no.csv"], "submission not found: no.csv"),
    ],
)
def test_what_cannot_work_is_refused_before_spark_starts(job: str, arguments: list[str], said: str):
    assert said in refused_here(job, *arguments).said
    assert not (ROOT / "x").exists()
