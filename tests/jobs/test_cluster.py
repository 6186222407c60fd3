"""Encode and match by spark-submit on a standalone cluster of two workers, kembar travelling as a zip."""

import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from kembar.evaluation import evaluate, read_claims, read_truth
from kembar.listings.submission import read_submission
from kembar.storage.cache import cache_folder
from tests.submit import QUICK_JAVA, ROOT, SUBMIT

CONTROL = [sys.executable, str(ROOT / "scripts" / "cluster.py")]


def control(action: str, folder: Path) -> subprocess.CompletedProcess:
    command = [*CONTROL, action, "--folder", str(folder), "--memory", "2g"]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a cluster, and its folder."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        pytest.skip(f"no port can be opened here: {error}")
    folder = tmp_path_factory.mktemp("cluster")
    started = control("start", folder)
    try:
        assert started.returncode == 0, started.stderr
        yield started.stdout.strip(), folder
    finally:
        control("stop", folder)
    assert control("status", folder).stdout == "no cluster\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What make dist puts into the zip for --py-files."""
    path = tmp_path_factory.mktemp("dist") / "kembar.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for root, name in ((ROOT / "lib", "kembar"), (ROOT, "udfs")):
            for file in sorted((root / name).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(root))
    return path


def submit(url: str, package: Path, folder: Path, job: str, *arguments: str | Path) -> str:
    conf = {"spark.driver.host": "127.0.0.1", "spark.executor.cores": "1", "spark.executor.memory": "1g"}
    conf |= {"spark.pyspark.python": sys.executable, "spark.ui.enabled": "false", "spark.driver.memory": "1g"}
    conf |= {"spark.executorEnv.KEMBAR_CACHE": str(cache_folder()), "spark.sql.shuffle.partitions": "2"}
    conf |= QUICK_JAVA
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    named = ["--properties-file", ROOT / "conf" / "standalone.conf", "--master", url, "--deploy-mode", "client"]
    command = [SUBMIT, *named, *options, "--py-files", package, ROOT / "jobs" / f"{job}.py", *arguments]
    known = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK", "PY"))}
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**known, "SPARK_LOCAL_IP": "127.0.0.1"},
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_start_leaves_alone_what_runs(cluster: tuple[str, Path]):
    url, folder = cluster
    before = {file.name: file.read_text() for file in folder.glob("*.pid")}
    assert set(before) == {"master.pid", "worker-0.pid", "worker-1.pid"}
    assert control("start", folder).stdout.strip() == url
    assert {file.name: file.read_text() for file in folder.glob("*.pid")} == before
    status = control("status", folder)
    assert status.returncode == 0
    assert f"{url}: 2 workers" in status.stdout


def test_a_catalogue_is_encoded_and_matched_by_two_workers(
    cluster: tuple[str, Path], package: Path, sample: Path, tmp_path: Path
):
    url, folder = cluster
    encoded, matched = tmp_path / "encoded", tmp_path / "matched"
    inputs = ("--listings", sample / "train.csv", "--images", sample / "images")
    submit(url, package, tmp_path, "encode", *inputs, "--output", encoded)
    submit(url, package, tmp_path, "match", "--encoded", encoded, "--output", matched)
    applications = [{path.name for path in (folder / f"worker-{n}").glob("app-*")} for n in (0, 1)]
    assert applications[0] == applications[1], "each worker had an executor of each job"
    assert len(applications[0]) == 2
    assert json.loads((encoded / "manifest.json").read_text())["counts"]["listings"] == 240
    listings = pd.read_csv(sample / "train.csv", dtype=str)
    truth = read_truth(pa.Table.from_pandas(listings))
    scores = evaluate(truth, read_claims(read_submission(str(matched / "submission.csv")), truth))
    labels = listings["label_group"]
    alone = (2 / (1 + labels.map(labels.value_counts()))).mean()
    assert scores["row_wise"]["f1"] > alone + 0.2, "much better than each listing by itself"
