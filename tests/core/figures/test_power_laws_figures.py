"""What is drawn of fits, bands, spikes, probes and the map: the numbers of the results, and what is doubtful apart."""

import time
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.figures.exponents import exponent_map
from glassy_core.figures.learning_curves import band_traces, learning_curves
from glassy_core.figures.noise_probe import noise_traces
from glassy_core.figures.palette import FADED
from glassy_core.figures.power_laws import fitted_curves, straight_lines
from glassy_core.figures.style import KINDS, Ensemble, View
from glassy_core.figures.thinning import band
from glassy_core.paper.exponents import ExponentPoint
from glassy_core.paper.numbers import CURVES
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.power_law import fit_power_law
from glassy_core.settings import with_dynamics
from glassy_core.training.probe import Level, Probe, Trace
from glassy_core.training.spikes import find_spikes
from tests.core.figures.test_learning_curves_figures import CORPUS, curve, series, traces


def law(tau):
    return 0.02 + 0.5 * tau**-0.8


def noisy(n=4000, seed=0, law=law, **columns):
    wiggle = 1 + 0.02 * np.random.default_rng(seed).normal(size=n)
    return series(n, law=lambda tau: law(np.maximum(tau, 1e-3)) * wiggle, **columns)


def setting(*recorded, name="a"):
    curves = tuple(curve(f"{name}{k}", recorded=one) for k, one in enumerate(recorded))
    return Ensemble(name, f"setting {name}", "#B17A12", curves)


@pytest.fixture(scope="module")
def fitted():
    one = setting(noisy())
    series = one.curves[0].series
    return one, fit_power_law(series.tau, series.nll, (1, 19))


@pytest.fixture(scope="module")
def doubtful():
    one = setting(series(2000, law=lambda tau: np.full_like(tau, 0.3)), name="b")
    recorded = one.curves[0].series
    wiggle = 1 + 0.02 * np.random.default_rng(1).normal(size=len(recorded))
    return one, fit_power_law(recorded.tau, recorded.nll * wiggle, (0.5, 9))


def test_the_fit_is_drawn_where_it_was_made_and_thin_beyond(fitted):
    one, fit = fitted
    figure = fitted_curves([one], View(), [fitted])
    (line,) = traces(figure, "fit")
    assert (line.x[0], line.x[-1]) == pytest.approx((fit.points.tau[0], fit.points.tau[-1]))
    np.testing.assert_allclose(line.y, fit.predict(np.array(line.x)))
    assert line.line.dash is None
    (beyond,) = traces(figure, "fit-beyond")
    assert beyond.x[-1] > one.curves[0].series.tau[-1]
    assert beyond.line.width < line.line.width
    (edge,) = traces(figure, "fit-band")
    assert set(edge.y) == {*fit.points.low, *fit.points.high}
    assert traces(figure, "training")[0].opacity == FADED
    assert "+ 0.4" in line.hovertemplate or "+ 0.5" in line.hovertemplate


def test_without_fits_it_is_the_learning_curves(fitted):
    one, _ = fitted
    assert fitted_curves([one], View(), []).to_json() == learning_curves(one.curves, View()).to_json()


def test_an_unreliable_fit_is_shown_as_one(doubtful):
    _, fit = doubtful
    assert not fit.reliable
    figure = fitted_curves([doubtful[0]], View(), [doubtful])
    (line,) = traces(figure, "fit")
    assert line.line.dash
    assert "unreliable" in line.hovertemplate
    assert traces(figure, "fit-band") == []
    assert traces(straight_lines([doubtful]), "residuals")[0].marker.symbol == "circle-open"


def test_along_steps_the_fit_stays_on_the_curve(fitted):
    one, fit = fitted
    (line,) = traces(fitted_curves([one], View(x="step"), [fitted]), "fit")
    np.testing.assert_allclose(line.y, fit.predict(5e-3 * np.array(line.x)), rtol=1e-9)


