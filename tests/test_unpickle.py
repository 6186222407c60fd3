"""A weights file can build tensors and nothing else."""

import os
import pickle
from pathlib import Path

import pytest

from kembar.errors import BundleError
from kembar.towers.lite0 import weights_path
from kembar.towers.unpickle import read_tensors

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)


class Evil:
    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return os.system, (f"touch {self.target}",)


def test_a_pickle_that_calls_something_is_refused_and_the_call_not_made(tmp_path: Path):
    touched, file = tmp_path / "touched", tmp_path / "evil.pth"
    for stream in (
        pickle.dumps(Evil(touched), 2),
        MAGIC + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + pickle.dumps(Evil(touched), 2),
    ):
        file.write_bytes(stream)
        with pytest.raises(BundleError, match=r"system, which no tensor needs"):
            read_tensors(file)
    assert not touched.exists()


@pytest.mark.parametrize("module", ["builtins", "os", "torch._utils", "numpy"])
def test_no_other_name_can_be_reached(tmp_path: Path, module: str):
    file = tmp_path / "evil.pth"
    file.write_bytes(f"c{module}\neval\n.".encode())
    with pytest.raises(BundleError, match=f"{module}.eval"):
        read_tensors(file)


def test_rubbish_and_half_a_file_are_refused_by_name(tmp_path: Path):
    file = tmp_path / "half.pth"
    for data in (b"", b"rubbish", MAGIC, weights_path().read_bytes()[:200_000]):
        file.write_bytes(data)
        with pytest.raises(BundleError, match=r"half\.pth"):
            read_tensors(file)
    file.write_bytes(pickle.dumps(7))
    with pytest.raises(BundleError, match="not a PyTorch weights file"):
        read_tensors(file)
