"""How fast triplets reach the network: kembar's input, a naive pipeline that works by row, and the network's own step.

.venv/bin/python benchmarks/bench_input.py [--listings 1500] [--triplets 50000]
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from common import markdown, write_page
from numpy.typing import NDArray
from photo_load import photo_load
from PIL import Image

from kembar.config import Settings, load_settings
from kembar.encoding.towers.lite0 import FEATURES, INPUT_PX
from kembar.encoding.towers.loaded import get_text_tower
from kembar.index.catalogue_index import CatalogueIndex
from kembar.index.tfidf import count_terms, tf_idf
from kembar.index.vectors import normalise_rows
from kembar.listings.titles import normalise_title, title_terms
from kembar.training.fit_heads import first_heads
from kembar.training.loop import Trainer
from kembar.training.network import SiameseNetwork
from kembar.training.pair_features import TrainingFeatures, TripletRows

TEXT_FEATURES, NAIVE_TRIPLETS = 512, 96


def draw_catalogue(titles: list[str]) -> CatalogueIndex:
    """A catalogue of these titles with towers' embeddings drawn at random: how fast they pass is the same."""
    rng, n = np.random.default_rng(3), len(titles)
    counts = count_terms([title_terms(normalise_title(title)) for title in titles])
    frequency = {k: np.bincount(m.indices, minlength=m.shape[1]).astype(np.int32) for k, m in counts.items()}
    every, draw = np.ones(n, bool), lambda dim: normalise_rows(rng.standard_normal((n, dim), np.float32))
    return CatalogueIndex(
        phash=rng.integers(0, 2**64, n, dtype=np.uint64),
        has_hash=every,
        title=draw(TEXT_FEATURES).astype(np.float16),
        has_title=every,
        image=draw(FEATURES).astype(np.float16),
        has_image=every,
        **{name: tf_idf(counts[name], frequency[name]) for name in counts},
        word_frequency=frequency["words"],
    )


def trainer_of(index: CatalogueIndex, rows: NDArray[np.int64], settings: Settings, work: Path) -> Trainer:
    features = TrainingFeatures(index)
    network = SiameseNetwork(features, first_heads(index, settings), settings.training)
    return Trainer(network, features, TripletRows(rows, rows[:1]), settings.training, work, quiet=True)


def batches_per_second(batches: Any, first: int = 2) -> float:
    """Triplets a second of an input, the first batches apart, in which it starts up."""
    seen, start = 0, 0.0
    for number, batch in enumerate(batches):
        size = len(next(iter(batch.values())))
        if number == first:
            start = time.monotonic()
        seen += size if number >= first else 0
    return seen / (time.monotonic() - start)


def steps_per_second(trainer: Trainer, seconds: float = 5.0) -> float:
    """Triplets a second of the network's step alone, on one batch again and again."""
    batch = next(iter(trainer._dataset(0, 0)))
    step = lambda: float(trainer._train_step(*batch.values(), trainer._dropout_seed()))  # noqa: E731
    step()
    seen, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        step()
        seen += len(batch["rows"])
    return seen / (time.monotonic() - start)


def together_per_second(trainer: Trainer) -> float:
    """Triplets a second of a whole epoch, input and network."""
    start = time.monotonic()
    trainer._run_epoch()
    return len(trainer.triplets.train) / (time.monotonic() - start)


def naive_batches(folder: Path, listings: pd.DataFrame, rows: NDArray[np.int64], size: int) -> tf.data.Dataset:
    """What a first version of such a training does: for each triplet, open its photos and run its titles one by one."""
    text = get_text_tower("builtin:use-multilingual")

    def pixels(name: str) -> NDArray[np.float32]:
        with Image.open(io.BytesIO((folder / "images" / name).read_bytes())) as image:
            return np.asarray(image.convert("RGB").resize((INPUT_PX, INPUT_PX)), np.float32) / 255

    def triplets() -> Iterator[dict[str, NDArray]]:
        for triplet in rows:
            sides = listings.iloc[triplet]
            yield {
                "photos": np.stack([pixels(name) for name in sides["image"]]),
                "titles": np.stack([text.embed([normalise_title(title)])[0] for title in sides["title"]]),
            }

    signature = {
        "photos": tf.TensorSpec([3, INPUT_PX, INPUT_PX, 3], tf.float32),
        "titles": tf.TensorSpec([3, TEXT_FEATURES], tf.float32),
    }
    return tf.data.Dataset.from_generator(triplets, output_signature=signature).batch(size).prefetch(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=1500)
    parser.add_argument("--triplets", type=int, default=50_000)
    args = parser.parse_args()
    folder, settings = photo_load(args.listings), load_settings()
    listings = pd.read_csv(folder / "train.csv", dtype=str)
    rows = np.random.default_rng(4).integers(0, args.listings, (args.triplets, 3))
    with tempfile.TemporaryDirectory() as work:
        trainer = trainer_of(draw_catalogue(listings["title"].tolist()), rows, settings, Path(work))
        rates = {
            "kembar's input alone": batches_per_second(trainer._dataset(0, 0)),
            "the network's step alone": steps_per_second(trainer),
            "both, an epoch of training": together_per_second(trainer),
        }
    naive = naive_batches(folder, listings, rows[:NAIVE_TRIPLETS], size=16)
    rates["input by row: each triplet's photos opened and titles run"] = batches_per_second(naive)
    table = pd.DataFrame([{"what": name, "triplets/s": round(rate)} for name, rate in rates.items()])
    text = (
        f"{args.triplets} triplets of {args.listings} listings with photos of 640 to 1,024 px, batches of "
        f"{settings.training.batch_size}. kembar encodes a catalogue once (see [encode](encode.md)) and reads what the "
        "towers gave by row number; the hundreds of triplets that a listing is part of cost no photo and no title. "
        "The input by row is measured without any image tower, which it would have to run besides.\n\n"
    )
    write_page("input", "Triplets to the network", ".venv/bin/python benchmarks/bench_input.py", text + markdown(table))


if __name__ == "__main__":
    main()
