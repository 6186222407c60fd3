"""A weights file can build tensors and nothing else."""

import os
import pickle
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from kembar.encoding.towers.lite0 import weights_path
from kembar.encoding.towers.unpickle import read_tensors
from kembar.errors import BundleError

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


def weights_file(shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, claimed: int = 6) -> bytes:
    """A file of one tensor "w" over a storage of the numbers 0 … 5."""

    def call(name: str, *parts: bytes) -> bytes:
        return b"ctorch._utils\n" + name.encode() + b"\n(" + b"".join(parts) + b"tR"

    def number(value: int) -> bytes:
        return b"I%d\n" % value

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\n" + number(claimed) + b"NtQ"
    tensor = call("_rebuild_tensor_v2", storage, number(offset), numbers(shape), numbers(stride))
    data = np.arange(6, dtype="<f4").tobytes()
    head = MAGIC + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    return head + b"(dS'w'\n" + tensor + b"s." + pickle.dumps(["0"], 2) + (6).to_bytes(8, "little") + data


def test_a_tensor_is_its_part_of_the_storage(tmp_path: Path):
    file = tmp_path / "a.pth"
    for shape, stride, offset in (((2, 3), (3, 1), 0), ((3, 2), (1, 3), 0), ((2,), (2,), 3), ((0, 4), (4, 1), 6)):
        file.write_bytes(weights_file(shape, stride, offset))
        want = [offset + sum(np.multiply(at, stride)) for at in np.ndindex(shape)]
        assert read_tensors(file)["w"].ravel().tolist() == want


@pytest.mark.parametrize(
    ("shape", "stride", "offset"),
    [
        ((7,), (1,), 0),
        ((2, 3), (4, 1), 0),
        ((2,), (1,), 5),
        ((2,), (-1,), 1),
        ((-1,), (1,), 0),
        ((2,), (1, 1), 0),
        ((2,), (1,), -3),
        ((2**40,), (0,), 0),
    ],
)
def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path: Path, shape, stride, offset):
    """NumPy would give what lies in memory there, or take more of it than there is."""
    file = tmp_path / "a.pth"
    file.write_bytes(weights_file(shape, stride, offset))
    with pytest.raises(BundleError, match=r"a tensor"):
        read_tensors(file)


def test_a_storage_that_claims_more_than_the_file_has_is_refused(tmp_path: Path):
    data = weights_file((2, 3), (3, 1), claimed=2**62)
    (tmp_path / "a.pth").write_bytes(data[:-32] + (2**62).to_bytes(8, "little") + data[-24:])
    with pytest.raises(BundleError, match="cut short"):
        read_tensors(tmp_path / "a.pth")


@pytest.mark.parametrize("seed", range(3))
def test_a_file_with_bytes_changed_is_read_or_refused(tmp_path: Path, seed: int):
    rng, whole, file = np.random.default_rng(seed), weights_file((2, 3), (3, 1)), tmp_path / "a.pth"
    read = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(int(rng.integers(1, 5))):
            data[rng.integers(len(data))] = rng.integers(256)
        file.write_bytes(data)
        with suppress(BundleError):
            assert all(isinstance(array, np.ndarray) for array in read_tensors(file).values())
            read += 1
    assert 0 < read < 400, "both happen"
