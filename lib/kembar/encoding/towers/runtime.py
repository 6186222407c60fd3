"""Loads TensorFlow once in a process, quietly, with the threads and the GPU of its task."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any


@contextmanager
def without_stderr() -> Iterator[None]:
    """Silence lines of TensorFlow's C++ about CPU and CUDA that no log level hides. Errors are exceptions."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@cache
def tensorflow(threads: int = 0) -> Any:
    """Load TensorFlow with `threads` threads, 0 for its own choice. After its first operation it keeps its settings.

    A Spark worker must not use more threads than its task has cores, or workers compete.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_stderr():
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    tf.get_logger().setLevel("ERROR")
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)  # tensorflow-hub asks for it
    with suppress(RuntimeError):  # after an operation has run
        share_machine(tf, gpus, threads)
    return tf


def share_machine(tf: Any, gpus: Sequence[Any], threads: int) -> None:
    """Limit TensorFlow to `threads` threads (0 for its own choice), and let it take GPU memory only as needed.

    Otherwise it takes all memory of a GPU at once, even what CUDA's own libraries need. TF32, which multiplies with 10
    bits of mantissa, is switched off, because the codes of a catalogue may come from machines with and without a GPU.
    """
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if gpus:
        tf.config.experimental.enable_tensor_float_32_execution(False)
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def show_gpus(addresses: Sequence[str]) -> None:
    """Let TensorFlow see only these GPUs. Call it before TensorFlow is loaded.

    Spark tells which GPU a task has, but it does not always hide the others.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(addresses)
