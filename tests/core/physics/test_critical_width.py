"""Learning times, the censored parabola and w_c against sweeps made with a known w_c."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from glassy_core.network.equations import parameter_count
from glassy_core.physics.critical_width.censored_parabola import Rates, Scatter, artificial_sweeps, fit_parabolas
from glassy_core.physics.critical_width.criticality import critical
from glassy_core.physics.critical_width.learning_times import THRESHOLDS, LearningTime, Recording, learning_time
from glassy_core.physics.critical_width.next_run import suggest
from glassy_core.physics.critical_width.root_intervals import chance_of_root, root_interval
from tests.core.physics.synthetic_sweeps import W_C, WIDTHS, by_both_laws, made

C, Q = 1e-3, 1e-5


def sweep(rng, noise, size, seeds, show=0.08, widths=WIDTHS):
    """1/tau* = c (w - w_c) + q (w - w_c)^2 with noise; rates below a share `show` of the largest are censored."""
    width = np.repeat(widths, seeds)
    x = width - W_C
    rate = C * x + Q * x**2
    top, z = rate.max(), rng.normal(size=len(width))
    # Noise of one size; or relative to the rate, which is then zero below w_c.
    rate = rate + size * top * z if noise == "constant" else np.where(x > 0, rate * np.exp(size * z), 0.0)
    bound = np.full(len(width), show * top)
    censored = rate < bound
    return Rates.of(width, np.where(censored, 0.0, rate), bound, censored)


def root_and_interval(data, rng, copies=200):
    """w_c and its interval, as criticality.py takes them."""
    fits = fit_parabolas(data)
    which = np.unique(data.width, return_inverse=True)[1]
    own = rng.normal(size=(copies, len(data.width)))
    shared = rng.normal(size=(copies, which.max() + 1))[:, which]
    return fits[0].root, *root_interval(data, fits, artificial_sweeps(data, fits, shared, own, rng))


@pytest.mark.parametrize(
    ("noise", "size", "seeds", "cases"),
    # With one seed a sweep has two to four degrees of freedom: more cases to count the same coverage.
    [("constant", 0.02, 3, 100), ("relative", 0.05, 3, 100), ("constant", 0.02, 1, 200)],
)
def test_intervals_cover_the_known_critical_width(noise, size, seeds, cases):
    inside = []
    for case in range(cases):
        rng = np.random.default_rng(case)
        _, low, high = root_and_interval(sweep(rng, noise, size, seeds), rng)
        inside.append(low <= W_C <= high)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_intervals_cover_where_runs_end_early_and_seeds_differ_much():
    """Rates with 15 % noise, of runs too short at three of eight widths, one of which lies above w_c."""
    inside, w_c = [], 20.3
    width = np.repeat(np.arange(12.0, 52, 5), 3)
    x = np.maximum(width - w_c, 0)
    for case in range(100):
        rng = np.random.default_rng([77, case])
        rate = (C * x + Q * x**2) * np.exp(0.15 * rng.normal(size=len(width)))
        bound = np.full(len(width), 1 / 400)
        data = Rates.of(width, np.where(rate < bound, 0.0, rate), bound, rate < bound)
        _, low, high = root_and_interval(data, rng)
        inside.append(low <= w_c <= high)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_the_critical_width_is_held_however_learning_slows_down():
    """The parabola alone is blind to z: of z = 0.7, 1.2 and 1.5 its intervals hold far less than they say."""
    held, alone, z_held = [], [], []
    for z in (0.7, 1.0, 1.2, 1.5, 2.0):
        for case in range(8):
            both, parabola, power = by_both_laws(*made(z, case))
            held.append(both[0] <= W_C <= both[1])
            z_held.append(power.z.low <= z <= power.z.high)
            if z in (0.7, 1.5):
                alone.append(parabola[0] <= W_C <= parabola[1])
    assert np.mean(held) >= 0.9
    assert np.mean(z_held) >= 0.85
    assert np.mean(alone) < 0.75


def test_a_sweep_that_is_no_parabola_is_doubted_with_the_other_laws_numbers():
    runs = list(curves(2, 20, 0, noise=0.01, z=0.6))
    at = critical(runs, copies=200).depths[2].thresholds[0.01]
    assert at.power.better
    assert at.doubt.startswith("1/tau* rises as a power 0.")
    values = at.to_json()
    assert values["laws"]["power"]["share"] > 0.9
    assert values["laws"]["power"]["z"]["low"] <= 0.6 <= values["laws"]["power"]["z"]["high"]
    assert values["doubt"] == at.doubt
    assert values["w_c"]["low"] <= 20 <= values["w_c"]["high"]


def test_without_censored_runs_the_chance_of_a_root_is_fiellers():
    rng = np.random.default_rng(1)
    width = np.repeat(np.arange(20.0, 60, 5), 2)
    rate = C * (width - 15) + Q * (width - 15) ** 2 + 1e-3 * rng.normal(size=len(width))
    data = Rates.of(width, rate, np.full(len(width), 1e-6), np.zeros(len(width), bool))
    fit = next(fit for fit in fit_parabolas(data) if fit.power == 0)
    tried = np.array([5.0, 12.0, 15.0, 20.0])
    X, X0 = np.vander(width, 3), np.vander(tried, 3)
    beta = np.linalg.lstsq(X, rate, rcond=None)[0]
    variance = fit.noise[0] ** 2 * fit.scatter.seeds * np.einsum("ri,ij,rj->r", X0, np.linalg.inv(X.T @ X), X0)
    expected = 2 * stats.t.sf(np.abs(X0 @ beta) / np.sqrt(variance), fit.scatter.dof_seeds)
    assert fit.scatter.points == 0
    assert chance_of_root(data, [fit], tried) == pytest.approx(expected, rel=1e-5)


def test_without_noise_the_critical_width_is_exact():
    rng = np.random.default_rng(0)
    value, low, high = root_and_interval(sweep(rng, "constant", 0.0, 2), rng)
    assert value == pytest.approx(W_C, abs=1e-5)
    assert high - low < 1e-3


def test_censored_runs_move_the_critical_width_up_where_the_measured_ones_put_it_too_low():
    # Rates that lie on a straight line to w = 10, and long runs at w = 12 and 14 which show that it cannot go on so.
    width = np.array([16.0, 18, 20, 24, 28, 32])
    rate = 1e-3 * (width - 10) * np.array([1.02, 0.99, 1, 1.01, 0.99, 1])
    bound = np.full(6, 1e-5)
    free = fit_parabolas(Rates.of(width, rate, bound, np.zeros(6, bool)))[0]
    more = Rates.of(
        np.append(width, [12, 12, 14, 14]), np.append(rate, np.zeros(4)), np.full(10, 1e-5), [False] * 6 + [True] * 4
    )
    bounded = fit_parabolas(more)[0]
    assert free.root == pytest.approx(10, abs=0.7)
    assert bounded.root > free.root + 1
    # Bounds far above the curve say nothing.
    weak = Rates.of(more.width, more.rate, np.where(more.censored, 1.0, 1e-5), more.censored)
    assert fit_parabolas(weak)[0].root == pytest.approx(free.root, abs=1e-3)


def test_bounds_on_the_falling_side_of_a_convex_parabola_say_nothing():
    width = np.array([20.0, 25, 30, 35, 40, 45])
    rate = 1e-4 * (width - 15) + 1e-4 * (width - 15) ** 2
    far = np.array([2.0, 3, 4])  # there the parabola has risen again
    data = Rates.of(np.append(width, far), np.append(rate, np.zeros(3)), np.full(9, 1e-5), [False] * 6 + [True] * 3)
    assert fit_parabolas(data)[0].root == pytest.approx(15, abs=1e-3)


def test_seeds_that_scatter_less_than_their_points_are_not_counted_as_so_many_measurements():
    alike = Scatter.of(4.0, 4, 16.0, 16, 3)
    assert (alike.points, alike.seeds, alike.dof_seeds) == (0, 1, 20)
    apart = Scatter.of(40.0, 4, 1.6, 16, 3)
    assert apart.seeds == pytest.approx(0.1)
    assert apart.points == pytest.approx((10 - 0.1) / 3)


# learning times


@given(st.floats(0.3, 2.0), st.sampled_from(THRESHOLDS), st.integers(200, 5000))
def test_the_crossing_of_a_power_law_is_found(exponent, threshold, n):
    tau = np.geomspace(0.1, 1e6, n)
    truth = threshold ** (-1 / exponent)
    found = learning_time(tau, tau**-exponent, threshold)
    assert (found is None) == (truth > 1e6)
    if found is not None:
        assert found == pytest.approx(truth, rel=0.003)


def test_the_crossing_is_on_the_straight_line_in_logarithms_between_two_records():
    assert learning_time([0, 1, 100], [1, 1, 1e-4], 0.01) == pytest.approx(10)


def test_spikes_do_not_move_the_crossing_and_a_dip_does_not_make_one():
    tau = np.geomspace(1, 1000, 3000)
    nll = 1 / tau
    spiky = nll.copy()
    spiky[::20] *= 30
    spiky[7::50] *= 1e-3
    assert learning_time(tau, spiky, 0.01) == pytest.approx(100, rel=0.03)
    nll[1000:] = np.nan  # a run that diverged at tau = 10
    assert learning_time(tau, nll, 0.01) is None


def test_curves_of_unequal_length_or_going_back_in_time_are_refused():
    with pytest.raises(ValueError, match="one length"):
        learning_time([1, 2], [1], 0.01)
    with pytest.raises(ValueError, match="goes down"):
        learning_time([2, 1], [1, 1], 0.01)


# the whole way from curves to the contract


def curves(depth, w_c0, slope, widths=(12, 16, 20, 24, 28, 34, 40, 50), seeds=3, noise=0.03, tau_max=300.0, z=None):
    """Curves whose 1/tau* at each threshold is a parabola, or a power z, with the root w_c0 + slope NLL*."""
    rng = np.random.default_rng(depth)
    tau = np.geomspace(0.01, tau_max, 600)
    levels = np.array([0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005])
    for w in widths:
        for seed in range(seeds):
            x = w - (w_c0 + slope * levels)
            law = 2e-3 * x + 2e-5 * x**2 if z is None else 0.06 * (np.maximum(x, 0) / 30) ** z
            rate = law * (levels / 0.01) ** 0.8 * np.exp(noise * rng.normal())
            met = x > 0
            log_tau = np.append(np.log(0.01), -np.log(rate[met]))
            nll = np.exp(np.interp(np.log(tau), log_tau, np.append(0.0, np.log(levels[met]))))
            noisy = nll * np.exp(0.05 * rng.normal(size=len(tau)))
            yield Recording(depth, w, seed, tau, noisy, f"d{depth}-w{w}-{seed}")


def test_a_sweep_gives_the_contract_with_the_known_critical_widths():
    result = critical([*curves(1, 25, -60), *curves(2, 18, -60)])
    values = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert list(values["depths"]) == ["1", "2"]
    for depth, w_c0 in (("1", 25), ("2", 18)):
        found = values["depths"][depth]
        assert list(found["thresholds"]) == ["0.01", "0.02", "0.03", "0.05", "0.1"]
        for name, at in found["thresholds"].items():
            assert at["w_c"]["low"] <= at["w_c"]["value"] <= at["w_c"]["high"]
            assert at["w_c"]["value"] == pytest.approx(w_c0 - 60 * float(name), abs=1.2)
            assert len(at["points"]) + len(at["censored"]) == 24
            assert "why" not in at
            expected = parameter_count(int(depth), at["w_c"]["value"])
            assert at["parameters"]["value"] == pytest.approx(expected)
        line = found["line"]
        assert line["slope"]["low"] <= -60 <= line["slope"]["high"]
        assert line["intercept"]["low"] <= w_c0 <= line["intercept"]["high"]
    censored = values["depths"]["1"]["thresholds"]["0.01"]["censored"]
    assert {point["width"] for point in censored} >= {12, 16, 20}
    assert all(point["inverse_tau_below"] == pytest.approx(1 / 300) for point in censored)


def test_the_same_sweep_gives_the_same_numbers_and_a_band_around_its_curve():
    runs = list(curves(2, 18, -60))
    one, two = critical(runs), critical(runs)
    assert one.to_json() == two.to_json()
    result = one.depths[2].thresholds[0.01]
    value, low, high = result.curve([20, 30, 40])
    assert np.all((low < value) & (value < high))


def test_too_few_widths_are_said_and_a_wider_one_is_suggested():
    result = critical(curves(2, 18, -60, widths=(12, 20, 24))).depths[2]
    values = result.to_json()
    at = values["thresholds"]["0.01"]
    assert at["w_c"] is None
    assert at["why"].startswith("2 widths have reached NLL* = 0.01; a parabola needs 4")
    assert values["line"]["slope"] is None
    assert "0 thresholds" in values["line"]["why"]
    assert result.suggestion is not None
    assert result.suggestion.width > 24


def test_a_parabola_without_a_root_is_said():
    width = (20, 30, 40, 50, 60)
    tau = np.geomspace(0.01, 1e4, 2000)
    runs = [Recording(1, w, 0, tau, np.where(tau < 1 / (1e-2 + 1e-5 * (w - 5) ** 2), 1.0, 1e-3)) for w in width]
    at = critical(runs).depths[1].thresholds[0.01]
    assert at.w_c is None
    assert "no root" in at.why
    assert critical(runs).depths[1].suggestion.width < 20


def test_no_runs_and_runs_without_a_record():
    assert critical([]).to_json()["depths"] == {}
    at = critical([Recording(1, 20, 0, [0.0], [1.0])]).depths[1]
    assert at.thresholds[0.01].why.startswith("No width has reached")
    assert at.suggestion is None


def test_no_width_is_suggested_beside_those_that_are_planned():
    times = [LearningTime(w, 0, 3.0, 400.0) for w in (24, 30, 84)]
    assert suggest(1, 0.05, times, None, set()).width == 57
    planned = {(w, 0) for w in (36, 48, 60, 72)}
    assert suggest(1, 0.05, times, None, planned).width > 84


def test_the_suggested_width_is_one_that_helps_and_its_seed_is_free():
    times = [
        LearningTime(w, s, 1 / (C * (w - W_C) * (1 + 0.03 * (-1) ** (w // 4 + s))), 400.0)
        for w in (30, 34, 40, 50)
        for s in (0, 1)
    ]
    times += [LearningTime(18, 0, None, 400.0)]
    data = Rates.of(*([getattr(t, name) for t in times] for name in ("width", "rate", "bound", "censored")))
    fit = fit_parabolas(data)[0]
    found = suggest(2, 0.01, times, fit, {(24, 0)})
    assert W_C < found.width <= 30  # near w_c, but not where it would take longer than the runs last
    assert fit(found.width) > 1 / 400
    assert (found.width, found.seed) not in {(t.width, t.seed) for t in times} | {(24, 0)}
    assert suggest(2, 0.01, [], None, set()) is None
