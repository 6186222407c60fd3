"""What SECURITY.md promises of the code as a whole: nothing runs what it reads, and nothing needs a network."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.submit import ROOT, SUBMIT

SOURCES = sorted(path for folder in ("lib", "udfs", "jobs") for path in (ROOT / folder).rglob("*.py"))
UNPICKLER, SAVED_MODELS = ROOT / "lib/kembar/towers/unpickle.py", ROOT / "lib/kembar/towers/text.py"
CODE_LOADERS = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib", "torch", "yaml", "runpy", "code"}
PROGRAMS = {"subprocess", "pty", "multiprocessing.connection"}
NETWORK = {"socket", "ssl", "http", "urllib.request", "requests", "urllib3", "ftplib", "smtplib", "xmlrpc", "asyncio"}
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "load_model", "unsafe_load"}


def offences(source: str) -> set[str]:
    """What a source has that could run what it reads, start a program or reach a network."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
            found |= (names | {name.split(".")[0] for name in names}) & (CODE_LOADERS | PROGRAMS | NETWORK)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {node.module, node.module.split(".")[0], *(f"{node.module}.{alias.name}" for alias in node.names)}
            found |= names & (CODE_LOADERS | PROGRAMS | NETWORK)
        elif isinstance(node, ast.Call):
            found |= call_offences(node)
    return found


def call_offences(node: ast.Call) -> set[str]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    owner = function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else ""
    if (name in CALLS and owner != "re") or (name.startswith(("exec", "spawn")) and owner == "os"):
        return {name}
    if name == "load" and owner in {"np", "numpy"}:
        allowed = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
        return set() if allowed.get("allow_pickle") is False else {"np.load"}
    return {f"{owner}.load"} if name == "load" and owner in {"hub", "saved_model", "keras"} else set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", "pickle"),
        ("def f():\n    from torch import load", "torch"),
        ("eval('1')", "eval"),
        ("import os\nos.system('ls')", "system"),
        ("import os\nos.execv('a', [])", "execv"),
        ("np.load('a.npy')", "np.load"),
        ("np.load('a.npy', allow_pickle=True)", "np.load"),
        ("import subprocess", "subprocess"),
        ("keras.models.load_model('a')", "load_model"),
        ("hub.load('a')", "hub.load"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from urllib import request", "urllib.request"),
    ],
)
def test_each_way_to_run_what_was_read_would_be_seen(source: str, found: str):
    assert found in offences(source)


@pytest.mark.parametrize("source", ["np.load('a', allow_pickle=False)", "re.compile('a')", "json.loads('1')"])
def test_plain_reading_is_none(source: str):
    assert offences(source) == set()


def test_nothing_runs_what_it_reads_starts_programs_or_opens_connections():
    """The restricted reader of PyTorch's format has tests of its own; SavedModels load in one place alone."""
    known = {UNPICKLER: {"pickle"}, SAVED_MODELS: {"hub.load"}}
    found = {path: offences(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == known
    assert len(SOURCES) > 80


def test_every_package_is_pinned_by_hash_and_none_names_where_it_comes_from():
    for lock in ("requirements.lock", "requirements-build.lock"):
        text = (ROOT / lock).read_text()
        assert "://" not in text
        packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line and line.endswith("\\") for line in packages)
    locked = {line.split()[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    for pins in ("requirements.txt", "requirements-dev.txt", "requirements-build.txt"):
        named = [line for line in (ROOT / pins).read_text().splitlines() if line and not line.startswith("#")]
        assert {line.lower().replace("_", "-") for line in named} <= locked, f"make lock after a change of {pins}"


LOOPBACK_UP = "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41))"


def isolated(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command where there is no network but the loopback of its own."""
    inside = f'"{sys.executable}" -c "{LOOPBACK_UP}" && exec "$@"'
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK", "PYSPARK"))}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    whole = ["unshare", "--net", "sh", "-c", inside, "sh", *map(str, command)]
    return subprocess.run(whole, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=600, check=False)


def test_encode_and_match_need_no_network(sample: Path, tmp_path: Path):
    if not shutil.which("unshare") or isolated("true").returncode:
        pytest.skip("a network namespace needs Linux and the right to make one")
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    assert "refused" in isolated(sys.executable, "-c", probe).stderr, "its own loopback is there"
    assert "unreachable" in isolated(sys.executable, "-c", probe.replace("127.0.0.1", "192.0.2.1")).stderr, (
        "and no more"
    )
    rows = (sample / "train.csv").read_text().splitlines(keepends=True)[:25]
    (tmp_path / "few.csv").write_text("".join(rows))
    catalogue = ("--listings", tmp_path / "few.csv", "--images", sample / "images", "--output", tmp_path / "encoded")
    for job, *arguments in (("encode", *catalogue), ("match", "--encoded", tmp_path / "encoded", "--output", tmp_path)):
        done = isolated(SUBMIT, "--conf", "spark.ui.enabled=false", ROOT / "jobs" / f"{job}.py", *arguments)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert len((tmp_path / "submission.csv").read_text().splitlines()) == 25
