"""One TensorFlow a process, and one of each tower in it, however many tasks it serves."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kembar.towers.image import ImageTower
    from kembar.towers.text import TextTower


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
    try:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # the process has run an operation already; its settings stay
    return tf


@lru_cache(maxsize=2)
def get_text_tower(handle: str, threads: int = 0) -> "TextTower":
    """The text tower of this process."""
    from kembar.towers.text import TextTower

    return TextTower(handle, threads)


@lru_cache(maxsize=2)
def get_image_tower(
    name: str, threads: int = 0, weights: bytes | None = None, precision: str = "float32"
) -> "ImageTower":
    """The image tower of this process."""
    from kembar.towers.image import ImageTower

    return ImageTower(name, threads, weights, precision)
