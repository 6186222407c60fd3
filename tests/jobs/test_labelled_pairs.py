"""Labels in pairs alone: trained on, scored and evaluated by the jobs, at the level of exact items."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from kembar.model.bundle_files import load_bundle
from tests.submit import succeed, succeed_here


@pytest.fixture(scope="module")
def pairs(folder: Path, sample: Path) -> Path:
    """Labelled pairs, half of them matches and half of them neighbours in the catalogue, as benchmarks write them."""
    listings = pd.read_csv(sample / "train.csv", dtype=str)
    both = listings.merge(listings, on="label_group")
    same = both[both["posting_id_x"] < both["posting_id_y"]][["posting_id_x", "posting_id_y"]].to_numpy()
    rng, label = np.random.default_rng(3), listings.set_index("posting_id")["label_group"]
    drawn = rng.choice(listings["posting_id"].to_numpy(), (1000, 2))
    other = np.array([pair for pair in drawn if label[pair[0]] != label[pair[1]]])[: len(same)]
    table = pd.DataFrame(np.concatenate([same, other]), columns=["l", "r"])
    table["label"] = np.repeat([1, 0], [len(same), len(other)])
    table.to_csv(folder / "pairs.csv", index=False)
    return folder / "pairs.csv"


@pytest.fixture(scope="module")
def fitted(spark: SparkSession, folder: Path, sample: Path, pairs: Path) -> Path:
    """A bundle fitted to the pairs of a catalogue without label_group."""
    listings = pd.read_csv(sample / "train.csv", dtype=str).drop(columns="label_group")
    listings.to_csv(folder / "unlabelled.csv", index=False)
    catalogue = ("--listings", folder / "unlabelled.csv", "--images", sample / "images")
    bundle = folder / "pair-bundle"
    run = succeed_here("train", *catalogue, "--decisions", pairs, "--level", "variant", "--bundle", bundle)
    assert "on left-out products" in run.said
    return bundle


@pytest.fixture(scope="module")
def coded(spark: SparkSession, folder: Path, sample: Path) -> Path:
    """The catalogue, encoded with the shipped bundle."""
    catalogue = ("--listings", sample / "train.csv", "--images", sample / "images")
    succeed_here("encode", *catalogue, "--output", folder / "coded")
    return folder / "coded"


def test_pairs_alone_train_the_decider_of_their_level(fitted: Path):
    mine, shipped = load_bundle(str(fitted)), load_bundle(None)
    assert mine.encoder_fingerprint == shipped.encoder_fingerprint, "codes need not be made again"
    assert mine.variant and shipped.variant
    assert not np.array_equal(mine.variant.discriminator.second.slopes, shipped.variant.discriminator.second.slopes)
    assert np.array_equal(mine.titled.discriminator.second.slopes, shipped.titled.discriminator.second.slopes)
    (figures,) = json.loads((fitted / "manifest.json").read_text())["trained_on"]["catalogues"].values()
    assert figures["f1"] > 0.8


def test_scores_keep_the_rows_of_the_file_and_are_evaluated(folder: Path, coded: Path, pairs: Path, fitted: Path):
    scores = folder / "scores.csv"
    asked = pd.read_csv(pairs, dtype=str)
    asked.loc[len(asked)] = ["gone", asked["r"][0], "0"]
    asked.to_csv(folder / "asked.csv", index=False)
    arguments = ("--encoded", coded, "--bundle", fitted, "--pairs", folder / "asked.csv", "--output", scores)
    run = succeed("score", *arguments, "--set", "grouping.level=variant")
    assert f"{len(asked) - 1:,} pairs scored, 1 without a listing" in run.said
    table = pd.read_csv(scores)
    assert (table["posting_id_l"].tolist(), table["posting_id_r"].tolist()) == (
        asked["l"].tolist(),
        asked["r"].tolist(),
    )
    assert table["probability"].isna().tolist() == [False] * (len(asked) - 1) + [True]
    assert table["reason"].iloc[-1] == "posting_id_l is not in the encoded catalogue"
    evidence = table[[name for name in table.columns if name.endswith("_evidence")]].sum(axis=1)
    odds = (table["prior"] + evidence)[:-1]
    assert np.allclose(1 / (1 + np.exp(-odds)), table["probability"][:-1], atol=1e-4)
    run = succeed("evaluate", "--pairs", folder / "asked.csv", "--scores", scores, "--output", folder / "pair.json")
    assert "average precision" in run.said
    metrics = json.loads((folder / "pair.json").read_text())
    assert metrics["f1"] > 0.8
    assert metrics["without_score"] == 1


def test_groups_of_exact_items_lie_closer_than_those_of_products(folder: Path, coded: Path):
    groups = {}
    for level in ("product", "variant"):
        output = folder / f"matched-{level}"
        succeed_here("match", "--encoded", coded, "--output", output, "--set", f"grouping.level={level}")
        groups[level] = pq.read_table(output / "groups").to_pandas().set_index("posting_id")["group_size"]
    assert groups["variant"].mean() < groups["product"].mean()
