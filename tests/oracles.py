"""The naive versions that the fast ones are checked against: plain loops, written from the definitions."""

from collections import Counter
from itertools import combinations

import numpy as np


def score_rows(truth: dict[str, str], submission: dict[str, list[str]]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and F1 of each listing by set arithmetic; truth: product by listing."""
    scores = {}
    for listing, product in truth.items():
        group = {other for other, p in truth.items() if p == product}
        said = set(submission[listing])
        hits = len(group & said)
        precision, recall = hits / len(said) if said else 0.0, hits / len(group)
        scores[listing] = (precision, recall, 2 * hits / (len(said) + len(group)))
    return scores


def pairwise(truth: dict[str, str], submission: dict[str, list[str]]) -> tuple[float, float]:
    """Precision and recall over unordered pairs, each claimed by either side."""
    said = {frozenset((a, b)) for a, others in submission.items() for b in others if a != b}
    true = {frozenset(pair) for pair in combinations(truth, 2) if truth[pair[0]] == truth[pair[1]]}
    return len(said & true) / max(len(said), 1), len(said & true) / max(len(true), 1)


def tf_idf_cosine(titles: list[list[str]], left: int, right: int) -> float:
    """(1 + ln tf) · (ln((1 + n) / (1 + df)) + 1), cosine of two titles' terms."""
    n, df = len(titles), Counter(term for title in titles for term in set(title))

    def vector(title: list[str]) -> dict[str, float]:
        weights = {t: (1 + np.log(c)) * (np.log((1 + n) / (1 + df[t])) + 1) for t, c in Counter(title).items()}
        length = np.sqrt(sum(w * w for w in weights.values()))
        return {t: w / length for t, w in weights.items()}

    a, b = vector(titles[left]), vector(titles[right])
    return float(sum(weight * b.get(term, 0.0) for term, weight in a.items()))


def average_linkage(probability: np.ndarray, threshold: float) -> list[set[int]]:
    """Merge the two clusters with the highest mean probability between them until it falls below the threshold."""
    clusters = [{row} for row in range(len(probability))]
    while len(clusters) > 1:
        means = {
            (i, j): np.mean([probability[a, b] for a in clusters[i] for b in clusters[j]])
            for i, j in combinations(range(len(clusters)), 2)
        }
        (i, j), best = max(means.items(), key=lambda item: item[1])
        if best < threshold:
            break
        clusters[i] |= clusters.pop(j)
    return clusters


def _padded(x: np.ndarray, size: int, stride: int) -> np.ndarray:
    """TensorFlow's SAME padding: as even as can be, the odd row at the end."""
    out = -(-x.shape[0] // stride)
    total = max((out - 1) * stride + size - x.shape[0], 0)
    sides = (total // 2, total - total // 2)
    return np.pad(x, (sides, sides, (0, 0)))


def convolve(x: np.ndarray, kernel: np.ndarray, stride: int, depthwise: bool) -> np.ndarray:
    """x `[h, w, in]`, kernel as PyTorch stores it `[out, in, k, k]`; one product for each place of the window."""
    size = kernel.shape[-1]
    padded, out = _padded(x, size, stride), -(-x.shape[0] // stride)
    total = np.zeros((out, out, kernel.shape[0]), np.float64)
    for i in range(size):
        for j in range(size):
            part = padded[i : i + stride * out : stride, j : j + stride * out : stride][:out, :out]
            total += part * kernel[:, 0, i, j] if depthwise else part @ kernel[:, :, i, j].T
    return total


def lite0_features(tensors: dict[str, np.ndarray], pixels: np.ndarray) -> np.ndarray:
    """EfficientNet-Lite0 on one photo from the raw weights, batch norms as written in the paper, nothing folded.

    Its last layer's 7 x 7 cells weigh as a Gaussian with a standard deviation of 0.7 does at -1, -2/3, ... 1.
    """

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        p = {part: tensors[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
        return (x - p["running_mean"]) / np.sqrt(p["running_var"] + 1e-3) * p["weight"] + p["bias"]

    def relu6(x: np.ndarray) -> np.ndarray:
        return np.clip(x, 0, 6)

    def layer(x: np.ndarray, conv: str, bn: str, stride: int = 1, depthwise: bool = False) -> np.ndarray:
        return norm(convolve(x, tensors[f"{conv}.weight"], stride, depthwise), bn)

    x = relu6(layer((pixels.astype(np.float64) - 127) / 128, "_conv_stem", "_bn0", 2))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for number, stride in enumerate(strides):
        name, y = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in tensors:
            y = relu6(layer(y, f"{name}._expand_conv", f"{name}._bn0"))
        y = relu6(layer(y, f"{name}._depthwise_conv", f"{name}._bn1", stride, depthwise=True))
        y = layer(y, f"{name}._project_conv", f"{name}._bn2")
        x = x + y if stride == 1 and y.shape == x.shape else y
    cells = relu6(layer(x, "_conv_head", "_bn1"))
    weight = {(i, j): np.exp(-(((i - 3) / 3) ** 2 + ((j - 3) / 3) ** 2) / 0.98) for i in range(7) for j in range(7)}
    return sum(cells[at] * share for at, share in weight.items()) / sum(weight.values())
