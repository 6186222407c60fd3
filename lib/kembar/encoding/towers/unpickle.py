"""Reads a PyTorch weights file of the format before 1.6 without PyTorch, by an unpickler that builds only tensors.

The file is a sequence of pickles (magic number, protocol, system, tensors with references to storages, keys of the
storages), then the length and the raw numbers of each storage. A pickle can name any function to call. Here only four
harmless names are allowed.
"""

import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kembar.errors import BundleError

_MAGIC = 0x1950A86A20F9469CFC6C


class _Storage:
    """The numbers of a tensor, which come later in the file."""

    def __init__(self, dtype: str, size: int):
        self.dtype, self.size = np.dtype(dtype), size
        self.data: NDArray[Any] = np.empty(0, self.dtype)


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]):
        self.storage, self.offset, self.shape, self.stride = storage, offset, shape, stride

    def array(self) -> NDArray[Any]:
        """The tensor. Raises ValueError if it reaches beyond its storage, which NumPy does not check here."""
        if self.offset < 0 or len(self.shape) != len(self.stride) or min((*self.shape, *self.stride), default=0) < 0:
            raise ValueError(f"a tensor {self.shape} of steps {self.stride} at {self.offset}")
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if math.prod(self.shape) > len(self.storage.data) or (0 not in self.shape and last >= len(self.storage.data)):
            raise ValueError(f"a tensor {self.shape} reaches beyond its storage of {len(self.storage.data)} numbers")
        data = self.storage.data[self.offset :]
        steps = tuple(step * data.itemsize for step in self.stride)
        return np.lib.stride_tricks.as_strided(data, self.shape, steps, writeable=False).copy()


def _rebuild(storage: _Storage, offset: int, shape: Any, stride: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(stride))


_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


class TensorUnpickler(pickle.Unpickler):
    """Builds tensors, containers and numbers, and refuses all other names."""

    def __init__(self, file: IO[bytes]):
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise BundleError(
                f"the weights file asks for {module}.{name}, which no tensor needs; it is not safe to read"
            )
        return _ALLOWED[module, name]

    def persistent_load(self, reference: Any) -> _Storage:
        _, dtype, key, _, size, *_ = reference
        return self.storages.setdefault(str(key), _Storage(dtype, int(size)))


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read the tensors of a file by name.

    Raises:
        BundleError: The file has another format, is cut short, or asks for anything but tensors.
    """
    with path.open("rb") as file:
        try:
            if TensorUnpickler(file).load() != _MAGIC:
                raise BundleError(f"{path} is not a PyTorch weights file of the format before 1.6")
            for _ in ("protocol", "system"):
                TensorUnpickler(file).load()
            reader = TensorUnpickler(file)
            tensors = reader.load()
            for key in TensorUnpickler(file).load():
                _fill(file, reader.storages[str(key)], path.stat().st_size)
            return {str(name): tensor.array() for name, tensor in tensors.items()}
        except BundleError:
            raise
        except Exception as error:  # a damaged pickle can raise anything
            raise BundleError(f"{path} cannot be read as a PyTorch weights file: {error!r}") from error


def _fill(file: IO[bytes], storage: _Storage, file_size: int) -> None:
    length = int.from_bytes(file.read(8), "little")
    raw = file.read(min(length * storage.dtype.itemsize, file_size))
    if length != storage.size or len(raw) != length * storage.dtype.itemsize:
        raise ValueError(f"a storage of {storage.size} numbers is cut short")
    storage.data = np.frombuffer(raw, storage.dtype)
