"""Thinned curves look like the whole ones; bands hold all their curves."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassy_core.figures.thinning import band, smoothed, thin


def curve(N, seed=0):
    rng = np.random.default_rng(seed)
    tau = np.arange(N) * 5e-3
    return tau, (0.05 + (1 + tau) ** -0.8) * np.exp(0.1 * rng.normal(size=N))


def test_a_million_points_keep_their_spikes():
    tau, nll = curve(10**6)
    spikes = np.random.default_rng(1).integers(0, 10**6, 40)
    nll[spikes] *= 20
    begun = time.process_time()
    kept = thin(tau, nll, 2000)
    assert time.process_time() - begun < 0.5
    assert len(kept) <= 2000
    assert {0, 10**6 - 1} <= set(kept)
    assert np.all(np.diff(kept) > 0)
    # Each spike is kept, or a higher one within a thousandth of the axis.
    for n in spikes:
        near = kept[np.abs(np.log(np.maximum(tau[kept], 1e-9) / np.maximum(tau[n], 1e-9))) < 0.02]
        assert nll[near].max() >= nll[n]


def test_kept_points_are_spread_over_the_logarithmic_axis():
    tau, nll = curve(10**5)
    decades = np.floor(np.log10(tau[thin(tau, nll, 400)][1:]))
    counts = np.array([np.sum(decades == d) for d in (0, 1)])
    assert counts.max() < 1.3 * counts.min()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(4, 300), st.integers(0, 10**6))
def test_extremes_ends_and_limit_hold_for_any_curve(N, n, seed):
    rng = np.random.default_rng(seed)
    tau, nll = np.cumsum(rng.exponential(size=N)) * (rng.random() < 0.9), rng.normal(size=N)
    kept = thin(tau, nll, n)
    assert len(kept) <= max(n, 0)
    if N:
        assert kept[0] == 0
        assert kept[-1] == N - 1
        start = 0 if n >= N else 1
        assert nll[kept].max() >= nll[start:].max()
        assert nll[kept].min() <= nll[start:].min()


def test_missing_values_are_passed_over():
    tau, nll = curve(5000)
    nll[100:200] = np.nan
    assert len(thin(tau, nll, 100)) <= 100


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="at least 4"):
        thin(np.arange(10), np.ones(10), 3)


@pytest.mark.parametrize("S", [1, 3, 10])
def test_a_band_lies_around_its_curves(S):
    curves = []
    for s in range(S):
        tau = np.geomspace(1 + s / 10, 900 + s, 50 + s)
        curves.append((np.insert(tau, 0, 0.0), np.insert((1 + s) * tau**-0.5, 0, 1.0)))
    found = band(curves, points=30)
    assert found.curves == S
    assert len(found.tau) == 30
    assert found.tau[0] == pytest.approx(1 + (S - 1) / 10)
    assert found.tau[-1] == pytest.approx(900)
    assert np.all(found.low <= found.median)
    assert np.all(found.median <= found.high)
    np.testing.assert_allclose(found.mean, (1 + (S - 1) / 2) * found.tau**-0.5, rtol=0.01)


def test_a_band_needs_common_times():
    with pytest.raises(ValueError, match="no tau in common"):
        band([([1, 2], [1, 1]), ([3, 4], [1, 1])])
    with pytest.raises(ValueError, match="at least one curve"):
        band([])


def test_smoothing_keeps_a_power_law_and_calms_noise():
    tau = np.geomspace(0.1, 1000, 4000)
    law = 0.8 * tau**-0.7
    np.testing.assert_allclose(smoothed(tau, law, 0.2), law, rtol=1e-9)
    noisy = law * np.exp(0.2 * np.random.default_rng(0).normal(size=len(tau)))
    around = smoothed(tau, noisy, 0.2)
    inner = slice(200, -200)
    assert np.std(np.log(around / law)[inner]) < 0.2 / 8  # some 160 records each
    assert smoothed(tau, noisy, 0.0) is noisy


def test_what_is_not_known_is_not_smoothed():
    tau, y = np.array([0.0, 1.0, 1.1, 1.2, 1.3]), np.array([1.0, np.nan, 2.0, 4.0, 8.0])
    np.testing.assert_allclose(smoothed(tau, y, 0.1), [1, np.nan, 2, 4, 8])
