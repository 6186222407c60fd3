"""Candidate lists in parts: what a run takes over of the last one's is dealt to its tasks."""

from itertools import chain

import numpy as np
import pytest

from kembar.incremental.reusable_pairs import ReusablePairs
from kembar.scoring.score import LISTS
from kembar.stages.find_candidates import ListParts
from kembar.storage.parts import PartFolder


def parts(lists: list[str]) -> ListParts:
    reusable = ReusablePairs(np.arange(3), np.arange(1), set(), lists, 0.0)
    return ListParts(PartFolder("lists", "run", LISTS), [], reusable)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9, 100])
def test_every_part_of_the_last_run_has_one_task_and_there_are_no_more_tasks_than_asked_for(count: int):
    lists = [f"part-{number:05}" for number in range(count)]
    bundles = parts(lists).bundles(4)
    assert len(bundles) == min(count, 4)
    assert sorted(chain.from_iterable(bundles)) == lists
    assert all(bundles)


def test_a_run_that_carries_nothing_over_has_no_bundle():
    assert ListParts(PartFolder("lists", "run", LISTS), ["made"], None).bundles(4) == []
