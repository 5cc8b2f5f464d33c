"""Settings: what is allowed, and one clear sentence for all else."""

import dataclasses
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glassy_core.settings import ConfigError, Kind, RunConfig, differences, names_of, usual, with_dynamics


@pytest.mark.parametrize(
    ("edition", "widths_known"), [("corpus", True), ("paper", True), ("own:a", False), ("own:folk-songs_2", False)]
)
def test_editions_that_can_be_named(edition, widths_known):
    config = RunConfig(edition=edition)
    assert RunConfig.from_json(config.to_json()) == config
    assert config.widths_known is widths_known


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"width": 0}, "width is 0: it must be from 1"),
        ({"width": 2.5}, "whole number"),
        ({"width": float("inf")}, "whole number"),
        ({"width": True}, "whole number"),
        ({"depth": -1}, "depth is -1"),
        ({"eta": -1e-3}, "eta is -0.001"),
        ({"eta": float("nan")}, "eta is nan"),
        ({"eta": "fast"}, "must be a number"),
        ({"batch_size": 0}, "or 'all'"),
        ({"batch_size": "some"}, "or 'all'"),
        ({"edition": "mine"}, "choose one of corpus, paper"),
        ({"name": "../etc"}, "name"),
        ({"name": "<script>alert(1)</script>"}, "'<'"),
        ({"name": "x" * 81}, "81 characters"),
        ({"auto_halve": 1}, "true or false"),
    ],
)
def test_bad_settings_are_refused_by_name(settings, words):
    with pytest.raises(ConfigError, match=words):
        RunConfig(**settings)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in dataclasses.fields(RunConfig)] + ["format", "other"]),
        st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.lists(st.integers())),
    )
)
def test_any_json_is_settings_or_one_sentence(values):
    try:
        config = RunConfig.from_json(values)
    except ConfigError as error:
        sentence = str(error)
    else:
        sentence = ""
        assert RunConfig.from_json(config.to_json()) == config
    assert "\n" not in sentence
    assert len(sentence) < 400


FIELDS = {field.name: field for field in dataclasses.fields(RunConfig)}
KINDS = get_args(Kind)
BY_NAME = {
    "name": st.text(alphabet="abc", max_size=3),
    "batch_size": st.one_of(st.just("all"), st.integers(1, 500)),
    "edition": st.sampled_from(["corpus", "paper", "own:songs"]),
    "waiting_times": st.lists(st.integers(1, 99), max_size=3).map(tuple),
}
BY_TYPE = {int: st.integers(1, 40), float: st.floats(1e-6, 1.0), bool: st.booleans()}


def values(name, hint):
    """Any usable value of a setting."""
    if name in BY_NAME:
        return BY_NAME[name]
    return BY_TYPE[hint] if hint in BY_TYPE else st.sampled_from(get_args(hint))


OF_STEPS = {name: values(name, hint) for name, hint in get_type_hints(RunConfig).items() if name != "tolerance"}
STEPS = st.fixed_dictionaries(OF_STEPS | {"dynamics": st.just("steps")}).map(lambda chosen: RunConfig(**chosen))
FLOWS = st.builds(
    lambda steps, tolerance: replace(with_dynamics(steps, "flow"), tolerance=tolerance), STEPS, st.floats(1e-6, 1e-2)
)
CONFIGS = st.one_of(STEPS, FLOWS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_decides_exactly_one_kind_of_thing(name):
    assert [kind for kind in KINDS if name in names_of(kind)] == [FIELDS[name].metadata["decides"]]


@given(CONFIGS, CONFIGS, st.sampled_from(sorted(FIELDS)))
def test_the_same_settings_are_those_that_decide_what_is_learned(config, other, name):
    try:
        changed = replace(config, **{name: getattr(other, name)})
    except ConfigError:  # a flow with what belongs to steps, or the other way round
        assume(False)
    same = config.only("learning", "world") == changed.only("learning", "world")
    kind = FIELDS[name].metadata["decides"]
    assert same == (kind in ("speed", "bookkeeping") or getattr(config, name) == getattr(changed, name))


@given(CONFIGS, CONFIGS)
def test_the_differences_are_what_has_to_be_changed(config, other):
    names = differences(config, other)
    assert replace(config, **{name: getattr(other, name) for name in names}) == other
    assert all(getattr(config, name) != getattr(other, name) for name in names)


@given(CONFIGS)
def test_what_is_left_out_is_as_usual(config):
    some = config.only("world", without=("edition",))
    assert set(differences(some, usual(config.dynamics))) <= set(names_of("world")) - {"edition"}
    assert config.only(*KINDS) == config
    assert config.only() == usual(config.dynamics)


@given(CONFIGS)
def test_the_other_dynamics_change_only_what_belongs_to_them(config):
    other = with_dynamics(config, "steps" if config.dynamics == "flow" else "flow")
    mine = {"dynamics", "eta", "batch_size", "gradient", "auto_halve", "steps", "until", "tolerance", "waiting_times"}
    assert "dynamics" in differences(config, other)
    assert set(differences(config, other)) <= mine


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"eta": 1e-3}, "A flow takes no eta"),
        ({"batch_size": 300}, "A flow takes no batch_size"),
        ({"gradient": "delayed"}, "A flow takes no gradient"),
        ({"auto_halve": True}, "A flow takes no auto_halve"),
        ({"until": 0.0}, "set until"),
        ({"until": -1.0}, "needs a proper time|until is -1"),
        ({"tolerance": 0.0}, "tolerance is 0.0: it must be from 1e-07 to 0.1"),
        ({"tolerance": 2.0}, "tolerance is 2.0"),
        ({"dynamics": "steps"}, "eta is 0.0"),
    ],
)
def test_what_is_no_flow_is_refused_in_one_sentence(settings, words):
    with pytest.raises(ConfigError, match=words):
        replace(usual("flow"), **settings)


def test_steps_have_no_tolerance():
    with pytest.raises(ConfigError, match="A tolerance is a flow's"):
        RunConfig(tolerance=1e-3)
