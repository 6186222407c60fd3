"""The text tower: any TF-Hub sentence encoder with the signature `string[N] → float32[N, D]`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kembar.config import BUILTIN as BUILTIN
from kembar.encoding.towers.runtime import tensorflow
from kembar.encoding.towers.use import use_fingerprint, use_path
from kembar.errors import ConfigError
from kembar.index.vectors import normalise_rows
from kembar.storage.cache import file_fingerprint


class TextTower:
    """Runs titles through a SavedModel.

    Args:
        handle: `BUILTIN`, a folder, or another handle for `hub.load`. A SavedModel is code: load only what you trust.
        threads: Threads of TensorFlow, 0 for its own choice.
        cache: The folder of the built-in model, or None for that of the user.

    Raises:
        ConfigError: The model cannot be built or loaded, or does not map `string[N]` to `float32[N, D]`.
    """

    def __init__(self, handle: str = BUILTIN, threads: int = 0, cache: Path | None = None):
        self._tf = tensorflow(threads)
        import tensorflow_hub as hub
        import tensorflow_text  # noqa: F401  registers the tokenizer's operations before the graph is read

        place = str(use_path(cache)) if handle == BUILTIN else handle
        try:
            self._model = hub.load(place)
            probe = np.asarray(self._model(self._tf.constant(["kembar"])))
        except Exception as error:
            raise ConfigError(
                f"text_tower.handle: expected a TF-Hub handle or SavedModel folder that takes string[N] to "
                f"float32[N, D], received {handle!r}, which failed: {error}"
            ) from error
        if probe.ndim != 2 or len(probe) != 1 or probe.dtype != np.float32:
            raise ConfigError(
                f"text_tower.handle: expected a model that takes string[N] to float32[N, D], received {handle!r}, "
                f"which took string[1] to {probe.dtype}{list(probe.shape)}"
            )
        self.dim = int(probe.shape[1])
        self.fingerprint = _fingerprint(handle)

    def embed(self, titles: Sequence[str], batch_size: int = 256) -> NDArray[np.float32]:
        """L2-normalised embeddings `[N, dim]` of normalised titles.

        Titles of similar length share a batch, because a batch is padded to its longest title.
        """
        out = np.empty((len(titles), self.dim), np.float32)
        order = np.argsort([len(title) for title in titles], kind="stable")
        for start in range(0, len(titles), batch_size):
            rows = order[start : start + batch_size]
            out[rows] = self._model(self._tf.constant([titles[row] for row in rows])).numpy()
        return normalise_rows(out)


def _fingerprint(handle: str) -> str:
    if handle == BUILTIN:
        return use_fingerprint()
    folder = Path(handle)
    return file_fingerprint(*sorted(p for p in folder.rglob("*") if p.is_file())) if folder.is_dir() else handle
