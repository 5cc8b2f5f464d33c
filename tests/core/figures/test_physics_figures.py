"""What the figures of the transition and of aging draw: the runs, the fits, the bounds; nothing that is not known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glassy_core.figures.aging import (
    Axes,
    Column,
    Warm,
    by_kind,
    collapse_errors,
    effective_temperature,
    fitted,
    fluctuations,
    growth,
    sgd_noise,
)
from glassy_core.figures.critical_width import ARROW, critical_widths, transition
from glassy_core.figures.palette import FADED, PAPER_BACKGROUND, SHADES, shades
from glassy_core.figures.style import limits
from glassy_core.paper.numbers import PAPER_W_C
from glassy_core.physics.aging.aging import aging
from glassy_core.physics.aging.collapse import breakdowns
from glassy_core.physics.aging.fluctuations import Trajectory
from glassy_core.physics.aging.growth import power
from glassy_core.physics.aging.temperature import temperature
from glassy_core.physics.critical_width.criticality import Criticality, compare
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.runs.groups import readable
from glassy_core.runs.measured import criticality, trajectory
from glassy_core.runs.store import RunStore
from tests.colours import contrast
from tests.made_runs import EXPONENT, W_C, write_aging, write_sweep


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("sweep"))
    write_sweep(store)
    return criticality(readable(store.runs()), copies=100)


@pytest.fixture(scope="module")
def column(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("aging"))
    runs = [write_aging(store, seed=seed) for seed in (0, 1, 2)]
    trajectories = [trajectory(run) for run in runs]
    return Column("w = <10>", "#C8553D", trajectories, aging(trajectories))


def traces(figure, kind):
    return [trace for trace in figure.data if trace.meta == kind]


def test_every_run_is_a_point_or_an_arrow_at_its_bound(found):
    figure = transition(found.depths[2], THRESHOLDS)
    for point, arrow, result in zip(
        traces(figure, "points"), traces(figure, "censored"), found.depths[2].thresholds.values(), strict=True
    ):
        assert len(point.x) + len(arrow.x) == 16
        widths = [time.width for time in result.censored]
        assert list(arrow.x) == widths
        np.testing.assert_allclose(arrow.y, [1 / time.tau_reached for time in result.censored])
        assert (arrow.marker.symbol, arrow.marker.angle) == ("arrow", -180)  # down
    up = [arrow.marker.standoff for arrow in traces(figure, "censored") if 10 in arrow.x]
    assert len(up) > 1
    assert up[0] == 0
    assert min(np.diff(up)) >= ARROW  # stacked: none hides another


def test_the_parabola_begins_at_the_root_that_is_drawn_below(found):
    figure = transition(found.depths[1], [0.05])
    (fit,), (root,) = traces(figure, "fit"), traces(figure, "w_c")
    assert root.x[0] == pytest.approx(W_C[1], abs=1.5)
    assert fit.x[0] == pytest.approx(root.x[0], abs=0.5)
    assert min(fit.y) >= 0
    estimate = found.depths[1].thresholds[0.05].w_c
    assert root.x[0] - root.error_x.arrayminus[0] == pytest.approx(estimate.low)
    assert root.x[0] + root.error_x.array[0] == pytest.approx(estimate.high)


def test_only_the_thresholds_asked_for_are_drawn(found):
    assert {trace.name for trace in traces(transition(found.depths[1], [0.02, 0.1]), "points")} == {"0.02", "0.1"}
    assert not transition(found.depths[1], []).data


def test_the_papers_width_stands_only_beside_the_papers_task(found):
    assert not traces(transition(found.depths[1], THRESHOLDS), "paper")
    assert traces(transition(found.depths[1], THRESHOLDS, paper=True), "paper")[0].x[0] == 110.21
    assert not traces(critical_widths(found), "paper")
    assert [trace.x[0] for trace in traces(critical_widths(found, PAPER_W_C), "paper")] == [110.21, 64.192]
    assert [trace.x[0] for trace in traces(critical_widths(found, {2: 64.192}), "paper")] == [64.192]


def test_the_line_of_critical_widths_is_the_regression(found):
    figure = critical_widths(found)
    for line, result in zip(traces(figure, "line"), found.depths.values(), strict=True):
        expected = result.line.intercept.value + result.line.slope.value * np.asarray(line.y)
        np.testing.assert_allclose(line.x, expected)


def test_the_deeper_network_is_found_to_be_narrower(found):
    seen = compare(found)
    assert seen.shared == tuple(sorted(THRESHOLDS))
    assert seen.narrower == seen.apart == seen.shared  # 20 units against 12
    swapped = Criticality({1: found.depths[2], 2: found.depths[1]})
    assert compare(swapped).narrower == ()
    assert compare(Criticality({2: found.depths[2]})).shared == ()


def test_scaled_curves_lie_on_one_another(column):
    figure = fluctuations(column, Axes(mu=1.0))
    for trace in traces(figure, "delta"):
        x, y = np.asarray(trace.x), np.asarray(trace.y)
        np.testing.assert_allclose(y / x**EXPONENT, y[0] / x[0] ** EXPONENT, rtol=1e-6)
    unscaled = [trace.y[0] / trace.x[0] ** EXPONENT for trace in traces(fluctuations(column, Axes()), "delta")]
    assert np.all(np.diff(unscaled) < 0)  # older networks move less in the same time


def test_bands_are_there_with_several_seeds_only(column):
    assert len(traces(fluctuations(column, Axes()), "band")) == 4
    alone = Column("a", "#C8553D", column.trajectories[:1], aging(column.trajectories[:1]))
    assert not traces(fluctuations(alone, Axes()), "band")


def test_axes_are_what_was_asked_for(column):
    assert fluctuations(column, Axes()).layout.xaxis.type == "log"
    assert fluctuations(column, Axes(mu=1.0, log=False)).layout.yaxis.type == "linear"
    assert "<sup>0.5</sup>" in fluctuations(column, Axes(mu=0.5)).layout.xaxis.title.text


def test_crosses_stand_where_curves_break_away(column):
    broken = breakdowns(column.aging.curves, 0.0)
    assert any(point.x for point in broken)
    crosses = traces(fluctuations(column, Axes(mu=0.0), broken), "breakdown")
    assert [cross.x[0] for cross in crosses] == [point.x for point in broken if point.x]
    assert not traces(fluctuations(column, Axes(mu=1.0), breakdowns(column.aging.curves, 1.0)), "breakdown")


def test_the_collapse_error_has_its_minimum_marked(column):
    figure = collapse_errors([column], 1.0)
    (mark,), (line,) = traces(figure, "mu"), traces(figure, "error")
    assert mark.x[0] == pytest.approx(1, abs=0.02)
    assert mark.y[0] == min(line.y)


def test_gamma_has_a_line_a_seed_and_one_entry(column):
    lines = traces(sgd_noise([column]), "gamma")
    assert len(lines) == 3
    assert [line.showlegend for line in lines] == [True, False, False]


def test_the_temperature_has_a_line_a_seed(column):
    lines = [temperature(tau, np.ones(3), 2e-3, 10, 11 + k) for k, tau in enumerate(([1, 2, 3], [1, 2, 4]))]
    drawn = traces(effective_temperature([Warm(column.label, column.colour, lines)]), "temperature")
    assert [line.showlegend for line in drawn] == [True, False]
    assert list(drawn[0].y) == pytest.approx(3 * [1e-3 / 10])


def test_a_fitted_line_has_the_common_slope_and_its_window(column):
    fit = column.aging.power
    for curve in column.aging.curves:
        line = fitted(curve, fit, logarithmic_law=False)
        if line is None:
            continue
        x, y = line
        assert fit.window[0] <= x[0] < x[-1] <= fit.window[1]
        np.testing.assert_allclose(y, np.interp(x, curve.x, curve.delta), rtol=0.01)
    assert traces(growth(column, fit, logarithmic_law=False), "fit")


def test_curves_that_a_fit_is_not_of_step_back(column):
    curves = column.aging.curves
    for fit in (power(curves[:1]), power([])):
        drawn = traces(growth(column, fit, logarithmic_law=False), "delta")
        faded = [trace.opacity == FADED for trace in drawn]
        assert faded == [bool(fit.curves) and curve.tau_w not in fit.curves for curve in curves]


def test_a_fitted_line_begins_where_its_power_law_does(column):
    fit = power(column.aging.curves, (1.0, 6.0), origin=0.6)
    line = fitted(column.aging.curves[0], fit, logarithmic_law=False)
    x, y = line
    assert np.diff(np.log(y)) / np.diff(np.log(x - 0.6)) == pytest.approx(fit.slope.value)
    assert 1 <= x[0] < x[-1] <= 6


def test_the_short_time_law_goes_through_each_curve_that_it_was_fitted_to(column):
    figure, alpha = fluctuations(column, Axes()), column.aging.alpha
    lines = [trace for trace in figure.data if trace.meta == "alpha"]
    used = [curve for curve in column.aging.curves if curve.tau_w in alpha.curves]
    assert len(lines) == len(used) >= 1
    for line, curve in zip(lines, used, strict=True):
        measured = np.interp(np.log(line.x), np.log(curve.tau), np.log(curve.delta))
        assert np.mean(measured - np.log(line.y)) == pytest.approx(0, abs=1e-6)
        assert np.polyfit(np.log(line.x), np.log(line.y), 1)[0] == pytest.approx(alpha.slope.value)
    assert [t.name for t in figure.data if t.uid == "alpha"] == ["τ<sup>α</sup> at short times"]


def test_a_single_curve_has_its_waiting_time_in_the_legend(column):
    alone = Column("a", "#C8553D", [], aging([Trajectory(t.waiting[:1], t.noise) for t in column.trajectories[:1]]))
    for figure in (fluctuations(alone, Axes(mu=1.0)), growth(alone, alone.aging.power, logarithmic_law=False)):
        assert figure.layout.showlegend


def test_every_kind_of_weights_is_drawn(column):
    waitings = [trajectory.waiting[0] for trajectory in column.trajectories]
    assert {trace.name for trace in traces(by_kind(waitings), "kind")} == {"J", "M", "K", "W", "h0"}


def test_names_cannot_be_markup(column):
    assert "<10>" not in json.dumps(sgd_noise([column]).to_plotly_json(), default=list)
    assert "<10>" not in json.dumps(collapse_errors([column], 1.0).to_plotly_json(), default=list)


@pytest.mark.parametrize("background", PAPER_BACKGROUND.values())
def test_every_shade_is_legible(background):
    for colour in (*shades(5), *shades(7)):
        assert contrast(colour, background) >= 3


def test_graded_colours_are_distinct():
    assert shades(5) == list(SHADES)
    assert len(set(shades(12))) == 12
    assert shades(1) == [SHADES[0]]


def test_limits_take_in_all_that_can_be_drawn():
    low, high = limits([np.array([1.0, 100.0]), np.array([0.0, np.nan])], log=True)
    assert low < 0 < 2 < high
    assert limits([np.array([0.0])], log=True) is None
    assert limits([], log=False) is None
