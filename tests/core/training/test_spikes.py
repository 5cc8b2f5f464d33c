"""The spike rule: chaos asks for a smaller eta, noise and trends do not."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from glassy_core.training.spikes import COOLDOWN, HORIZON, REPEATS, WINDOW, SpikeRule, find_spikes

N = 3000


def decay(n=N):
    """A learning curve without noise: a power law from NLL 1 to about 0.005."""
    tau = np.geomspace(1, 1000, n)
    return 0.003 + tau**-0.9


def noise(sigma, correlation, seed, n=N):
    """exp of an AR(1) process: relative noise of standard deviation sigma, correlated from value to value."""
    steps = np.random.default_rng(seed).normal(size=n) * np.sqrt(1 - correlation**2)
    return np.exp(sigma * lfilter([1], [1, -correlation], steps))


def spiky(nll, every, factor, width=1, start=500):
    """nll with a spike of that factor and width every so many values."""
    out = nll.copy()
    for n in range(start, len(nll) - width, every):
        out[n : n + width] *= factor
    return out


def halvings(nll, rule=None):
    """The indices at which a rule that reads nll asks for a smaller eta."""
    rule = rule or SpikeRule()
    return [n for n, value in enumerate(nll) if rule.update(float(value))]


@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_ordinary_noise_is_left_alone(sigma, correlation):
    for seed in range(5):
        nll = decay() * noise(sigma, correlation, seed)
        assert halvings(nll) == []
        assert not find_spikes(nll).suggest


def test_noise_that_grows_as_the_nll_falls_is_left_alone():
    """As in Fig. 4: a few per cent early, 30 % at the lowest NLL."""
    for seed in range(10):
        assert halvings(decay() * noise(1, 0.5, seed) ** np.linspace(0.02, 0.3, N)) == []


@pytest.mark.parametrize(
    "trend",
    [
        np.linspace(0.01, 0.5, N),
        np.geomspace(0.01, 1, 150),
        np.where(np.arange(N) < N / 2, 0.01, 0.5),
        0.1 * np.exp(np.sin(np.arange(N) / 100)),
    ],
    ids=["rise", "steep rise", "step up", "slow wave"],
)
@pytest.mark.parametrize("sigma", [0.0, 0.2])
def test_smooth_trends_are_left_alone(trend, sigma):
    assert halvings(trend * noise(sigma, 0.5, 1, len(trend))) == []


@pytest.mark.parametrize(("factor", "sigma"), [(2.5, 0.03), (2.5, 0.1), (4, 0.2), (10, 0.3)])
@pytest.mark.parametrize("width", [1, 5])
def test_repeated_spikes_ask_for_a_smaller_eta(factor, sigma, width):
    nll = spiky(decay() * noise(sigma, 0.3, 4), every=40, factor=factor, width=width)
    asked = halvings(nll)
    assert asked
    assert 500 < asked[0] < 500 + HORIZON
    assert find_spikes(nll).suggest


def test_chaos_that_fills_the_curve_asks_too():
    """Not single spikes on a quiet base: excursions by factors of 2 to 20, one value in three."""
    rng = np.random.default_rng(5)
    nll = decay() * noise(0.1, 0.3, 5)
    nll[1000:] *= np.where(rng.random(N - 1000) < 0.3, rng.uniform(2, 20, N - 1000), 1)
    assert halvings(nll)[0] < 1000 + HORIZON


def test_a_few_spikes_far_apart_are_marked_but_ask_for_nothing():
    nll = spiky(decay() * noise(0.05, 0.3, 6), every=HORIZON, factor=5, width=2)
    found = find_spikes(nll)
    np.testing.assert_array_equal(found.starts, np.arange(500, N - 2, HORIZON))
    assert np.all((found.peaks == found.starts) | (found.peaks == found.starts + 1))
    assert not found.suggest
    assert halvings(nll) == []
    assert "too few" in found.sentence


def test_after_a_halving_the_rule_waits():
    nll = spiky(decay() * noise(0.05, 0.3, 7), every=10, factor=5)
    asked = np.array(halvings(nll))
    assert len(asked) > 2
    assert np.all(np.diff(asked) > COOLDOWN + 10 * (REPEATS - 1))


def test_lowering_eta_by_hand_starts_the_wait_too():
    nll = spiky(decay() * noise(0.05, 0.3, 7), every=10, factor=5)
    rule = SpikeRule()
    assert halvings(nll[:515], rule) == []  # two spikes
    rule.rest()
    later = halvings(nll[515:], rule)
    assert later[0] >= COOLDOWN


def test_a_lower_eta_withdraws_the_suggestion():
    nll = spiky(decay() * noise(0.05, 0.3, 8), every=40, factor=5)[:1200]
    eta = np.full(len(nll), 1e-3)
    assert find_spikes(nll, eta).suggest
    eta[1190:] = 5e-4
    assert not find_spikes(nll, eta).suggest


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), sigma=st.floats(0.01, 1.0), cut=st.integers(1, 700))
def test_a_saved_rule_goes_on_as_if_never_saved(seed, sigma, cut):
    nll = spiky(noise(sigma, 0.5, seed, 700), every=25, factor=4, start=100)
    rule = SpikeRule()
    head = halvings(nll[:cut], rule)
    saved = SpikeRule.from_state(json.loads(json.dumps(rule.state())))
    tail = [cut + n for n in halvings(nll[cut:], saved)]
    assert head + tail == halvings(nll)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), sigma=st.floats(0.01, 1.0), width=st.integers(1, 20))
def test_the_curve_and_the_rule_agree(seed, sigma, width):
    """The first value at which the rule asks is the first curve that suggests a halving."""
    nll = spiky(noise(sigma, 0.5, seed, 600), every=50, factor=6, width=width, start=100)
    asked = halvings(nll)
    if asked:
        assert find_spikes(nll[: asked[0] + 1]).suggest
        assert not find_spikes(nll[: asked[0]]).suggest
    else:
        assert not any(find_spikes(nll[:n]).suggest for n in range(WINDOW, 600, 7))


def test_unusable_values_do_not_break_the_rule():
    nll = np.full(300, 0.1)
    nll[100:103] = np.nan, np.inf, 0.0
    rule = SpikeRule()
    assert halvings(nll, rule) == []
    assert json.loads(json.dumps(rule.state(), allow_nan=False)) == rule.state()
    np.testing.assert_array_equal(find_spikes(nll).starts, [100])


def test_short_curves_have_no_spikes():
    for n in (0, 1, WINDOW):
        found = find_spikes(np.ones(n))
        assert len(found.peaks) == 0
        assert not found.suggest
        assert found.sentence.startswith("No spikes")


@pytest.mark.parametrize("state", [{}, {"log_nll": [0.0], "count": 5, "rest_until": 0, "inside": False, "spikes": []}])
def test_a_wrong_state_is_refused_in_words(state):
    with pytest.raises(ValueError, match="start a new rule"):
        SpikeRule.from_state(state)


def test_a_million_values_are_searched_at_once():
    nll = decay(10**6) * noise(0.2, 0.5, 9, 10**6)
    begun = time.process_time()  # other work of the machine must not count
    find_spikes(nll)
    assert time.process_time() - begun < 1
