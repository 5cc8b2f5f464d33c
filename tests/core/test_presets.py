"""Settings to start from."""

import json

import pytest

from glassy_core.presets import CLASS_TRIO, PRESETS, SWEEPS, preset, sweep_like
from glassy_core.settings import ConfigError, RunConfig


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name):
    config = preset(name).config
    assert RunConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_class_trio():
    assert [(preset(name).config.width, preset(name).config.chorales) for name in CLASS_TRIO] == [
        (10, 8),
        (24, 8),
        (48, 8),
    ]


def test_an_unknown_preset_is_named():
    with pytest.raises(ConfigError, match=r"no preset 'x'.*class-under"):
        preset("x")


def test_an_unknown_sweep_is_named():
    with pytest.raises(ConfigError, match=r"no sweep 'x'.*class, paper-d1"):
        sweep_like("x")


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_starts_without_a_name_and_waiting_times(name):
    base = sweep_like(name).base
    assert (base.name, base.waiting_times) == ("", ())
