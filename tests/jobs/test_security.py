"""What SECURITY.md promises of the code as a whole: nothing runs what it reads, and nothing needs a network."""

import ast
import subprocess
import sys
from importlib.metadata import distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.submit import ROOT, offline

SOURCES = sorted(path for folder in ("lib", "udfs", "jobs") for path in (ROOT / folder).rglob("*.py"))
OTHERS = sorted(path for folder in ("notebooks", "docs", "scripts") for path in (ROOT / folder).rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = ROOT / "lib/kembar/encoding/photos.py"
OTHER_OPENERS = {"cv2", "imageio", "skimage", "matplotlib.image", "ImageFile", "PIL.ImageFile", "decode_image"}
UNPICKLER, SAVED_MODELS = ROOT / "lib/kembar/encoding/towers/unpickle.py", ROOT / "lib/kembar/encoding/towers/text.py"
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


def ways_to_open_pictures(source: str) -> list[str]:
    """What a source has that opens a picture: Pillow's own functions by any name, and other packages that can."""
    found, aliases = list[str](), {"Image"}
    nodes = list(ast.walk(ast.parse(source)))
    for node in nodes:
        if isinstance(node, ast.Import):
            aliases |= {alias.asname or alias.name for alias in node.names if alias.name in {"PIL.Image", "Image"}}
            found += [alias.name for alias in node.names if alias.name in OTHER_OPENERS]
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {a.asname or a.name for a in node.names if node.module == "PIL" and a.name == "Image"}
            found += [f"PIL.Image.{a.name}" for a in node.names if (node.module, a.name) == ("PIL.Image", "open")]
            found += [
                a.name for a in node.names if node.module.split(".")[0] in OTHER_OPENERS or a.name in OTHER_OPENERS
            ]
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"open", "imread", "decode_image", "decode_jpeg"}:
            owner = ast.unparse(node.value)
            found += [f"{owner}.{node.attr}"] if node.attr != "open" or owner in aliases | {"PIL.Image"} else []
    return found


@pytest.mark.parametrize(
    "source",
    [
        "from PIL import Image\nImage.open('a')",
        "from PIL import Image as I\nwith I.open('a') as i: pass",
        "import PIL.Image\nPIL.Image.open('a')",
        "import PIL.Image as P\nP.open('a')",
        "from PIL.Image import open as o",
        "from PIL import Image\nf = Image.open",
        "import cv2",
        "from PIL import ImageFile",
        "plt.imread('a')",
        "tf.io.decode_image(b'')",
        "tf.io.decode_jpeg(b'')",
    ],
)
def test_each_way_to_open_a_picture_would_be_seen(source: str):
    assert ways_to_open_pictures(source)


def test_pictures_are_opened_in_one_place_with_its_checks():
    """Anything else could reach forty more of Pillow's decoders, of which one starts Ghostscript."""
    found = {path: ways_to_open_pictures(path.read_text(encoding="utf-8")) for path in [*SOURCES, *OTHERS]}
    assert {path: ways for path, ways in found.items() if ways} == {PICTURES: ["Image.open"]}
    assert [path for path in NOTEBOOKS if "Image.open" in path.read_text(encoding="utf-8")] == []


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


def test_what_is_required_with_extras_is_locked_with_them():
    """pip looks for `name[extra]` by itself, and has no hash for the newer version of `name` that it finds."""
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1].isalnum()]
    locked = [Requirement(line.split(";")[0].rstrip("\\ ")) for line in lines]
    with_extras = {(canonicalize_name(each.name), extra) for each in locked for extra in each.extras}
    installed = [each for each in locked if any(distributions(name=each.name))]
    asked = [Requirement(text) for each in installed for text in requires(each.name) or []]
    asked = [each for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]
    needed = {(canonicalize_name(each.name), extra) for each in asked for extra in each.extras}
    assert ("coverage", "toml") in needed <= with_extras, "make lock"


def test_jobs_run_without_a_network(matched: Path):
    """All tests that run jobs run them so; here is the proof that a connection is impossible there."""
    if not offline():
        pytest.skip("a network namespace needs Linux and the right to make one")
    assert (matched / "submission.csv").exists()

    def connect(host: str) -> str:
        probe = f"import socket; socket.create_connection(({host!r}, 9), 1)"
        command = [*offline(), sys.executable, "-c", probe]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    assert "refused" in connect("127.0.0.1"), "its own loopback is there"
    assert "unreachable" in connect("192.0.2.1"), "and nothing else"