def test_a_right_fit_is_straight(fitted):
    _, fit = fitted
    figure = straight_lines([fitted])
    (points,), (line,) = traces(figure, "straight"), traces(figure, "straight-fit")
    slopes = np.diff(np.log(line.y)) / np.diff(np.log(line.x))
    np.testing.assert_allclose(slopes, -fit.exponent.value, rtol=1e-9)
    np.testing.assert_allclose(np.log(points.y), np.log(line.y), atol=0.2)
    (residuals,) = traces(figure, "residuals")
    np.testing.assert_array_equal(residuals.y, 100 * fit.points.residuals)
    assert residuals.yaxis == "y2"
    assert np.all(np.array(points.y) > np.array(points.error_y.arrayminus))  # a logarithmic axis has no zero


def test_a_fit_of_nothing_draws_nothing():
    empty = setting(series(3))
    fit = fit_power_law([1, 2], [1, 1])
    assert traces(fitted_curves([empty], View(), [(empty, fit)]), "fit") == []
    assert len(straight_lines([(empty, fit)]).data) == 0


def test_seeds_are_one_band_from_the_least_to_the_greatest():
    seeds = setting(*(noisy(seed=k) for k in range(3)))
    figure = fitted_curves([seeds], View(shown=KINDS), [])
    assert [t.name for t in figure.data if t.showlegend] == ["setting a"]
    (mean,), (edge,) = traces(figure, "training"), traces(figure, "training-band")
    expected = band([(c.series.tau, c.series.nll) for c in seeds.curves], len(mean.x))
    np.testing.assert_allclose(mean.y, expected.mean)
    np.testing.assert_allclose(mean.customdata, np.stack([expected.low, expected.high], axis=1))
    assert (min(edge.y), max(edge.y)) == (expected.low.min(), expected.high.max())
    assert traces(figure, "accuracy-band")[0].yaxis == "y2"
    uids = [trace.uid for trace in figure.data]
    assert len(set(uids)) == len(uids)


def test_seeds_with_nothing_in_common_yet_have_their_legend_entry():
    seeds = setting(noisy(), noisy())
    seeds = replace(seeds, curves=tuple(replace(curve, series=series(0)) for curve in seeds.curves))
    figure = fitted_curves([seeds], View(), [])
    assert [t.meta for t in figure.data] == ["entry"]


def test_spikes_are_ringed_at_their_tops():
    recorded = noisy(1000, law=lambda tau: np.full_like(tau, 0.1))
    nll = recorded.nll.copy()
    nll[[400, 401, 700]] = 0.5, 0.6, 0.4
    one = replace(curve(recorded=replace(recorded, nll=nll)), spikes=find_spikes(nll))
    (rings,) = traces(learning_curves([one], View()), "spikes")
    np.testing.assert_array_equal(rings.x, recorded.tau[[401, 700]])
    np.testing.assert_array_equal(rings.y, [0.6, 0.4])
    assert traces(learning_curves([replace(one, spikes=None)], View()), "spikes") == []


def test_a_million_records_are_fitted_and_drawn_in_two_seconds():
    one = setting(noisy(10**6))
    recorded = one.curves[0].series
    begun = time.process_time()
    fit = fit_power_law(recorded.tau, recorded.nll)
    fits = [(one, fit)]
    text = fitted_curves([one], View(), fits).to_json() + straight_lines(fits).to_json()
    assert time.process_time() - begun < 2
    assert len(text) < 1_000_000
    assert fit.reliable


def test_the_noise_probe_draws_traces_means_and_spreads():
    rng = np.random.default_rng(3)
    falling = np.linspace(0.3, 0, 100)
    parts = tuple(Trace(p, falling + rng.normal(0.1, 1 / p, 100), rng.normal(0.2, 1 / p, 100)) for p in (75, 300))
    found = Probe(500, 2.5, 5e-3, "kept", parts)
    figure = noise_traces(found)
    assert [t.name for t in figure.data if t.showlegend] == ["p = 75", "p = 300"]
    for part, trace, mean, spread in zip(
        parts, traces(figure, "trace"), traces(figure, "mean"), traces(figure, "spread"), strict=True
    ):
        level = Level.of(part.nll)
        np.testing.assert_array_equal(trace.y, part.nll)
        assert np.mean(mean.y) == pytest.approx(level.mean)
        assert np.ptp(mean.y) == pytest.approx(0.3, rel=0.1)  # along the fall
        assert max(spread.y) - min(spread.y) == pytest.approx(np.ptp(mean.y) + 2 * level.spread)
    np.testing.assert_array_equal(traces(noise_traces(found, "nll_minibatch"), "trace")[1].y, parts[1].nll_minibatch)


