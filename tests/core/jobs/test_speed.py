"""Which settings a measured speed holds for."""

from dataclasses import replace

import pytest

from glassy_core.jobs.speed import WITHOUT_COST, _key
from glassy_core.settings import RunConfig, names_of

BASE = RunConfig()
OTHER = {
    "depth": 3, "width": 11, "eta": 1e-3, "batch_size": "all", "chorales": 9, "edition": "paper", "seed": 4,
    "scaling": "global", "gradient": "exact", "auto_halve": True, "engine": "torch", "threads": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", names_of("speed", "learning", "world"))
def test_a_speed_holds_for_settings_that_cost_the_same(name):
    assert (_key(replace(BASE, **{name: OTHER[name]})) == _key(BASE)) == (name in WITHOUT_COST)


def test_a_speed_holds_for_every_length_and_recording():
    assert _key(replace(BASE, name="n", steps=7, record_every=3, waiting_times=(5,))) == _key(BASE)
