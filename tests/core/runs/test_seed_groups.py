"""Runs of one setting find each other; runs that learn otherwise do not."""

from dataclasses import replace

import pytest

from glassy_core.runs.seed_groups import DECISIVE, Member, by_setting
from glassy_core.settings import RunConfig

BASE = RunConfig(width=10, chorales=8)
OTHER = {
    "depth": 3, "width": 11, "eta": 1e-3, "batch_size": "all", "chorales": 9, "edition": "paper",
    "scaling": "global", "gradient": "exact", "auto_halve": True,
}  # fmt: skip


def ids(members):
    return [[member.id for member in group] for group in by_setting(members)]


def test_seeds_are_grouped_in_the_order_of_the_first():
    wide = replace(BASE, width=20)
    configs = {"a": replace(BASE, seed=2), "b": wide, "c": replace(BASE, seed=0)}
    members = [Member(name, config, "x", 5) for name, config in configs.items()]
    assert ids(members) == [["c", "a"], ["b"]]


@pytest.mark.parametrize("name", DECISIVE)
def test_what_decides_the_learning_separates(name):
    other = replace(BASE, seed=1, **{name: OTHER[name]})
    assert ids([Member("a", BASE, "x", 5), Member("b", other, "x", 5)]) == [["a"], ["b"]]


def test_another_edition_of_the_same_name_separates():
    assert ids([Member("a", BASE, "x", 5), Member("b", replace(BASE, seed=1), "y", 5)]) == [["a"], ["b"]]


def test_names_recording_and_lengths_do_not():
    other = replace(BASE, seed=1, name="n", steps=7, record_every=3, waiting_times=(5,), engine="torch", threads=2)
    assert ids([Member("a", BASE, "x", 5), Member("b", other, "x", 5)]) == [["a", "b"]]


def test_of_one_seed_only_the_run_that_is_furthest_on_counts():
    members = [Member("a", BASE, "x", 5), Member("b", BASE, "x", 9), Member("c", BASE, "x", 7)]
    assert ids(members) == [["b"]]
