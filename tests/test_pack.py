"""The environment that travels to executors: what kembar imports and what that needs, and nothing for development."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pack_env
import pytest

from tests.submit import ROOT

RUNTIME = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
FOR_DEVELOPMENT = {"pytest", "ruff", "mypy", "matplotlib", "ipykernel", "kembar"}


def test_what_is_required_is_packed_with_what_it_needs_and_no_more():
    packed = pack_env.needed(RUNTIME)
    assert {"tensorflow", "faiss-cpu", "scipy"} <= set(packed)
    assert {"h5py", "grpcio", "threadpoolctl"} <= set(packed), "which tensorflow and scikit-learn need"
    assert not FOR_DEVELOPMENT & set(packed)


def test_headers_and_tests_stay_and_sparks_own_python_goes_by_name_alone():
    packed = pack_env.needed(["pyspark", "pandas", "numpy"])
    files = {name: [place for _, place in pack_env.files_of(name, package)] for name, package in packed.items()}
    assert not [place for place in files["numpy"] if place.endswith((".a", ".h"))]
    assert not [place for place in files["pandas"] if place.startswith("pandas/tests/")]
    assert "pandas/core/frame.py" in files["pandas"]
    assert files["pyspark"]
    assert all(".dist-info/" in place for place in files["pyspark"])


def test_an_unpacked_archive_is_an_environment_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wanted = pack_env.needed(["filelock"])
    monkeypatch.setattr(pack_env, "needed", lambda _: wanted)
    packages, size = pack_env.pack(tmp_path / "env.tar.gz", Path(sys.executable).resolve())
    assert (packages, size > 10_000) == (1, True)
    with tarfile.open(tmp_path / "env.tar.gz") as archive:
        archive.extraction_filter = getattr(tarfile, "tar_filter", lambda member, _: member)  # 3.11.4 brought it
        archive.extractall(tmp_path / "anywhere")
    code = "import sys; from importlib.util import find_spec as f; print(sys.prefix, f('filelock').origin, f('numpy'))"
    known = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    said = subprocess.run(
        [tmp_path / "anywhere" / "bin" / "python", "-c", code], capture_output=True, text=True, env=known, check=True
    )
    prefix, file, numpy = said.stdout.split()
    assert prefix == str(tmp_path / "anywhere")
    assert file.startswith(prefix)
    assert numpy == "None"
