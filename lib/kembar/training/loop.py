"""The training loop: deterministic, checkpointed, resumable to the same result, and never past a NaN."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import track

from kembar.config import TrainingSettings
from kembar.errors import TrainingError
from kembar.schemas import DISTANCES
from kembar.storage.files import write_bytes
from kembar.training.epoch import EpochResult, evaluate
from kembar.training.network import SiameseNetwork, drop_modalities
from kembar.training.pair_features import CODED, Batch, TrainingFeatures, TripletRows, epoch_batches


def make_deterministic(seed: int) -> None:
    """Same seed, same machine, same result: seeds for Python, NumPy and TensorFlow, and deterministic kernels."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


@dataclass
class Trainer:
    """Trains `network` on triplets, keeping its state in `work` (checkpoints/, logs/)."""

    network: SiameseNetwork
    features: TrainingFeatures
    triplets: TripletRows
    settings: TrainingSettings
    work: Path
    quiet: bool = False
    history: list[EpochResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        s = self.settings
        self._slow = keras.optimizers.Adam(s.learning_rate * s.head_learning_rate_scale)
        self._fast = keras.optimizers.Adam(s.learning_rate)
        self._slow.build(self.network.slow_variables())
        self._fast.build(self.network.fast_variables())
        self._epoch, self._step = (tf.Variable(0, dtype=tf.int64, name=n) for n in ("epoch", "step"))
        self._best_loss, self._best_epoch = tf.Variable(np.inf, name="best_loss"), tf.Variable(0, dtype=tf.int64)
        self._loss_sum = tf.Variable(0.0, name="loss_sum")
        self._trained = [*self.network.slow_variables(), *self.network.fast_variables()]
        self._best = [tf.Variable(v) for v in self._trained]
        state = tf.train.Checkpoint(
            trained=self._trained,
            best=self._best,
            counters=[self._epoch, self._step, self._best_loss, self._best_epoch, self._loss_sum],
            optimizers=[v.value for o in (self._slow, self._fast) for v in o.variables],
        )
        self._manager = tf.train.CheckpointManager(state, str(self.work / "checkpoints"), s.keep_checkpoints)
        try:
            self._logs = tf.summary.create_file_writer(str(self.work / "logs"))
        except tf.errors.OpError as error:
            raise self._unwritten("logs", error) from error
        self._train_step = tf.function(self._train_batch, reduce_retracing=True)
        self._saved_at = time.monotonic()

    def resume(self) -> bool:
        """Go back to the last checkpoint; False where there is none."""
        if self._manager.latest_checkpoint is None:
            return False
        self._manager.checkpoint.restore(self._manager.latest_checkpoint).assert_consumed()
        done = json.loads(self._history_file.read_text()) if self._history_file.exists() else []
        self.history[:] = [result for result in (EpochResult(**row) for row in done) if result.epoch <= self._epoch]
        return True

    @property
    def _history_file(self) -> Path:
        return self.work / "history.json"

    def fit(self) -> None:
        """Train to the last epoch or until the held-out loss has not fallen for `patience` epochs, and keep the best.

        Raises:
            TrainingError: a loss is not finite; the last checkpoint is from before it.
        """
        if self._manager.latest_checkpoint is None:
            self._save()  # something to go back to, should the first epoch fail
        while self._epoch < self.settings.epochs and self._epoch - self._best_epoch < self.settings.patience:
            self._run_epoch()
            self._finish_epoch()
        for variable, best in zip(self._trained, self._best, strict=True):
            variable.assign(best)

    def _run_epoch(self) -> None:
        batches = self._dataset(int(self._epoch), int(self._step))
        total = -(-len(self.triplets.train) // self.settings.batch_size)
        name, done = f"epoch {int(self._epoch) + 1}", int(self._step)
        console = Console(file=sys.stderr)
        quiet = self.quiet or not console.is_terminal
        for batch in track(batches, name, total, completed=done, transient=True, console=console, disable=quiet):
            loss = float(self._train_step(batch["rows"], batch["ready"], batch["present"], self._dropout_seed()))
            if not np.isfinite(loss):
                raise TrainingError(
                    f"the loss became {loss} in epoch {int(self._epoch) + 1}, step {int(self._step) + 1}; "
                    f"the last good checkpoint is {self._manager.latest_checkpoint}; lower training.learning_rate "
                    "and continue with --resume"
                )
            self._loss_sum.assign_add(loss)
            self._step.assign_add(1)
            if time.monotonic() - self._saved_at > self.settings.checkpoint_minutes * 60:
                self._save()

    def _finish_epoch(self) -> None:
        training_loss = float(self._loss_sum) / max(int(self._step), 1)
        held_out = evaluate(self.network, self.features, self.triplets.held_out, self.settings.batch_size)
        result = EpochResult(int(self._epoch) + 1, training_loss, *held_out)
        if result.held_out_loss < float(self._best_loss):
            self._best_loss.assign(result.held_out_loss)
            self._best_epoch.assign(self._epoch + 1)
            for variable, best in zip(self._trained, self._best, strict=True):
                best.assign(variable)
        self._epoch.assign_add(1)
        self._step.assign(0)
        self._loss_sum.assign(0.0)
        self._report(result)
        self._save()

    def _save(self) -> None:
        """Write a checkpoint beside the last ones, which stay until it is whole.

        Raises:
            TrainingError: it cannot be written.
        """
        try:
            self._manager.save()
        except (tf.errors.OpError, OSError) as error:
            raise self._unwritten("a checkpoint", error) from error
        self._saved_at = time.monotonic()

    def _unwritten(self, what: str, error: Exception) -> TrainingError:
        kept = self._manager.latest_checkpoint
        before = f"continue from {kept} with --resume" if kept else "there is no earlier one, so start again"
        return TrainingError(f"{what} could not be written: {_first_line(error)}; {before} once there is space")

    def _report(self, result: EpochResult) -> None:
        self.history.append(result)
        numbers = {k: v for k, v in vars(result).items() if k != "epoch"}
        try:
            write_bytes(str(self._history_file), json.dumps([asdict(row) for row in self.history], indent=2).encode())
            with self._logs.as_default(step=result.epoch):
                for name, value in numbers.items():
                    tf.summary.scalar(name, value)
            self._logs.flush()
        except (tf.errors.OpError, OSError) as error:
            raise self._unwritten("history and logs", error) from error
        if not self.quiet:
            said = ", ".join(f"{k} {v:.4f}" for k, v in numbers.items())
            print(f"epoch {result.epoch}: {said}", file=sys.stderr)

    def _dropout_seed(self) -> tf.Tensor:
        return tf.stack([tf.constant(self.settings.seed, tf.int64), self._epoch * 1_000_003 + self._step])

    def _dataset(self, epoch: int, start: int) -> Any:
        """Batches made by a background thread while the network trains on the ones before."""
        seed, size = self.settings.seed, self.settings.batch_size

        def batches() -> Iterator[Batch]:
            return epoch_batches(self.features, self.triplets.train, size, seed, epoch, start)

        signature = {
            "rows": tf.TensorSpec([None, 3], tf.int64),
            "ready": tf.TensorSpec([None, 2, len(DISTANCES) - CODED], tf.float32),
            "present": tf.TensorSpec([None, 2, 3], tf.bool),
        }
        return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(4)

    def _train_batch(self, rows: tf.Tensor, ready: tf.Tensor, present: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        present = drop_modalities(present, self.settings.modality_dropout, seed)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.network.losses(rows, ready, present))
            total = loss + self.network.pull()
        gradients = tape.gradient(total, self._trained)
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in gradients])
        if tf.logical_and(tf.math.is_finite(total), finite):  # a bad step must not reach the weights
            slow = len(self.network.slow_variables())
            self._slow.apply(gradients[:slow], self.network.slow_variables())
            self._fast.apply(gradients[slow:], self.network.fast_variables())
        else:
            loss = tf.constant(np.nan)
        return loss


def _first_line(error: Exception) -> str:
    """What TensorFlow says of a disk, without its own frames."""
    line = str(error).strip().partition("\n")[0]
    return f"the disk is full: {line}" if "no space left" in line.lower() else line
