"""Which settings a measured speed holds for."""

from dataclasses import replace

import pytest

from glassy_core.jobs.speed import WITHOUT_COST, _key
from glassy_core.settings import RunConfig, names_of
from tests.other_settings import changed

BASE = RunConfig()


@pytest.mark.parametrize("name", names_of("speed", "learning", "world"))
def test_a_speed_holds_for_settings_that_cost_the_same(name):
    assert (_key(changed(BASE, name)) == _key(BASE)) == (name in WITHOUT_COST)


def test_a_speed_holds_for_every_length_and_recording():
    assert _key(replace(BASE, name="n", steps=7, record_every=3, waiting_times=(5,))) == _key(BASE)
