"""One lazy Spark session for all tests, one sample catalogue, and one run of each job on it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer

from kembar.config import Settings, load_settings
from kembar.synthetic import write_catalogue
from tests.shares import ByFixtures, group_of
from tests.submit import FAULTS, QUARANTINED, QUICK_JAVA, SLOTS, succeed_here

os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
_CHAIN = {"bundle", "encoded", "matched"}
"""Fixtures that run a job on the result of the one before, which takes minutes."""
_RUNS = _CHAIN | {"undisturbed", "browser"}
"""Fixtures that run jobs, or a browser."""
_SLOW_FOLDERS = {"benchmarks", "docs", "jobs", "synthetic"}
_SUBMITS = ("submit", "succeed", "run_here", "succeed_here", "refused_here", "SUBMIT")
"""What modules import from `tests.submit` to run jobs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs jobs as `slow` and what needs a session as `spark`; `make test-fast` leaves both out.

    Where two processes share the tests, they begin with what takes longest.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        slow = item.path.parent.name in _SLOW_FOLDERS and "tests" in item.path.parts
        if slow or fixtures & _RUNS or any(hasattr(getattr(item, "module", None), name) for name in _SUBMITS):
            item.add_marker("slow")
        elif "spark" in fixtures:
            item.add_marker("spark")
        if fixtures & _CHAIN and group_of(item.nodeid) != "chain":
            raise pytest.UsageError(f"add {item.nodeid.split('::')[0]} to CHAIN_MODULES in tests/shares.py")
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: (group_of(item.nodeid) != "chain", item.get_closest_marker("slow") is None))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFixtures:
    return ByFixtures(config, log)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = (
        SparkSession.builder.master(f"local[{SLOTS}]")
        .config("spark.default.parallelism", 2)
        .appName("kembar tests")
        .config("spark.sql.shuffle.partitions", 1)
        .config("spark.ui.enabled", "false")
        .config(map=QUICK_JAVA)
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of 240 listings: train.csv and images/. Read it, don't write to it."""
    folder = tmp_path_factory.mktemp("sample") / "catalogue"
    write_catalogue(folder, listings=240, seed=11, photo_px=160)
    return folder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """catalogue/ with faults; every tenth hash is left out, to be computed from the photo."""
    root = tmp_path_factory.mktemp("jobs")
    shutil.copytree(sample, root / "catalogue")
    listings = pd.read_csv(root / "catalogue" / "train.csv", dtype=str, keep_default_na=False)
    listings.loc[::10, "image_phash"] = ""
    known = listings["image"][0]
    (root / "catalogue" / "images" / "broken.jpg").write_bytes(b"\xff\xd8 not a photo")
    rows = [(name, known if image == "SAME" else image, *rest, "") for name, (image, *rest) in FAULTS.items()]
    extra = pd.DataFrame([*rows, tuple(listings.iloc[3])], columns=listings.columns)
    pd.concat([listings, extra]).to_csv(root / "catalogue" / "train.csv", index=False)
    return root


@pytest.fixture(scope="session")
def catalogue(folder: Path) -> tuple[str | Path, ...]:
    return "--listings", folder / "catalogue" / "train.csv", "--images", folder / "catalogue" / "images"


@pytest.fixture(scope="session")
def bundle(spark: SparkSession, folder: Path, catalogue: tuple[str | Path, ...]) -> Path:
    """Trained on every other product of the catalogue, and on its faults, since fits take what pairs take."""
    listings = pd.read_csv(folder / "catalogue" / "train.csv", dtype=str, keep_default_na=False)
    labels = {"", *listings["label_group"].unique()[::2]}
    listings[listings["label_group"].isin(labels)].to_csv(folder / "catalogue" / "half.csv", index=False)
    few = ("training.base=scratch", "training.epochs=3", "training.batch_size=64")
    run = succeed_here(
        "train",
        "--listings",
        folder / "catalogue" / "half.csv",
        *catalogue[2:],
        "--bundle",
        folder / "bundle",
        *[x for text in few for x in ("--set", text)],
    )
    assert "on left-out products" in run.said
    return folder / "bundle"


@pytest.fixture(scope="session")
def encoded(folder: Path, catalogue: tuple[str | Path, ...], bundle: Path) -> Path:
    run = succeed_here("encode", *catalogue, "--output", folder / "encoded", "--bundle", bundle)
    assert f"quarantined {len(QUARANTINED) + 1}" in run.said
    return folder / "encoded"


@pytest.fixture(scope="session")
def matched(folder: Path, encoded: Path, bundle: Path) -> Path:
    succeed_here("match", "--encoded", encoded, "--output", folder / "matched", "--bundle", bundle)
    return folder / "matched"
