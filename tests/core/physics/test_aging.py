"""Delta, its collapse and its growth against processes that can be solved exactly."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.paper.aging import full_aging
from glassy_core.physics.aging.aging import aging
from glassy_core.physics.aging.collapse import breakdowns, collapse
from glassy_core.physics.aging.fluctuations import SgdNoise, Trajectory, delta, delta_curves, read_waiting
from glassy_core.physics.aging.growth import logarithm, power, short_time
from tests.core.physics.gaussian import TAU_W, Gaussian, fractional, fully_aging, ornstein_uhlenbeck, trajectory
from tests.core.physics.synthetic_aging import count, processes

# Eq. 7


def test_a_random_walk_with_constant_gamma_has_a_delta_independent_of_the_waiting_time():
    curves = delta_curves([trajectory(lambda t, tau: 3 * tau, gamma=lambda t: np.full_like(t, 1.5))])
    for curve in curves:
        assert curve.delta == pytest.approx(2 * curve.tau)
    found = collapse(curves)
    assert found.mu.value == pytest.approx(0, abs=1e-3)
    assert found.error == pytest.approx(0, abs=1e-6)
    assert short_time(curves).slope.value == pytest.approx(1)


@pytest.mark.parametrize("gamma", [lambda t: 2 + t / 500, lambda t: 1 + 0.5 * np.sin(t / 300), lambda t: 1 / (1 + t)])
def test_a_varying_gamma_is_divided_out(gamma):
    # A walk driven by the noise itself, dD = Gamma dtau, has Delta = tau whatever Gamma does.
    fine = np.linspace(0, 10_000, 1_000_001)
    walked = np.concatenate([[0], np.cumsum((gamma(fine)[1:] + gamma(fine)[:-1]) / 2 * np.diff(fine))])
    run = trajectory(lambda t, tau: np.interp(t + tau, fine, walked) - np.interp(t, fine, walked), n=400, gamma=gamma)
    for waiting in run.waiting:
        assert delta(waiting, run.noise) == pytest.approx(waiting.tau, rel=0.01)
    frozen = delta(run.waiting[0], run.noise, frozen=True)
    assert frozen == pytest.approx(run.waiting[0].D / gamma(TAU_W[0]), rel=1e-3)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=6), st.lists(st.floats(0.5, 50), min_size=1, max_size=6))
def test_the_mean_of_one_over_gamma_is_the_integral_along_the_straight_lines(gamma, steps):
    noise = SgdNoise.of(np.arange(len(gamma)) * 10.0, gamma)
    edges = np.concatenate([[1.0], 1 + np.cumsum(steps)])
    for a, b, mean in zip(edges, edges[1:], noise.mean_inverse(edges), strict=False):
        nodes = np.union1d(np.linspace(a, b, 2001), noise.tau[(noise.tau > a) & (noise.tau < b)])
        middle = (nodes[1:] + nodes[:-1]) / 2
        assert mean == pytest.approx(np.sum(np.diff(nodes) / noise.at(middle)) / (b - a), rel=1e-3)


def test_records_are_sorted_deduplicated_and_split_by_kind():
    row = {"tau_w_step": 10, "tau_w": 1.0, "D_K": 7.0}
    records = [
        row | {"step": 30, "tau": 2.0, "D": 5.0},
        row | {"step": 20, "tau": 1.0, "D": 1.0},
        row | {"step": 30, "tau": 2.0, "D": 4.0},
        row | {"step": 10, "tau": 0.0, "D": 0.0},
        {"tau_w_step": 5, "tau_w": 0.5, "step": 20, "tau": 1.5, "D": 9.0},
    ]
    first, second = read_waiting(records)
    assert (first.tau_w_step, second.tau_w_step) == (5, 10)
    assert second.D.tolist() == [1, 4]
    assert second.kinds["K"].tolist() == [7, 7]
    assert first.kinds == {}
    assert delta(second, SgdNoise.of([0], [2.0]), kind="K") == pytest.approx([3.5, 3.5])


def test_gamma_that_is_missing_or_no_variance_is_refused():
    with pytest.raises(ValueError, match="never measured"):
        SgdNoise.of([1, 2], [np.nan, np.nan])
    with pytest.raises(ValueError, match="a variance is positive"):
        SgdNoise.of([1, 2], [1.0, 0.0])


# the collapse


@pytest.mark.parametrize("mu", [0.0, 0.4, 0.7, 1.0, 1.3])
def test_a_function_of_tau_over_tau_w_to_the_mu_gives_mu(mu):
    curves = delta_curves([trajectory(lambda t, tau: 5 * np.log1p((tau / t**mu / 50) ** 0.6))])
    found = collapse(curves)
    assert found.mu.value == pytest.approx(mu, abs=0.01)
    assert found.mu.high - found.mu.low < 0.02
    assert found.error < 0.01
    assert np.nanargmin(found.errors) == np.argmin(np.abs(found.mus - mu))


def test_full_aging_gives_its_known_exponent_and_its_known_logarithm():
    power_law = delta_curves([trajectory(lambda t, tau: 7 * (tau / t) ** 0.66, reach=16)])
    found = power(power_law)
    assert found.slope.value == pytest.approx(0.66)
    assert found.amplitude == pytest.approx(7)
    assert short_time(power_law).slope.value == pytest.approx(0.66)
    late = logarithm(delta_curves([trajectory(lambda t, tau: 4 + 3 * np.log(tau / t), reach=16, first=200)]))
    assert late.slope.value == pytest.approx(3)
    assert late.amplitude == pytest.approx(4)
    shifted = delta_curves([trajectory(lambda t, tau: 2 * max(tau / t - 0.6, 1e-9) ** 0.5, n=200)])
    assert power(shifted, origin=0.6).slope.value == pytest.approx(0.5, abs=1e-3)


def test_a_stationary_process_saturates_and_shows_no_aging():
    process = Gaussian(ornstein_uhlenbeck)
    found = collapse(process.truth())
    assert found.window[0] == 0  # nothing grows any more at tau ~ tau_w
    assert found.mu.value == pytest.approx(0, abs=1e-3)
    noisy = collapse(delta_curves([process.sample(np.random.default_rng(0))]))
    assert noisy.mu.low <= 0 <= noisy.mu.high
    assert noisy.mu.high < 0.5
    # In a window where all is flat any mu would do, and that is said.
    flat = collapse(process.truth(), window=(1.0, np.inf))
    assert flat.mu is None
    assert "does not grow" in flat.why
    assert power(process.truth()).slope.value == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("covariance", "mu"),
    [(fractional(0.35), 0), (fully_aging(0.35), 1), (ornstein_uhlenbeck, 0)],
    ids=["fractional", "fully aging", "stationary"],
)
def test_intervals_of_mu_alpha_and_the_exponent_cover_the_truth(covariance, mu):
    process = Gaussian(covariance)
    truth = process.truth()
    expected = {"mu": mu, "alpha": short_time(truth).slope.value, "power": power(truth).slope.value}
    inside = {name: [] for name in expected}
    for case in range(200):
        rng = np.random.default_rng(case)
        curves = delta_curves([process.sample(rng)])
        found = {"mu": collapse(curves).mu, "alpha": short_time(curves).slope, "power": power(curves).slope}
        for name, value in expected.items():
            inside[name].append(found[name].low <= value <= found[name].high)
    assert all(np.mean(cases) >= 0.9 for cases in inside.values()), {k: np.mean(v) for k, v in inside.items()}


def test_the_intervals_tell_aging_from_none_and_shrink_with_more_seeds():
    process, rng = Gaussian(fully_aging(0.35)), np.random.default_rng(1)
    runs = [process.sample(rng, N=1000) for _ in range(6)]
    few, many = aging(runs[:1]), aging(runs)
    assert few.collapse.mu.low > 0
    assert many.collapse.mu.high - many.collapse.mu.low < few.collapse.mu.high - few.collapse.mu.low
    assert np.isnan(few.curves[0].low).all()
    band = many.curves[0]
    assert band.seeds == 6
    assert np.all((band.low < band.delta) & (band.delta < band.high))
    truth = process.truth()[0].delta
    assert np.mean((band.low < truth) & (truth < band.high)) > 0.6


def test_the_error_is_the_relative_scatter_between_curves():
    curves = delta_curves([trajectory(lambda t, tau: tau / t * (1.1 if t < 100 else 1.0), tau_w=[80.0, 160.0])])
    found = collapse(curves, (0, np.inf))
    assert found.errors[found.mus == 1.0] == pytest.approx(np.log(1.1) / np.sqrt(2), rel=1e-6)


def test_the_place_where_the_longest_waiting_time_leaves_the_others_is_found():
    # The oldest system stops ageing at x = 2: from there its Delta grows no more.
    run = trajectory(lambda t, tau: min(tau / t, 2.0) if t == TAU_W[-1] else tau / t, n=200)
    found = breakdowns(delta_curves([run]), 1.0)
    assert [at.x for at in found[:-1]] == [None] * 4
    assert found[-1].x == pytest.approx(2 * 1.25, rel=0.06)


@pytest.mark.parametrize("end", [270, 300, 420, 540, 600, 800])
@pytest.mark.parametrize("mu", [0.0, 1.0, 1.3, 1.6])
def test_while_a_run_goes_on_mu_is_right_or_not_given(mu, end):
    # The class world's waiting times; whichever curve is the youngest has only just come into the window.
    offsets = 5e-3 * np.unique(np.round(10 ** (np.arange(65) / 12)))
    records = [
        {"tau_w_step": round(t / 5e-3), "step": round((t + tau) / 5e-3), "tau_w": t, "tau": float(tau)}
        | {"D": float(5 * np.log1p((tau / t**mu * 30 ** (mu - 1)) ** 0.9))}
        for t in (50.0, 100.0, 200.0, 400.0)
        for tau in offsets[offsets <= end - t]
    ]
    found = collapse(delta_curves([Trajectory.of(records, [0.0], [1.0])]))
    if end >= 420:  # the three older ones have gone far enough
        assert found.mu.value == pytest.approx(mu, abs=0.02)
    else:
        assert found.mu is None
        assert "three" in found.why


def test_an_error_that_still_falls_at_the_last_mu_is_no_minimum():
    found = collapse(delta_curves([trajectory(lambda t, tau: (tau / t**2.6 * 1e4) ** 0.7)]), window=(0.0, np.inf))
    assert found.mu is None
    assert "still falls" in found.why


def test_a_seed_that_has_just_begun_does_not_cut_the_others_short():
    def law(t, tau):
        return (tau / t) ** 0.66

    whole, young = trajectory(law, reach=16), trajectory(law, reach=1)
    curves = delta_curves([whole, whole, young])
    assert {curve.seeds for curve in curves} == {2}
    assert all(curve.x[-1] == pytest.approx(16) for curve in curves)
    joined = delta_curves([whole, whole, trajectory(law, reach=8.1)])
    assert {curve.seeds for curve in joined} == {3}
    assert all(6 < curve.x[-1] <= 8.1 for curve in joined)


def test_the_change_of_gamma_since_a_waiting_time():
    times = np.linspace(0, 1000, 1001)
    assert SgdNoise.of(times, 1e-3 * np.maximum(times, 1)).change(100) == pytest.approx(9, rel=0.05)
    assert SgdNoise.of(times, np.full(1001, 2.0)).change(100) == pytest.approx(1)
    assert SgdNoise.of(times, np.full(1001, 2.0)).change(900) is None


# what the page and the command line take


def test_the_contract():
    run = trajectory(lambda t, tau: 5 * (tau / t) ** 0.66, reach=16, n=100)
    values = json.loads(json.dumps(aging([run]).to_json(), allow_nan=False))
    assert set(values) >= {"alpha", "mu", "collapse_error", "power", "log", "tau_w"}
    for estimate in (values["alpha"], values["mu"], values["power"]["exponent"], values["log"]["slope"]):
        assert set(estimate) == {"value", "low", "high"}
    assert values["power"]["window"] == [1, 6]
    assert values["log"]["window"] == [10, None]
    assert values["tau_w"] == TAU_W
    assert "why" not in values


def test_a_run_that_has_just_begun_to_wait_says_what_is_missing():
    run = trajectory(lambda t, tau: tau, tau_w=[80.0], reach=0.02)
    values = json.loads(json.dumps(aging([run]).to_json(), allow_nan=False))
    assert values["mu"] is None
    assert "three" in values["why"]
    assert values["log"]["slope"] is None
    assert "run on" in values["log"]["why"]
    empty = aging([]).to_json()
    assert empty["tau_w"] == []
    assert empty["alpha"] is None


def test_processes_that_do_not_age_fully_are_not_said_to():
    """Eight cases each of what `python -m tests.core.physics.synthetic_aging` counts a hundred of."""
    made = processes()
    counts = {name: count(process, 8) for name, process in made.items()}
    assert not any(counts[name]["full"] for name, process in made.items() if not process.full)
    truly = [aging([Gaussian(fully_aging(0.35)).sample(np.random.default_rng(k), 3000)]) for k in range(2)]
    assert [full_aging(ours.collapse.mu, ours.drifts) for ours in truly] == [("agrees", "")] * 2
    with_mu = [counts[name]["held"] for name, process in made.items() if process.mu is not None]
    assert sum(with_mu) >= 0.85 * 8 * len(with_mu)
