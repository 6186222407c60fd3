"""Spark's settings for each kind of cluster: every key is one that Spark knows, has its reason, and is accepted."""

import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from kembar.encoding.towers.runtime import share_machine, show_gpus
from tests.submit import QUICK_JAVA, ROOT, SUBMIT

FILES = sorted((ROOT / "conf").glob("*.conf"))
WHOLE = [file for file in FILES if file.stem != "gpu"]
"""Those that stand alone; gpu.conf is put behind another."""


def settings_of(file: Path) -> dict[str, str]:
    """Keys and values as spark-submit reads them: the first white space parts the two."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    return dict(re.split(r"\s+", line, maxsplit=1) for line in lines if line and not line.startswith("#"))


def test_there_is_one_for_each_kind_of_cluster():
    assert {file.stem for file in FILES} == {"spark-defaults", "standalone", "yarn", "kubernetes", "gpu"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_setting_is_written_once_with_its_reason_above(file: Path):
    lines = file.read_text().splitlines()
    keys = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert keys
    assert len(keys) == len(set(keys))
    for before, line in zip(["", *lines], lines, strict=False):
        if line and not line.startswith("#"):
            assert before.startswith("# "), line


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_key_is_one_that_spark_has(file: Path, spark: SparkSession):
    """Spark ignores a key that it does not know, so a misspelt one would say nothing."""
    jvm = spark._jvm
    for name in ("internal.config.package$", "deploy.yarn.config.package$", "deploy.k8s.Config$"):
        jvm.java.lang.Class.forName(f"org.apache.spark.{name}")
    known = jvm.org.apache.spark.internal.config.ConfigEntry
    families = ("spark.executorEnv.", "spark.kubernetes.driverEnv.", "spark.executor.resource.gpu.")
    others = {"spark.master", "spark.task.resource.gpu.amount"}
    for key in settings_of(file):
        assert key in others or key.startswith(families) or known.findEntry(key) is not None, key


def submit_script(file: Path, script: str, folder: Path, path: str = "", **settings: str) -> str:
    """What a script says that runs with a properties file, some of its settings replaced by what this machine has."""
    (folder / "script.py").write_text(script)
    here = {"spark.submit.deployMode": "client", "spark.driver.memory": "512m", "spark.executor.memory": "1g"}
    here |= {
        "spark.pyspark.python": str(SUBMIT.parent / "python"),
        "spark.ui.enabled": "false",
        **QUICK_JAVA,
        **settings,
    }
    options = [x for key, value in here.items() for x in ("--conf", f"{key}={value}")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK", "PYSPARK"))}
    environment["PATH"] = f"{path}:{environment['PATH']}"
    command = [str(SUBMIT), "--properties-file", str(file), *options, str(folder / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return next(line for line in done.stdout.splitlines() if line.startswith("SAID "))[5:]


SETTINGS = """import json
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
assert spark.range(5).count() == 5
print("SAID " + json.dumps(dict(spark.sparkContext.getConf().getAll())))
"""


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: file.stem)
def test_spark_submit_accepts_it(file: Path, tmp_path: Path):
    """On this machine, since no cluster is at hand: the master is another, and what matters is as the file says."""
    said = json.loads(submit_script(file, SETTINGS, tmp_path, **{"spark.master": "local[8]"}))
    elsewhere = {"spark.master", "spark.submit.deployMode", "spark.pyspark.python"}
    for key, value in settings_of(file).items():
        assert key in elsewhere or key.endswith(".memory") or said[key] == value


DEALT = """import os
from functools import partial
import pyarrow as pa
from pyspark.sql import SparkSession
from udfs.encoder import encode_on_its_gpu

def say(batches):
    for batch in batches:
        yield pa.RecordBatch.from_pydict({"seen": [os.environ["CUDA_VISIBLE_DEVICES"]]})

rows = SparkSession.builder.getOrCreate().range(1, numPartitions=1)
print("SAID " + rows.mapInArrow(partial(encode_on_its_gpu, say), "seen string").first()["seen"])
"""


def test_a_task_is_dealt_a_gpu_and_shows_tensorflow_that_one(tmp_path: Path):
    """On a cluster within this machine, where a stand-in for nvidia-smi says that there is a GPU with number 5."""
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 5\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    both, script = tmp_path / "both.conf", str(ROOT / "conf" / "find-gpus.sh")
    both.write_text("".join((ROOT / "conf" / f"{name}.conf").read_text() for name in ("standalone", "gpu")))
    here = {"spark.master": "local-cluster[1,8,1500]", "spark.worker.resource.gpu.amount": "1"}
    here |= {f"spark.{who}.resource.gpu.discoveryScript": script for who in ("worker", "executor")}
    assert submit_script(both, DEALT, tmp_path, str(tmp_path), **here) == "5"


def test_an_executor_holds_its_python_workers():
    """1.0 GB of TensorFlow and towers, and half as much again to work in, for each task that runs at once."""
    for name in ("yarn", "kubernetes"):
        settings = settings_of(ROOT / "conf" / f"{name}.conf")
        workers = int(settings["spark.executor.cores"]) // int(settings["spark.task.cpus"])
        assert int(settings["spark.executor.memoryOverhead"].removesuffix("g")) >= 1.5 * workers


def test_an_executor_with_a_gpu_runs_one_task_at_a_time():
    settings = settings_of(ROOT / "conf" / "gpu.conf")
    assert settings["spark.executor.cores"] == settings["spark.task.cpus"]
    assert settings["spark.executor.resource.gpu.amount"] == settings["spark.task.resource.gpu.amount"] == "1"
    assert Path(settings["spark.executor.resource.gpu.discoveryScript"]).name == "find-gpus.sh"


def test_the_discovery_script_names_the_gpus_that_nvidia_smi_counts(tmp_path: Path):
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run([ROOT / "conf" / "find-gpus.sh"], capture_output=True, text=True, env=environment, check=True)
    assert json.loads(said.stdout) == {"name": "gpu", "addresses": ["0", "1"]}


class Recorder:
    """Notes what is called on it, by name."""

    def __init__(self, calls: dict[str, tuple], name: str = "tf"):
        self._calls, self._name = calls, name

    def __getattr__(self, part: str) -> "Recorder":
        return Recorder(self._calls, part)

    def __call__(self, *values: object) -> None:
        self._calls[self._name] = values


def test_a_gpus_memory_is_taken_as_it_is_needed_and_its_arithmetic_is_the_cpus():
    calls: dict[str, tuple] = {}
    share_machine(Recorder(calls), ["a gpu"], threads=3)
    assert calls["set_memory_growth"] == ("a gpu", True)
    assert calls["enable_tensor_float_32_execution"] == (False,)
    assert calls["set_intra_op_parallelism_threads"] == (3,)


def test_without_a_gpu_only_threads_are_set():
    calls: dict[str, tuple] = {}
    share_machine(Recorder(calls), [], threads=1)
    assert set(calls) == {"set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"}
    share_machine(SimpleNamespace(), [], threads=0)


def test_a_task_sees_its_own_gpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    show_gpus(["3"])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
