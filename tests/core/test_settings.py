"""Settings: what is allowed, and one clear sentence for all else."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.settings import ConfigError, RunConfig


@pytest.mark.parametrize(
    ("edition", "own"), [("corpus", False), ("paper", False), ("own:a", True), ("own:folk-songs_2", True)]
)
def test_editions_that_can_be_named(edition, own):
    config = RunConfig(edition=edition)
    assert RunConfig.from_json(config.to_json()) == config
    assert config.is_own is own


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
