"""Which law a curve follows: real power laws are told from what has been taken for one, with noise and without."""

import json

import numpy as np
import pytest

from glassy_core.editions.catalogue import PAPER
from glassy_core.editions.encoding import floor_bits
from glassy_core.editions.loading import edition_at_hand
from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.eta_changes import levelled
from glassy_core.physics.learning_curves.laws import POWER, RIVALS, STRETCHED, CurvePoints, fit_law
from glassy_core.physics.learning_curves.power_law import fit_power_law
from glassy_core.physics.learning_curves.seeds import fit_seeds
from tests.core.physics.synthetic_curves import count, fitted, made, power

IMPOSTORS = ("logarithm", "stretched exponential, 0.3", "stretched exponential, 0.5", "drifting exponent")


@pytest.mark.parametrize("noise_free", [False, True], ids=["noise", "flow"])
def test_no_impostor_is_called_a_power_law(noise_free):
    assert [count(family, 4, noise_free).reliable for family in IMPOSTORS] == [0, 0, 0, 0]


@pytest.mark.parametrize(("family", "cases"), [("power law", 10), ("pure power law", 5), ("eta halved twice", 8)])
def test_a_power_law_is_found_and_its_numbers_are_held(family, cases):
    seen = count(family, cases)
    assert seen.reliable >= (0.75 if "eta" in family else 0.9)
    assert seen.exponent_of_all >= 0.8
    assert seen.floor_of_all >= 0.8


def test_a_power_law_of_a_flow_is_found_without_counting_measurements():
    """Sixty records without noise: each of its misses is the law's, and an exact law has none."""
    seen = count("power law", 6, noise_free=True)
    assert seen.reliable == seen.exponent == seen.floor == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_flow_with_a_correction_is_doubted_and_its_interval_reaches_to_the_windows_halves(seed):
    fit = fitted(made("one correction", seed, noise_free=True), noise_free=True)
    assert not fit.reliable
    assert "wander" not in fit.why
    for half in fit.comparison.halves:
        assert half is None or fit.exponent.low <= half.shapes[0] <= fit.exponent.high


def test_a_better_law_is_named_with_what_each_misses():
    fit = fitted(made("logarithm", 0, noise_free=True), noise_free=True)
    assert fit.why.startswith("A logarithm, 1/log τ, is nearer to the curve than the power law")
    rows = {row["law"]: row for row in json.loads(json.dumps(fit.comparison.to_json(), allow_nan=False))}
    assert rows["logarithm"]["better"]
    assert rows["logarithm"]["miss_of_last_third"] < 0.01 < rows["power"]["miss_of_last_third"]
    assert not rows["stretched"]["better"]


def test_where_laws_cannot_be_told_apart_nll_inf_reaches_to_each():
    tau = np.geomspace(2, 200, 200)
    nll = (0.3 / np.log(2 * tau)) * (1 + 0.1 * np.random.default_rng(4).normal(size=200))
    fit = fit_power_law(tau, nll, (2, 200))
    assert not fit.reliable
    logarithm = fit.comparison.score("logarithm")
    assert logarithm.stands
    assert fit.nll_inf.low <= logarithm.fit.floor


@pytest.mark.parametrize("law", [POWER, *RIVALS], ids=lambda law: law.name)
def test_a_law_is_found_again_in_its_own_curve(law):
    tau = np.geomspace(2, 1000, 60)
    shapes = np.array([[grid[len(grid) // 2] * 1.01] for grid in law.grids])
    columns = law.columns(np.log(tau / 2), *shapes)
    nll = 0.02 * law.floored + 0.3 * sum(column[0] for column in columns)
    fit = fit_law(law, CurvePoints(tau, nll, np.full(60, 1e-3)))
    np.testing.assert_allclose(fit(tau), nll, rtol=2e-3)


def test_a_law_is_not_fitted_to_fewer_points_than_it_has_numbers():
    tau = np.array([1.0, 2, 3, 4])
    assert fit_law(STRETCHED, CurvePoints(tau, 1 / tau, np.full(4, 0.01))) is None


@pytest.mark.parametrize("noise_free", [False, True], ids=["noise", "flow"])
def test_nll_inf_is_never_below_the_floor_of_the_data(noise_free):
    tau = np.geomspace(2, 1000, 200)
    for seed in range(3):
        noise = 1 + (0 if noise_free else 0.02) * np.random.default_rng(seed).normal(size=200)
        curves = [(tau, (0.0025 + 0.5 * tau**-0.9) * noise)]
        for fit in (
            fit_power_law(*curves[0], None, Conditions(0.0025, noise_free)),
            fit_seeds(curves * 2, (5, 1000), Conditions(0.0025)),
        ):
            assert 0.0025 <= fit.nll_inf.low <= fit.nll_inf.value
            assert fit.pure.enough or noise_free  # where it is found to five digits
            assert fit.exponent.low - 1e-4 <= 0.9 <= fit.exponent.high + 1e-4


def test_the_papers_floor_is_that_of_its_data():
    edition = edition_at_hand("paper")
    if edition is None:
        pytest.skip("the paper's file is not on this machine")
    assert pytest.approx(floor_bits(edition.first(80)), abs=1e-7) == PAPER.floor


def test_what_a_greater_eta_added_is_taken_out():
    rng = np.random.default_rng(3)
    tau = np.linspace(2, 1000, 2000)
    nll, *_ = power(rng, tau)
    eta = np.where(tau < 100, 4e-3, np.where(tau < 300, 2e-3, 1e-3))
    behind = np.append(eta[0], eta[:-1])  # of the step that led to each record
    seen = levelled(tau, nll * (1 + 20 * behind + behind * rng.normal(size=2000)), eta)
    np.testing.assert_allclose(seen, nll * 1.02, rtol=0.015)
    np.testing.assert_array_equal(levelled(tau, nll, np.full(2000, 1e-3)), nll)


def test_a_change_of_eta_that_moves_nothing_leaves_the_curve_nearly_alone():
    rng = np.random.default_rng(5)
    tau = np.linspace(2, 1000, 2000)
    nll = (0.05 + tau**-0.8) * (1 + 0.02 * rng.normal(size=2000))
    np.testing.assert_allclose(levelled(tau, nll, np.where(tau < 200, 2e-3, 1e-3)), nll, rtol=0.01)