def test_the_map_shows_every_setting_and_hollow_what_is_doubtful(fitted, doubtful):
    places = [
        ExponentPoint(replace(CORPUS, width=20), fitted[1], ("x", "y")),
        ExponentPoint(replace(CORPUS, width=10), doubtful[1], ("z",)),
        ExponentPoint(replace(CORPUS, depth=3), fitted[1], ("u",)),
        ExponentPoint(replace(CORPUS, depth=3, width=9), fit_power_law([], []), ("v",)),
    ]
    two, three = traces(exponent_map(places), "estimates")
    assert list(two.x) == [10, 20]
    assert list(two.marker.symbol) == ["circle-open", "circle"]
    estimate = fitted[1].exponent
    assert two.y[1] == estimate.value
    assert two.error_y.array[1] == pytest.approx(estimate.high - estimate.value)
    assert list(three.x) == [24]  # a fit of nothing has no place
    assert "2 seeds" in two.customdata[1]
    assert doubtful[1].why[:20] in two.customdata[0]
    assert traces(exponent_map(places, "nll_inf"), "estimates")[0].y[1] == fitted[1].nll_inf.value


def test_a_flow_is_a_diamond_on_the_map_and_has_no_eta(fitted):
    flow = with_dynamics(replace(CORPUS, depth=2, width=20), "flow")
    places = [
        ExponentPoint(replace(CORPUS, depth=2, width=10), fitted[1], ("x",)),
        ExponentPoint(flow, fitted[1], ("y",)),
    ]
    (two,) = traces(exponent_map(places), "estimates")
    assert list(two.marker.symbol) == ["circle", "diamond"]
    assert "a flow" in two.customdata[1]
    assert "η" not in two.customdata[1]
    assert "η = " in two.customdata[0]


def test_the_papers_values_stand_on_the_map_of_its_own_data(fitted):
    places = [ExponentPoint(replace(CORPUS, depth=2, width=20), fitted[1], ("x",))]
    assert traces(exponent_map(places), "paper") == []
    drawn = {
        (int(t.name[4:]), w): a
        for t in traces(exponent_map(places, paper=True), "paper")
        for w, a in zip(t.x, t.y, strict=True)
    }
    assert drawn == {shape: law.exponent for shape, law in CURVES.items()}


def test_by_w_over_w_c_each_task_has_a_line_and_one_bar_of_w_c(fitted):
    """The error of w_c moves a whole line: it is drawn once; what has no w_c is not there."""
    w_c, wider = Estimate(20, 16, 25), replace(CORPUS, depth=2, width=60)
    places = [
        ExponentPoint(replace(CORPUS, depth=2, width=40), fitted[1], ("x",), w_c=w_c, task="few"),
        ExponentPoint(wider, fitted[1], ("y",), w_c=w_c, task="few"),
        ExponentPoint(with_dynamics(replace(wider, chorales=20), "flow"), fitted[1], ("z",), w_c=w_c, task="many"),
        ExponentPoint(replace(wider, depth=3), fitted[1], ("u",), task="few"),
    ]
    figure = exponent_map(places, against="ratio")
    assert figure.layout.xaxis.minor.ticks == ""  # none between ticks of unequal distances
    few, many = traces(figure, "estimates")
    assert (list(few.x), list(many.x)) == ([2, 3], [3])
    assert list(few.error_x.array) == pytest.approx([0, 60 / 16 - 3])
    assert list(few.error_x.arrayminus) == pytest.approx([0, 3 - 60 / 25])
    assert list(few.marker.symbol + many.marker.symbol) == ["circle", "circle", "diamond"]
    papers = traces(exponent_map(places, "between", True, "ratio"), "paper")
    assert [y for trace in papers for y in trace.y] == [1.04, 1.57]


def test_a_seed_that_has_hardly_begun_leaves_the_band_as_it_is():
    view = View()
    three = [noisy(seed=k) for k in range(3)]
    bands = [band_traces(setting(*runs), view) for runs in (three, [*three, noisy(20)], [*three, noisy(1)])]
    for other in bands[1:]:
        for mine, theirs in zip(bands[0][1:], other[1:], strict=True):
            np.testing.assert_array_equal(mine.x, theirs.x)
            np.testing.assert_array_equal(mine.y, theirs.y)
