"""One TensorFlow a process, quiet, with the threads and the GPU that are its task's."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any


@contextmanager
def without_stderr() -> Iterator[None]:
    """TensorFlow's C++ greets with lines about CPU and CUDA that no log level hides; errors come as exceptions."""
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
    """TensorFlow, quiet, and with `threads` threads where that is not 0 and it is still free to choose.

    A Spark worker must not take more threads than its task has cores, or workers fight.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with without_stderr():
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    tf.get_logger().setLevel("ERROR")
    warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)  # tensorflow-hub asks for it
    with suppress(RuntimeError):  # where the process has run an operation already, its settings stay
        share_machine(tf, gpus, threads)
    return tf


def share_machine(tf: Any, gpus: Sequence[Any], threads: int) -> None:
    """Take no more of the machine than is due: `threads` threads where that is not 0, and GPU memory as it is needed.

    TensorFlow would otherwise take all of a GPU's memory at once, also what CUDA's own libraries need. A GPU must not
    multiply with 10 bits of mantissa either (TF32): a catalogue's codes may come from machines with and without one.
    """
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if gpus:
        tf.config.experimental.enable_tensor_float_32_execution(False)
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def show_gpus(addresses: Sequence[str]) -> None:
    """Let TensorFlow see these GPUs alone; to be called before it is loaded, and without effect after.

    Spark says which GPU is a task's but hides the others from it on no machine that it does not own.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(addresses)
