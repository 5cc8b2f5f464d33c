"""Power-law fits: intervals that cover the truth, floors that are not made up, curves that are no power laws."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from glassy_core.physics.learning_curves.power_law import PowerLawFit, fit_power_law
from glassy_core.physics.learning_curves.seeds import fit_seeds
from glassy_core.physics.learning_curves.windows import MIN_BINS, usable_recordings

CASES = 100


def noise(rng, n, sigma, correlation):
    """Relative noise of SGD: a first-order autoregression of standard deviation sigma around 1."""
    steps = rng.normal(size=n + 200) * np.sqrt(1 - correlation**2)
    return 1 + sigma * lfilter([1], [1, -correlation], steps)[200:]


def recorded(n, spacing):
    """tau from 2 to 1000 of n recordings, regular in step or log-spaced."""
    return np.linspace(2, 1000, n) if spacing == "regular" else np.geomspace(2, 1000, n)


def covers(estimate, truth):
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize(
    ("n", "spacing", "window"),
    [(300, "log", (2, 1000)), (1000, "regular", None)],
    ids=["300 log-spaced, given window", "1000 regular, own window"],
)
def test_intervals_cover_the_truth(n, spacing, window):
    """95 % intervals hold the truth in 90-99 % of the cases, counted over all, unreliable ones too."""
    rng = np.random.default_rng(20)
    tau = recorded(n, spacing)
    hits = {"nll_inf": 0, "exponent": 0, "amplitude": 0}
    unreliable = noisy = 0
    for _ in range(CASES):
        truth = {
            "nll_inf": rng.uniform(0, 0.15),
            "exponent": rng.uniform(0.3, 1.6),
            "amplitude": rng.uniform(0.3, 2),
        }
        clean = truth["nll_inf"] + truth["amplitude"] * tau ** -truth["exponent"]
        level = rng.choice([0.01, 0.03, 0.1])
        fit = fit_power_law(tau, clean * noise(rng, n, level, rng.choice([0, 0.5, 0.8])), window)
        for name, value in truth.items():
            hits[name] += covers(getattr(fit, name), value)
        unreliable += not fit.reliable and level < 0.1
        noisy += not fit.reliable
    for name, count in hits.items():
        assert 0.9 * CASES <= count <= 0.99 * CASES, (name, hits)
    assert unreliable < 0.13 * 2 / 3 * CASES  # a third of them with noise that is correlated by 0.8
    assert noisy < 0.3 * CASES  # with 10 % noise a logarithm or a stretched exponential often fits as well


def test_a_pure_power_law_gets_no_spurious_floor():
    rng = np.random.default_rng(21)
    tau, floors, exponents = recorded(600, "regular"), 0, 0
    cases = 60
    for _ in range(cases):
        a = rng.uniform(0.3, 1.6)
        fit = fit_power_law(tau, tau**-a * noise(rng, 600, rng.choice([0.02, 0.1]), 0.5), (2, 1000))
        floors += not fit.pure.enough
        exponents += covers(fit.pure.exponent, a)
        assert covers(fit.nll_inf, 0) == fit.pure.enough
    assert floors <= 0.06 * cases  # 2.5 % are due to chance
    assert exponents >= 0.9 * cases


def test_a_clear_floor_is_found_and_the_pure_power_law_refused():
    rng = np.random.default_rng(22)
    tau = recorded(1000, "regular")
    fit = fit_power_law(tau, (0.1265 + tau**-0.9) * noise(rng, 1000, 0.03, 0.5))
    assert fit.reliable
    assert fit.nll_inf.low > 0.1
    assert not fit.pure.enough
    assert fit.pure.delta_aic > 10
    assert fit.correlation > 0.5


def test_without_noise_the_power_law_comes_back_exactly():
    tau = recorded(500, "regular")
    for floor, a in ((0.1265, 0.52), (0.0, 1.04), (0.002, 0.83)):
        fit = fit_power_law(tau, floor + 0.7 * tau**-a)
        assert fit.reliable, fit.why
        assert fit.exponent.value == pytest.approx(a, abs=1e-6)
        assert fit.nll_inf.value == pytest.approx(floor, abs=1e-6)
        assert fit.amplitude.value == pytest.approx(0.7, rel=1e-5)
        np.testing.assert_allclose(fit.predict(tau), floor + 0.7 * tau**-a, rtol=1e-5)


NOT_POWER_LAWS = {
    "constant": lambda rng, tau: np.full(len(tau), 0.1),
    "exponential": lambda rng, tau: 0.05 + 0.8 * np.exp(-tau / rng.uniform(20, 300)),
    "exponential to zero": lambda rng, tau: 0.8 * np.exp(-tau / rng.uniform(100, 300)),
    "random walk": lambda rng, tau: 0.1 * np.exp(0.02 * np.cumsum(rng.normal(size=len(tau)))),
    "logistic step": lambda rng, tau: 0.05 + 0.5 / (1 + np.exp((tau - rng.uniform(200, 700)) / rng.uniform(20, 80))),
    "rise": lambda rng, tau: 0.1 + 5e-4 * tau,
    "straight line": lambda rng, tau: 1 - 9e-4 * tau,
}


@pytest.mark.parametrize("window", [None, (2, 1000)], ids=["default window", "given window"])
@pytest.mark.parametrize("name", NOT_POWER_LAWS)
def test_a_curve_without_a_power_law_is_called_unreliable(name, window):
    for case in range(6):
        rng = np.random.default_rng(case)
        tau = recorded(400, ("regular", "log")[case % 2])
        nll = NOT_POWER_LAWS[name](rng, tau) * noise(rng, 400, (0.0, 0.02, 0.1)[case % 3], 0.3)
        fit = fit_power_law(tau, nll, window)
        assert not fit.reliable, case
        assert fit.why.endswith(".")
        assert fit.exponent is not None  # marked, never hidden


@pytest.mark.parametrize("window", [(2, 1000), (50, 1000)])
def test_a_decay_that_still_steepens_is_no_power_law_yet(window):
    """As real curves do early: the best floor would be far below zero."""
    rng = np.random.default_rng(23)
    tau = recorded(500, "regular")
    fit = fit_power_law(tau, tau ** -(0.4 + 0.05 * np.log(tau)) * noise(rng, 500, 0.02, 0.3), window)
    assert not fit.reliable
    assert "steeper" in fit.why
    assert fit.nll_inf.low == fit.nll_inf.value == 0
    assert fit.pure.delta_aic == -2  # a floor below zero is none: it speaks for nothing


def test_a_bend_that_the_eye_sees_is_no_power_law_however_deep_the_nll_falls():
    """Two power laws in a row: the second one is where the NLL is small, but on logarithmic axes half the curve."""
    tau = recorded(600, "log")
    nll = 0.5 * np.where(tau < 50, tau**-1.2, 50**-0.9 * tau**-0.3)
    for sigma in (0.01, 0.05):
        fit = fit_power_law(tau, nll * noise(np.random.default_rng(33), 600, sigma, 0), (2, 1000))
        assert not fit.reliable
        assert "bends" in fit.why
        assert np.abs(fit.points.residuals).max() > 0.1


def test_the_default_window_begins_after_the_bend():
    """A decay that becomes a power law late: less than a decade of it is taken, and the exponent is the late one."""
    tau = recorded(3000, "regular")
    for seed in range(5):
        late = 300 * np.where(tau < 140, 140**-1.2 * tau**-0.4, tau**-1.6)
        fit = fit_power_law(tau, (0.002 + late) * noise(np.random.default_rng(seed), 3000, 0.03, 0.3))
        assert fit.reliable, fit.why
        assert 130 < fit.window[0] < 150
        assert fit.exponent.value == pytest.approx(1.6, abs=0.2)


def test_too_short_a_range_is_said():
    rng = np.random.default_rng(24)
    tau = np.linspace(300, 1000, 5000)
    fit = fit_power_law(tau, 10 * tau**-0.8 * noise(rng, 5000, 0.01, 0))
    assert not fit.reliable
    assert "factor of 3.3" in fit.why


@pytest.mark.parametrize("n", [0, 1, 3, MIN_BINS - 1])
def test_too_few_recordings_give_no_estimate_and_say_why(n):
    fit = fit_power_law(np.arange(1, n + 1), np.ones(n), (0.5, 2000))
    values = json.loads(json.dumps(fit.to_json(), allow_nan=False))
    assert values["nll_inf"] is values["exponent"] is values["amplitude"] is values["correlation"] is None
    assert values["reliable"] is False
    assert f"{n} recordings" in values["why"]
    with pytest.raises(ValueError, match="no fit to draw"):
        fit.predict([1.0])


def test_an_empty_curve_without_a_window_says_why():
    fit = fit_power_law([], [])
    assert fit.to_json()["window"] is None
    assert not fit.reliable


def test_json_is_the_contract():
    tau = recorded(300, "log")
    fit = fit_power_law(tau, 0.05 + tau**-0.7, (5, 900))
    values = json.loads(json.dumps(fit.to_json(), allow_nan=False))
    assert list(values) == ["nll_inf", "exponent", "amplitude", "window", "correlation", "reliable", "why"]
    assert values["window"] == [5, 900]
    assert values["why"] is None
    for name in ("nll_inf", "exponent", "amplitude"):
        assert list(values[name]) == ["value", "low", "high"]
        assert values[name]["low"] <= values[name]["value"] <= values[name]["high"]


def test_the_same_curve_gives_the_same_intervals():
    rng = np.random.default_rng(25)
    tau = recorded(300, "regular")
    nll = (0.05 + tau**-0.7) * noise(rng, 300, 0.1, 0.5)
    assert fit_power_law(tau, nll).to_json() == fit_power_law(tau, nll).to_json()


@settings(max_examples=25, deadline=None)
@given(st.integers(MIN_BINS, 60), st.integers(0, 10**6), st.floats(0, 3))
def test_anything_recorded_gives_a_finite_answer(n, seed, wild):
    rng = np.random.default_rng(seed)
    tau = np.cumsum(rng.exponential(size=n)) + 1e-3
    fit = fit_power_law(tau, np.exp(wild * rng.normal(size=n)))
    json.dumps(fit.to_json(), allow_nan=False)
    assert fit.reliable == (fit.why is None)


@pytest.mark.parametrize("window", [(5, 2), (0, 10), (-1, 3), (1, np.inf), (np.nan, 3)])
def test_a_window_that_is_none_is_refused_in_words(window):
    with pytest.raises(ValueError, match="smaller one first"):
        fit_power_law(np.arange(1, 100), np.ones(99), window)


def test_unusable_recordings_are_left_out():
    tau, nll = usable_recordings([0, 3, 1, 2, 4], [1, 0.3, 0.5, np.nan, 0.2])
    np.testing.assert_array_equal(tau, [1, 3, 4])
    np.testing.assert_array_equal(nll, [0.5, 0.3, 0.2])
    with pytest.raises(ValueError, match="same length"):
        usable_recordings([1, 2], [1])


def test_the_straight_line_view_is_straight():
    tau = recorded(500, "log")
    fit = fit_power_law(tau, 0.1 + tau**-0.8)
    x, excess, low, high, line = fit.straight()
    slope = np.polyfit(np.log(x), np.log(excess), 1)[0]
    assert slope == pytest.approx(-0.8, abs=1e-3)
    np.testing.assert_allclose(excess, line, rtol=1e-3)
    assert np.all(low <= excess)
    assert np.all(excess <= high)


def seeds(rng, S, floor, a, spread, n=400):
    """S runs of one setting whose floors and amplitudes differ by a relative spread."""
    tau = recorded(n, "regular")
    return [
        (tau, (floor * (1 + spread * rng.normal()) + (1 + spread * rng.normal()) * tau**-a) * noise(rng, n, 0.03, 0.5))
        for _ in range(S)
    ]


@pytest.mark.parametrize("S", [3, 5])
def test_seeds_fitted_together_cover_the_setting(S):
    """The truth is the setting's mean curve; a single run's interval knows nothing of the other seeds."""
    rng = np.random.default_rng(26)
    cases, together, single = 30, 0, 0
    for _ in range(cases):
        floor, a = rng.uniform(0.03, 0.15), rng.uniform(0.5, 1.4)
        curves = seeds(rng, S, floor, a, spread=0.2)
        together += covers(fit_seeds(curves, (2, 1000)).nll_inf, floor)
        single += covers(fit_power_law(*curves[0], (2, 1000)).nll_inf, floor)
    assert together >= 0.88 * cases
    assert single < 0.7 * cases


def test_one_seed_is_fitted_as_a_run():
    curves = seeds(np.random.default_rng(27), 1, 0.1, 0.8, 0)
    assert fit_seeds(curves).to_json() == fit_power_law(*curves[0]).to_json()


def test_of_seeds_without_common_times_the_longer_is_fitted_and_the_other_named():
    curves = [(np.arange(1, 50), np.ones(49)), (np.arange(100, 150), np.ones(50))]
    fit = fit_seeds(curves)
    assert isinstance(fit, PowerLawFit)
    assert fit.exponent == fit_power_law(*curves[1]).exponent
    assert fit.why.endswith("1 of 2 seeds is left out: too few recordings reach into the window.")
    assert not fit_seeds([]).reliable


def sisters(last=300.0, n=3):
    """Seeds of one setting recorded up to tau = last, and the function that records another one up to any tau."""
    rng = np.random.default_rng(29)

    def recorded_to(end, count):
        tau = np.linspace(end / count, end, count)
        return tau, (0.1 + tau**-0.8) * noise(rng, count, 0.02, 0.5)

    return [recorded_to(last, 3000) for _ in range(n)], recorded_to


@pytest.mark.parametrize("window", [None, (3, 300)], ids=["own window", "given window"])
@pytest.mark.parametrize(("end", "count"), [(1.0, 0), (0.445, 30), (20.0, 5)], ids=["empty", "30 records", "5 records"])
@pytest.mark.parametrize("place", [0, 3])
def test_a_seed_that_has_hardly_begun_does_not_take_the_others_fit(window, end, count, place):
    curves, recorded_to = sisters()
    short = recorded_to(end, count) if count else ([], [])
    fit = fit_seeds([*curves[:place], short, *curves[place:]], window)
    alone = fit_seeds(curves, window)
    assert alone.reliable
    assert alone.left_out is None
    assert fit.left_out.startswith("1 of 4 seeds is left out")
    assert fit.to_json() == {**alone.to_json(), "left_out": fit.left_out}


def test_one_seed_that_is_far_ahead_does_not_take_the_others_fit():
    curves, recorded_to = sisters(last=3.0)
    fit = fit_seeds([*curves, recorded_to(3000.0, 3000)])
    assert fit.left_out is None or fit.left_out.startswith("1 of 4")
    assert fit.exponent is not None
    assert fit.window[0] < fit.window[1] <= 3


@pytest.mark.parametrize("window", [None, (3, 300)])
def test_seeds_of_which_one_has_begun_are_fitted_by_it(window):
    (curve,), _ = sisters(n=1)
    fit = fit_seeds([([], []), curve, ([], [])], window)
    assert fit.exponent == fit_power_law(*curve, window).exponent
    assert fit.left_out.startswith("2 of 3 seeds are left out")
    none = fit_seeds([([], []), ([0.1, 0.2], [1, 1])], window)
    assert none.exponent is none.window is none.left_out is None or none.window == window
    assert "recordings" in none.why


@pytest.mark.parametrize(
    ("tau", "nll"),
    [(None, value) for value in (0, 1e-300, -0.5, 1e308, 1e290, 1e-290)] + [(5, None), (5, 1)],
)
@pytest.mark.parametrize("window", [None, (2, 100)])
def test_a_curve_that_stands_still_or_is_no_nll_gives_no_estimate_and_one_sentence(tau, nll, window):
    n = np.arange(1.0, 200)
    curve = np.full(199, float(tau)) if tau else n, np.full(199, float(nll)) if nll is not None else 1 / n
    for fit in (fit_power_law(*curve, window), fit_seeds([curve, curve], window)):
        json.dumps(fit.to_json(), allow_nan=False)
        assert fit.exponent is fit.nll_inf is fit.points is None
        assert not fit.reliable
        assert fit.why.endswith(".")
        assert fit.window is None or fit.window[0] < fit.window[1]


def test_a_curve_that_falls_and_then_stands_still_is_answered():
    tau = np.arange(1.0, 2000)
    json.dumps(fit_power_law(tau, np.where(tau > 50, 0, 1 / tau)).to_json(), allow_nan=False)
    jump = np.concatenate([np.linspace(0.01, 0.1, 100), np.full(100, 5.0)])
    json.dumps(fit_power_law(jump, 1 / np.arange(1.0, 201)).to_json(), allow_nan=False)


def test_a_million_recordings_are_fitted_in_under_a_second_of_processor_time():
    rng = np.random.default_rng(28)
    tau = np.linspace(1e-3, 1000, 10**6)
    nll = (0.05 + tau**-0.8) * noise(rng, 10**6, 0.1, 0.5)
    begun = time.process_time()
    fit = fit_power_law(tau, nll)
    assert time.process_time() - begun < 1
    assert covers(fit.nll_inf, 0.05)
    assert covers(fit.exponent, 0.8)
