"""Heads of both halves and of the whole: each half is judged by heads that never saw it, whatever killed the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kembar.config import Settings
from kembar.training.fit import Trained, View, fit_heads
from kembar.training.labelled_sources import LabelledSource, join_sources
from kembar.training.labels import RowLabels
from kembar.training.loop import Trainer
from kembar.training.pair_features import TripletRows
from kembar.training.views import FOLDS
from kembar.training.work_folder import TrainingWork
from tests.toys import PRODUCT, N, copied_listings, drawn_triplets, small

pytestmark = pytest.mark.slow

HALF = 45


def source(name: str = "toy") -> LabelledSource:
    """Fifteen products in each half, and triplets that keep to theirs."""
    drawn = drawn_triplets(HALF)
    train = drawn.train[(drawn.train < HALF).all(axis=1)]
    held_out = drawn.held_out[(drawn.held_out >= HALF).all(axis=1)]
    labels = RowLabels(PRODUCT, np.arange(N) >= HALF, PRODUCT % FOLDS)
    return LabelledSource(name, copied_listings().towers, labels, TripletRows(train, held_out))


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kill before a step, counted over all parts of the training."""
    seed_of, done = Trainer._dropout_seed, 0

    def step_until_killed(trainer: Trainer) -> object:
        nonlocal done
        done += 1
        if done > step:
            raise KeyboardInterrupt
        return seed_of(trainer)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_dropout_seed", step_until_killed)
        yield


@pytest.fixture(scope="module")
def work(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> TrainingWork:
    few = small(settings, epochs=2, checkpoint_minutes=1e-9)
    return TrainingWork(tmp_path_factory.mktemp("whole"), ["toy"], few)


@pytest.fixture(scope="module")
def whole(work: TrainingWork) -> tuple[Trained, list[View]]:
    return fit_heads([source()], work, resume=False)


def test_killed_in_the_second_part_and_resumed_it_comes_to_the_same_result(
    work: TrainingWork, whole: tuple[Trained, list[View]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Two epochs of two steps a half: the sixth step is the last of the second half's first epoch."""
    again = TrainingWork(tmp_path, ["toy"], work.settings)
    with killed_at(5, monkeypatch):
        fit_heads([source()], again, resume=False)
    assert (tmp_path / "train" / "history.json").exists()
    assert not (tmp_path / "held_out" / "history.json").exists()
    assert not (tmp_path / "whole").exists()
    resumed, views = fit_heads([source()], again, resume=True)
    expected = [whole[0], *(view.trained for view in whole[1])]
    for ours, theirs in zip([resumed, *(view.trained for view in views)], expected, strict=True):
        assert ours.history == theirs.history
        assert np.array_equal(ours.title_head.kernel, theirs.title_head.kernel)
        assert np.array_equal(ours.image_head.kernel, theirs.image_head.kernel)
        assert np.array_equal(ours.curves.slopes, theirs.curves.slopes)


def test_each_half_is_judged_by_heads_that_never_saw_it(whole: tuple[Trained, list[View]]):
    labels, (one, other) = source().labels, whole[1]
    assert not np.array_equal(one.trained.title_head.kernel, other.trained.title_head.kernel)
    judged = [view.judged(labels) >= 0 for view in (one, other)]
    assert judged[0].tolist() == [False] * HALF + [True] * HALF, "the first was trained on the first half"
    assert (judged[0] ^ judged[1]).all(), "between them every listing is judged, and none twice"
    assert (one.judged(labels)[HALF:] == labels.fold[HALF:]).all()


def test_a_listing_without_a_label_is_judged_by_nobody(whole: tuple[Trained, list[View]]):
    labels = source().labels
    unlabelled = RowLabels(labels.product, labels.held_out, np.where(PRODUCT == 20, -1, labels.fold))
    assert all((view.judged(unlabelled)[PRODUCT == 20] == -1).all() for view in whole[1])


def test_the_bundle_of_heads_decides_with_one_look_until_its_deciders_are_fitted(
    whole: tuple[Trained, list[View]], settings: Settings
):
    bundle = whole[0].bundle(settings)
    look = bundle.titled.discriminator
    assert np.array_equal(look.second.slopes[:, :-1], look.first.slopes)
    assert not look.second.slopes[:, -1].any(), "no gap"
    codes = whole[0].codes(source())
    assert codes.image.shape == (N, 8)
    assert not codes.image[~codes.has_image].any()


def test_several_catalogues_are_one_of_rows_and_each_keeps_its_triplets():
    one, other = source("one"), source("other")
    features, triplets = join_sources([one, other])
    assert len(features.towers) == 2 * N
    assert np.array_equal(triplets.train, np.concatenate([one.triplets.train, other.triplets.train + N]))
    assert np.array_equal(triplets.held_out, np.concatenate([one.triplets.held_out, other.triplets.held_out + N]))


def test_each_part_trains_on_its_half_and_is_measured_on_the_other():
    rows = source().triplets
    assert rows.trained_on("train") is rows
    swapped = rows.trained_on("held_out")
    assert (swapped.train is rows.held_out, swapped.held_out is rows.train) == (True, True)
    assert len(rows.trained_on("whole").train) == len(rows.train) + len(rows.held_out)
