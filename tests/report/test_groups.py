"""What a report says of groups is what loops over listings and pairs say, and doubt is where a group would break."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kembar.report.doubt import cohesion, doubt_of, fill_unknown, find_seam, risk_of
from kembar.report.groups import LONE, number_groups
from kembar.report.overview import BINS, count_blocking, count_probabilities, count_sizes
from kembar.report.pairs import FIGURES, border_pairs, inner_pairs, place_pairs
from kembar.schemas import DISTANCES, EVIDENCE


def groups_of(partition: dict[str, str]) -> pa.Table:
    sizes = [sum(group == other for other in partition.values()) for group in partition.values()]
    text = {"posting_id": pa.array(list(partition), pa.string()), "group_id": pa.array(partition.values(), pa.string())}
    return pa.table(text | {"group_size": pa.array(sizes, pa.int32())})


def matches_of(chances: dict[tuple[str, str], float]) -> pa.Table:
    """MATCHES of these probabilities; the rest of a row says nothing."""
    sides = {f"posting_id_{side}": pa.array([pair[k] for pair in chances], pa.string()) for k, side in enumerate("lr")}
    zeros = pa.array(np.zeros(len(chances), np.float32))
    rest = dict.fromkeys(("gap", "prior", *(f"{name}_evidence" for name in EVIDENCE)), zeros)
    rest |= {f"{name}_distance": pa.nulls(len(chances), pa.float32()) for name in DISTANCES}
    probability = pa.array(np.array(list(chances.values()), np.float32))
    blocks = pa.array([["rare_term", "hash_band"][: 1 + i % 2] for i in range(len(chances))], pa.list_(pa.string()))
    return pa.table(sides | {"probability": probability} | rest | {"blocks": blocks})


def random_run(
    seed: int, listings: int = 60, share: float = 0.5
) -> tuple[dict[str, str], dict[tuple[str, str], float]]:
    """A partition into some 20 groups with lone listings, shuffled, and the probabilities of a share of all pairs."""
    rng = np.random.default_rng(seed)
    ids = [f"l{i:03}" for i in range(listings)]
    partition = {name: f"g{rng.integers(20):02}" for name in rng.permutation(ids)}
    chances = {pair: float(rng.random()) for pair in combinations(ids, 2) if rng.random() < share}
    return partition, chances


def members_of(partition: dict[str, str]) -> dict[str, list[str]]:
    groups = {
        group: sorted(name for name in partition if partition[name] == group) for group in set(partition.values())
    }
    return {group: groups[group] for group in sorted(groups) if len(groups[group]) > 1}


@pytest.mark.parametrize("seed", range(3))
def test_groups_of_two_and_more_are_numbered_in_order_of_their_ids(seed: int):
    partition, _ = random_run(seed, listings=25)
    groups, expected = number_groups(groups_of(partition)), members_of(partition)
    names = groups.posting_ids.to_pylist()
    assert groups.ids.to_pylist() == list(expected)
    assert [[names[i] for i in groups.members(k)] for k in range(len(groups))] == list(expected.values())
    lone = {names[i] for i in np.flatnonzero(groups.of == LONE)}
    assert lone == set(partition) - {name for group in expected.values() for name in group}
    turned = groups.reordered(np.arange(len(groups))[::-1])
    assert [turned.members(k).tolist() for k in range(len(groups))][::-1] == [
        groups.members(k).tolist() for k in range(len(groups))
    ]


def test_an_empty_catalogue_has_no_groups():
    groups = number_groups(groups_of({}))
    pairs = place_pairs(matches_of({}), groups)
    border = border_pairs(pairs, groups, 3)
    held = cohesion(groups, inner_pairs(pairs, groups))
    assert len(groups) == len(pairs) == len(border.group) == len(held.bond) == 0
    assert len(groups.reordered(np.empty(0, np.int64))) == 0


@pytest.mark.parametrize("seed", range(3))
def test_pairs_within_and_across_are_those_of_a_double_loop(seed: int):
    partition, chances = random_run(seed)
    groups = number_groups(groups_of(partition))
    pairs, names, expected = (
        place_pairs(matches_of(chances), groups),
        groups.posting_ids.to_pylist(),
        members_of(partition),
    )
    inner = inner_pairs(pairs, groups)
    found = {(names[i], names[j]): p for i, j, p in zip(inner.left, inner.right, inner.probability, strict=True)}
    assert found == {pair: np.float32(p) for pair, p in chances.items() if partition[pair[0]] == partition[pair[1]]}

    border, parts = border_pairs(pairs, groups, 2), [*expected.values()]
    alone = [[name] for name in sorted(partition) if not any(name in part for part in parts)]
    for number, part in enumerate(parts):
        neighbours = []
        for other in [*parts, *alone]:
            between = {tuple(sorted((a, b))): (a, b) for a in part for b in other if a != b}
            compared = {pair: chances[pair] for pair in between if pair in chances}
            if other is not part and compared:
                best = max(compared, key=compared.get)
                neighbours.append((sum(compared.values()) / (len(part) * len(other)), between[best]))
        nearest = sorted(neighbours, reverse=True)[:2]
        rows = np.flatnonzero(border.group == number)
        assert [(names[border.inside[r]], names[border.outside[r]]) for r in rows] == [pair for _, pair in nearest]
        assert border.linkage[rows] == pytest.approx([linkage for linkage, _ in nearest], abs=1e-6)
        assert border.nearest(len(groups))[number] == pytest.approx(nearest[0][0], abs=1e-6)


def test_a_match_of_a_listing_that_no_group_has_is_left_out():
    groups = number_groups(groups_of({"a": "g", "b": "g"}))
    pairs = place_pairs(matches_of({("a", "b"): 0.9, ("a", "gone"): 0.8}), groups)
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0], [1])


def test_figures_keep_their_names_and_a_missing_distance_is_no_number():
    groups = number_groups(groups_of({"a": "g", "b": "g"}))
    table = matches_of({("a", "b"): 0.25})
    place = table.schema.get_field_index("hash_distance")
    pairs = place_pairs(table.set_column(place, "hash_distance", pa.array([0.5], pa.float32())), groups)
    said = dict(zip(FIGURES, pairs.figures[0].tolist(), strict=True))
    assert (said["probability"], said["hash_distance"]) == (0.25, 0.5)
    assert np.isnan(said["image_distance"])


def average_linkage(chance: np.ndarray) -> tuple[float, set[frozenset[int]]]:
    """The last merge of naive average linkage: its mean probability, and the two parts that it joins."""
    parts = [frozenset([i]) for i in range(len(chance))]
    while True:
        means = {(a, b): np.mean([chance[i, j] for i in a for j in b]) for a, b in combinations(parts, 2)}
        (a, b), mean = max(means.items(), key=lambda item: item[1])
        if len(parts) == 2:
            return float(mean), {a, b}
        parts = [part for part in parts if part not in (a, b)] + [a | b]


@pytest.mark.parametrize("size", [3, 4, 9])
@pytest.mark.parametrize("seed", range(4))
def test_the_bond_and_the_seam_are_those_of_the_last_merge(size: int, seed: int):
    chance = np.random.default_rng(seed).random((size, size))
    chance = (chance + chance.T) / 2
    np.fill_diagonal(chance, 1)
    order, bond, seam = find_seam(chance)
    expected, parts = average_linkage(chance)
    assert bond == pytest.approx(expected)
    assert {frozenset(order[:seam].tolist()), frozenset(order[seam:].tolist())} == parts
    assert seam >= size - seam, "the larger part comes first"


def test_a_pair_that_was_not_compared_counts_as_the_lower_of_its_listings_means():
    """0-1 is 0.9, 1-2 is 0.5: listing 0 has the mean 0.9, listing 2 has 0.5, so 0-2 is 0.5."""
    filled = fill_unknown(3, np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.5]))
    assert filled[0, 2] == filled[2, 0] == 0.5
    assert np.array_equal(filled, filled.T)


def test_two_products_in_one_group_are_held_by_what_lies_between_them():
    """Pairs within {a, b, c} and {d, e} are 0.95, those between 0.1 but for one of 0.7: (5 · 0.1 + 0.7) / 6 = 0.2."""
    chances = {pair: 0.95 if (pair[0] < "d") == (pair[1] < "d") else 0.1 for pair in combinations("abcde", 2)}
    chances["c", "d"] = 0.7
    groups = number_groups(groups_of(dict.fromkeys("daebc", "g") | {"x": "h", "y": "h"}))
    held = cohesion(groups, inner_pairs(place_pairs(matches_of(chances | {("x", "y"): 0.6}), groups), groups))
    assert held.bond == pytest.approx([0.2, 0.6], abs=1e-6)
    assert held.seam.tolist() == [3, 1]
    names = groups.posting_ids.to_pylist()
    assert {names[i] for i in held.member[:3]} == {"a", "b", "c"}
    assert risk_of(held.bond, held.seam, groups.sizes) == pytest.approx([0.8 * 6, 0.4], abs=1e-6)


def test_a_group_of_two_that_was_not_compared_has_no_bond():
    groups = number_groups(groups_of({"a": "g", "b": "g"}))
    assert cohesion(groups, inner_pairs(place_pairs(matches_of({}), groups), groups)).bond.tolist() == [0]


@given(bond=st.floats(0, 1), border=st.floats(0, 1), less=st.floats(0, 1))
def test_doubt_is_a_share_that_falls_with_the_bond_and_rises_with_the_border(bond: float, border: float, less: float):
    at = lambda b, n: doubt_of(np.array([b]), np.array([n])).item()  # noqa: E731
    assert 0 <= at(bond, border) <= 1
    assert at(bond * less, border) >= at(bond, border)
    assert at(bond, border * less) <= at(bond, border)


def test_the_overview_counts_what_loops_count():
    partition, chances = random_run(5)
    groups = number_groups(groups_of(partition))
    pairs, expected = place_pairs(matches_of(chances), groups), members_of(partition)
    sizes = [len(part) for part in expected.values()]
    classes = {part["size"]: (part["groups"], part["listings"]) for part in count_sizes(groups)}
    assert classes["1"] == (60 - sum(sizes),) * 2
    assert classes["3"] == (sizes.count(3), 3 * sizes.count(3))
    assert sum(listings for _, listings in classes.values()) == 60

    bars = count_probabilities(pairs, groups)
    within = [int(np.float32(p) * BINS) for (a, b), p in chances.items() if partition[a] == partition[b]]
    assert bars["within"] == [within.count(k) for k in range(BINS)]
    assert sum(bars["within"]) + sum(bars["across"]) == len(chances)

    steps = {step["step"]: step["pairs"] for step in count_blocking(pairs, groups, compared=900)}
    assert steps["all pairs"] == 60 * 59 // 2
    assert steps["proposed by rare word"] == len(chances)
    assert steps["proposed by part of the photo hash"] == len(chances) // 2
    assert (steps["compared"], steps["same group"]) == (900, sum(size * (size - 1) // 2 for size in sizes))
