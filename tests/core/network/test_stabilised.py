"""The stabilised schemes against their stability polynomials."""

import numpy as np
import pytest

from glassy_core.network.stabilised import FEWEST_STAGES, MOST_STAGES, between, scheme, stages_for

MANY = (4, 5, 6, 7, 10, 23, 64, 200, 1000)


def stage_values(s, z):
    """Y_0 ... Y_s for y' = z y, h = 1, Y_0 = 1, at all z: (s + 1, len(z))."""
    values = [np.ones_like(z)]
    for stage in scheme(s).stages:
        before, earlier = values[-1], values[max(len(values) - 2, 0)]
        y = stage.start + stage.before * before + stage.earlier * earlier
        values.append(y + z * (stage.velocity * before + stage.first))
    return np.array(values)


@pytest.mark.parametrize("s", MANY)
def test_the_scheme_is_of_second_order_and_no_higher(s):
    z = np.array([-1e-2, -2e-2])
    error = np.exp(z) - stage_values(s, z)[-1]
    assert error[1] / error[0] == pytest.approx(8, rel=0.02)
    assert abs(error[0]) < 1e-6


@pytest.mark.parametrize("s", MANY)
def test_stable_up_to_its_reach_which_grows_as_the_square(s):
    reach = scheme(s).reach
    inside = stage_values(s, -np.linspace(0.01, 1, 4001) * reach)
    assert np.abs(inside).max() <= 1 + 1e-9
    assert np.abs(inside[-1]).max() < 1
    assert np.abs(stage_values(s, np.array([-(1 + 4 / s) * reach]))[-1]) > 1
    assert 0.6 < reach / s**2 < 0.67


@pytest.mark.parametrize("s", MANY)
def test_the_error_is_that_of_the_step_where_it_is_small_and_stays_small_in_stiff_modes(s):
    plan = scheme(s)

    def estimated(z):
        return np.array(plan.error) @ stage_values(s, z)[list(plan.points)]

    z = np.array([-1e-2])
    assert estimated(z) == pytest.approx(np.exp(z) - stage_values(s, z)[-1], rel=0.02)
    stiff = -np.linspace(0.05, 1, 2001) * plan.reach
    assert np.abs(estimated(stiff)).max() < 10  # whatever s; an estimate with h f(y_1) would have 0.4 h rho, or s^2 / 4


@pytest.mark.parametrize("s", MANY)
def test_the_points_along_the_step_are_apart_and_of_second_order(s):
    plan = scheme(s)
    assert plan.points[0] == 0 < 1 < plan.points[1] < plan.points[2] < plan.points[3] == plan.s == s
    z = np.array([-1e-3])
    for j, place in zip(plan.points, plan.places, strict=True):
        assert stage_values(s, z)[j] == pytest.approx(np.exp(place * z), abs=1e-9)


def test_a_cubic_goes_through_all_four_points():
    places = scheme(50).places
    cubic = np.polynomial.Polynomial([0.3, -1, 2, 0.7])
    for at in (0, 0.1, 0.4, 0.9, 1):
        assert np.dot(between(places, at), cubic(np.array(places))) == pytest.approx(cubic(at), rel=1e-12)


def test_the_cheapest_stable_scheme_is_found():
    for h_rho in (0.01, 5.0, 30.0, 1e3, 1e5):
        s = stages_for(h_rho)
        assert scheme(s).reach >= h_rho
        assert s == FEWEST_STAGES or scheme(s - 1).reach < h_rho
    assert stages_for(0.999 * scheme(MOST_STAGES).reach) == MOST_STAGES
    assert stages_for(1e9) > MOST_STAGES
