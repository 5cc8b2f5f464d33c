"""Which settings a measured speed holds for."""

from dataclasses import replace

import pytest

from glassy_core.editions.encoding import Transitions
from glassy_core.editions.loading import load_edition
from glassy_core.jobs.speed import WITHOUT_COST, _key, evaluations_per_second
from glassy_core.presets import PRESETS
from glassy_core.settings import RunConfig, names_of
from tests.other_settings import changed

BASE = RunConfig()


@pytest.mark.parametrize("name", names_of("speed", "learning", "world"))
def test_a_speed_holds_for_settings_that_cost_the_same(name):
    assert (_key(changed(BASE, name)) == _key(BASE)) == (name in WITHOUT_COST)


def test_a_speed_holds_for_every_length_and_recording():
    assert _key(replace(BASE, name="n", steps=7, record_every=3, waiting_times=(5,))) == _key(BASE)


def test_of_a_flow_evaluations_are_counted():
    config = replace(PRESETS["class-flow-under"].config, width=4, engine="torch")
    data = Transitions.pack(load_edition("corpus").first(1), config.scaling)
    clock = iter(range(100)).__next__  # a second passes at every look: one call in each stretch of 2 s
    assert evaluations_per_second(config, data, 6.0, clock) == 0.5
