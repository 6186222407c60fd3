"""One TensorFlow a process, and one of each tower in it, however many tasks it serves."""

import os
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kembar.towers.image import ImageTower
    from kembar.towers.text import TextTower


@cache
def tensorflow(threads: int = 0) -> Any:
    """TensorFlow, quiet, and with `threads` threads where that is not 0 and it is still free to choose.

    A Spark worker must not take more threads than its task has cores, or workers fight.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    try:
        for gpu in tf.config.list_physical_devices("GPU"):
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
def get_image_tower(name: str, threads: int = 0, weights: bytes | None = None) -> "ImageTower":
    """The image tower of this process."""
    from kembar.towers.image import ImageTower

    return ImageTower(name, threads, weights)
