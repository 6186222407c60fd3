"""Re-mining: semi-hard non-matches first and harder later, as a plain loop picks them, and the same after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kembar.config import Settings
from kembar.model.distances import pair_distances
from kembar.training.hard_negatives import MARGIN, Miner, hardest_share, pick, rivals_of
from kembar.training.loop import Trainer, make_deterministic
from kembar.training.pair_features import TrainingFeatures, TripletRows
from kembar.training.views import CandidateRows
from tests import oracles
from tests.toys import PRODUCT, N, copied_listings, drawn_triplets, kill_at_step, network_of, small


@pytest.fixture(scope="module")
def features() -> TrainingFeatures:
    """The toy catalogue with 700 proposed pairs, matches among them."""
    rng = np.random.default_rng(4)
    pairs = np.unique(np.sort(rng.integers(0, N, (800, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return replace(copied_listings(), proposed=CandidateRows(pairs[:, 0], pairs[:, 1]))


@pytest.fixture(scope="module")
def triplets() -> TripletRows:
    return drawn_triplets()


def mining(settings: Settings, every: int = 1, hard_share: float = 1.0, **changes: object) -> Settings:
    triplets = replace(settings.triplets, remine_epochs=every, hard_share=hard_share)
    return replace(small(settings, **changes), triplets=triplets)


@pytest.mark.parametrize("seed", range(20))
def test_a_pick_is_that_of_a_plain_loop(seed: int):
    rng = np.random.default_rng(seed)
    odds, match = rng.normal(0, 4, int(rng.integers(0, 7))).astype(np.float32), float(rng.normal(0, 4))
    for hardest in (False, True):
        for chance in (0.0, 0.4, 0.999):
            assert pick(odds, match, hardest, chance) == oracles.pick(odds.tolist(), match, MARGIN, hardest, chance)


def test_a_semi_hard_non_match_is_less_likely_than_the_match_and_within_the_margin():
    """−5 is too easy, 1 is harder than the match, −1 and −2 are semi-hard; else the nearest below, or none."""
    odds = np.array([-5, 1, -1, -2], np.float32)
    assert [pick(odds, 0.0, False, chance) for chance in (0.0, 0.49, 0.5, 0.99)] == [2, 2, 3, 3]
    assert pick(odds, 0.0, True, 0.0) == 1
    assert pick(np.array([-9, -5, 1], np.float32), 0.0, False, 0.5) == 1
    assert pick(np.array([1, 2], np.float32), 0.0, False, 0.5) is None
    assert pick(np.zeros(0, np.float32), 0.0, True, 0.5) is None


def test_it_starts_without_the_hardest_and_never_takes_more_than_half_of_them():
    shares = [hardest_share(turn) for turn in range(1, 12)]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] == 0.5


def test_rivals_are_the_proposed_pairs_of_other_products_among_known_rows(features: TrainingFeatures):
    known = np.arange(0, 66)
    rivals = rivals_of(features, known)
    proposed = {(int(i), int(j)) for i, j in zip(features.proposed.left, features.proposed.right, strict=True)}
    both = proposed | {(j, i) for i, j in proposed}
    expected = sorted((i, j) for i, j in both if max(i, j) < 66 and PRODUCT[i] != PRODUCT[j])
    assert list(zip(rivals.left.tolist(), rivals.right.tolist(), strict=True)) == expected
    distances, present = pair_distances(features.towers, rivals.left, rivals.right)
    assert np.array_equal(rivals.ready, distances[:, 2:])
    assert np.array_equal(rivals.present, present)


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_the_non_matches_are_those_of_a_plain_loop(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, epoch: int
):
    config = mining(settings, hard_share=0.7)
    network, miner = network_of(features, config), Miner.of(features, triplets.train, config.triplets)
    before = triplets.train[:, 2]
    chosen = miner.choose(network, epoch, before)
    rng = np.random.default_rng([config.triplets.seed, epoch])
    anew, hardest, chance = rng.random(len(before)) < 0.7, rng.random(len(before)), rng.random(len(before))
    for i, (anchor, match, old) in enumerate(triplets.train):
        others = [int(j) for a, j in zip(miner.rivals.left, miner.rivals.right, strict=True) if a == anchor]
        sides = np.full(1 + len(others), anchor), np.array([match, *others])
        own, *odds = network.pair_odds(*sides, *features.ready(*sides)).tolist()
        found = oracles.pick(odds, own, MARGIN, hardest[i] < hardest_share(epoch), float(chance[i]))
        assert chosen[i] == (others[found] if anew[i] and found is not None else old)
    assert (chosen != before).mean() > 0.3


def test_between_its_turns_it_changes_nothing(features: TrainingFeatures, triplets: TripletRows, settings: Settings):
    config = mining(settings, every=3)
    miner, before = Miner.of(features, triplets.train, config.triplets), triplets.train[:, 2]
    network = network_of(features, config)
    changed = [not np.array_equal(miner.choose(network, epoch, before), before) for epoch in range(7)]
    assert changed == [False, False, False, True, False, False, True]


def trainer_of(features: TrainingFeatures, triplets: TripletRows, settings: Settings, work: Path) -> Trainer:
    make_deterministic(settings.training.seed)
    miner = Miner.of(features, triplets.train, settings.triplets)
    return Trainer(network_of(features, settings), features, triplets, settings.training, work, quiet=True, miner=miner)


def test_killed_after_a_turn_and_resumed_it_comes_to_the_same_result(
    features: TrainingFeatures, triplets: TripletRows, settings: Settings, tmp_path: Path
):
    """Five steps an epoch: the kill is in the middle of the second, whose triplets were mined by weights now gone."""
    config = mining(settings, checkpoint_minutes=1e-9)
    whole = trainer_of(features, triplets, config, tmp_path / "whole")
    whole.fit()
    kill_at_step(trainer_of(features, triplets, config, tmp_path / "killed"), 7)
    resumed = trainer_of(features, triplets, config, tmp_path / "killed")
    assert resumed.resume()
    resumed.fit()
    assert resumed.history == whole.history
    assert whole.history[-1].f1 > 0.9, "it did not collapse"


def test_without_the_blocks_pairs_it_says_what_is_missing(triplets: TripletRows, settings: Settings):
    with pytest.raises(ValueError, match=r"TrainingFeatures\.proposed"):
        Miner.of(copied_listings(), triplets.train, mining(settings).triplets)
