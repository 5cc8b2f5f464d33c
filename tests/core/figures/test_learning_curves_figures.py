"""What the learning-curve figure draws: every number comes from the records, every line says what it is."""

from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest

from glassy_core.figures.learning_curves import POINTS, learning_curves
from glassy_core.figures.palette import PAPER_BACKGROUND
from glassy_core.figures.style import KINDS, X_TITLES, Curve, View, template
from glassy_core.paper.numbers import CURVES
from glassy_core.presets import PRESETS
from glassy_core.runs.records import COLUMNS, Series
from glassy_core.settings import RunConfig
from glassy_core.wording import whole
from tests.colours import contrast

CORPUS = RunConfig(depth=2, width=24, chorales=8)
EVERYTHING = View(shown=KINDS)


def series(n=200, eta=None, law=lambda tau: 0.02 + 0.5 * tau**-0.5, **columns):
    """Records at 0, 1, 2, 4, 8, ... or every step, with the NLL a known function of tau."""
    eta = np.full(n, 5e-3) if eta is None else eta
    tau = np.concatenate([[0], np.cumsum(eta)])[:n]
    with np.errstate(divide="ignore"):
        nll = np.minimum(law(tau), 1.0)
    values = {name: np.full(n, np.nan) for name in COLUMNS}
    values |= {"tau": tau, "eta": eta, "nll": nll, "nll_minibatch": 1.1 * nll, "accuracy": 1 - nll / 10}
    values |= {"nll_valid": np.where(np.arange(n) % 10 == 0, 2 * nll, np.nan), "seconds": 0.5 * np.arange(n)}
    return Series(**values | {"step": np.arange(n)} | columns)


def curve(run_id="a", config=CORPUS, recorded=None, floor=0.0025, label="near", data="8 chorales of the corpus"):
    return Curve(run_id, label, "#B17A12", config, series() if recorded is None else recorded, floor, data)


def traces(figure, kind):
    return [trace for trace in figure.data if trace.meta == kind]


def levels(figure):
    return {shape.label.text: shape.y0 for shape in figure.layout.shapes if shape.label.text}


def test_the_lines_are_the_records():
    recorded = series()
    figure = learning_curves([curve(recorded=recorded)], dataclasses.replace(EVERYTHING, x_log=False))
    training, held_out = traces(figure, "training")[0], traces(figure, "held-out")[0]
    np.testing.assert_array_equal(training.x, recorded.tau)
    np.testing.assert_array_equal(training.y, recorded.nll)
    np.testing.assert_array_equal(held_out.x, recorded.tau[::10])
    np.testing.assert_array_equal(held_out.y, recorded.nll_valid[::10])
    np.testing.assert_array_equal(traces(figure, "minibatch")[0].y, recorded.nll_minibatch)
    np.testing.assert_array_equal(traces(figure, "accuracy")[0].y, 1 - recorded.accuracy)
    assert traces(figure, "accuracy")[0].yaxis == "y2"


@pytest.mark.parametrize("x", list(X_TITLES))
def test_hover_says_step_tau_eta_and_nll_whatever_runs_along_x(x):
    recorded = series()
    trace = traces(learning_curves([curve(recorded=recorded)], View(x=x, x_log=False)), "training")[0]
    np.testing.assert_array_equal(trace.x, getattr(recorded, x))
    np.testing.assert_array_equal(trace.customdata, np.stack([recorded.step, recorded.tau, recorded.eta], axis=1))
    for part in ("step %{customdata[0]", "τ = %{customdata[1]", "η = %{customdata[2]", "NLL %{y"):
        assert part in trace.hovertemplate


def test_logarithmic_axes_leave_out_what_they_cannot_show():
    recorded = series(law=lambda tau: np.where(tau > 0.5, 0.0, 0.3))  # a network that makes no error any more
    trace = traces(learning_curves([curve(recorded=recorded)], View()), "training")[0]
    assert trace.x[0] == recorded.tau[1]  # not tau = 0
    assert np.all(trace.y > 0)
    linear = learning_curves([curve(recorded=recorded)], View(x_log=False, y_log=False))
    assert len(traces(linear, "training")[0].x) == len(recorded)
    assert (linear.layout.xaxis.type, linear.layout.yaxis.type) == ("linear", "linear")


def test_a_run_without_records_has_its_place_in_the_legend():
    figure = learning_curves([curve(recorded=series(0))], EVERYTHING)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["near"]


@pytest.mark.parametrize("x", X_TITLES)
def test_a_figure_of_runs_that_have_not_begun_says_so_and_has_the_axes_that_they_will_need(x):
    empty = learning_curves([curve(recorded=series(0))], View(x))
    assert "Nothing is recorded yet" in empty.layout.annotations[0].text
    assert any(shape.y1 >= 1 > 100 * shape.y0 and shape.x1 >= 100 for shape in empty.layout.shapes)
    assert empty.layout.xaxis.range is None  # it would outlast the first records
    assert not learning_curves([curve()], View(x)).layout.annotations


def test_one_legend_entry_a_run_and_distinct_stable_uids():
    shown = [curve("a", label="x"), curve("b", label="y")]
    figure = learning_curves(shown, EVERYTHING)
    assert [(t.name, t.legendgroup) for t in figure.data if t.showlegend] == [("x", "a"), ("y", "b")]
    uids = [trace.uid for trace in figure.data]
    assert len(set(uids)) == len(uids)
    alone = learning_curves(shown[1:], View())
    assert {trace.uid for trace in alone.data} < set(uids)  # adding a run or a kind of line renames none


def test_the_zoom_is_kept_until_its_axis_means_something_else():
    def revisions(view):
        layout = learning_curves([curve()], view).layout
        return layout.uirevision, layout.xaxis.uirevision, layout.yaxis.uirevision

    assert revisions(View()) == revisions(EVERYTHING)
    kept, x, y = revisions(View())
    assert revisions(View(x="step"))[0] == kept
    assert revisions(View(x="step"))[1] != x
    assert revisions(View(x_log=False))[1] != x
    assert revisions(View(y_log=False)) == (kept, x, revisions(View(y_log=False))[2])
    assert revisions(View(y_log=False))[2] != y


def test_a_change_of_eta_is_marked_where_it_happened():
    recorded = series(eta=np.where(np.arange(200) < 120, 5e-3, 2.5e-3))
    (marks,) = traces(learning_curves([curve(recorded=recorded)], View()), "eta")
    assert marks.customdata.tolist() == [[120, 5e-3, 2.5e-3]]
    assert (marks.x[0], marks.y[0]) == (recorded.tau[120], recorded.nll[120])
    assert marks.text[0] == "η = 0.0025"
    assert traces(learning_curves([curve()], View()), "eta") == []


def test_a_second_network_of_a_colour_has_dashes_in_the_legend_too():
    figure = learning_curves([curve(), dataclasses.replace(curve("b"), turn=1)], View())
    for kind in ("entry", "training", "held-out"):
        first, second = traces(figure, kind)
        assert first.line.dash != second.line.dash
    assert traces(figure, "entry")[1].line.dash == traces(figure, "training")[1].line.dash


def test_labels_of_the_papers_levels_keep_off_the_curves_and_the_edge():
    configs = [RunConfig(depth=2, width=w, chorales=80, edition="paper") for w in (30, 68, 90)]
    figure = learning_curves([curve(str(k), config, floor=None) for k, config in enumerate(configs)], View())
    labels = {shape.y0: shape.label for shape in figure.layout.shapes if shape.label.text}
    assert {value: label.yanchor for value, label in labels.items()} == {
        0.1265: "top", 0.01: "bottom", 0.0035: "bottom", 0.002: "top"
    }  # fmt: skip
    assert {label.textposition for label in labels.values()} == {"start"}
    assert min(shape.y0 for shape in figure.layout.shapes) < 0.001  # room for the lowest label


def test_counts_on_axes_and_in_hover_texts_are_written_as_elsewhere():
    for theme in ("light", "dark"):
        assert f"1{template(theme).layout.separators[1]}000" == whole(1000)


def test_floor_and_plausible_music_are_drawn_and_named():
    figure = learning_curves([curve(), curve("b"), curve("c", floor=0.01, data="all"), curve("d", floor=None)], View())
    assert levels(figure) == {
        "plausible music: NLL 0.01": 0.01,
        "floor 0.0025: 8 chorales of the corpus": 0.0025,
        "floor 0.01: all": 0.01,
    }
    assert 0 < min(shape.y0 for shape in figure.layout.shapes) < 0.0025  # room below the lowest line


def test_a_floor_of_zero_is_drawn_only_where_the_axis_has_a_zero():
    assert not any("floor" in text for text in levels(learning_curves([curve(floor=0.0)], View())))
    linear = learning_curves([curve(floor=0.0)], View(y_log=False))
    assert levels(linear)["floor 0"] == 0


@pytest.mark.parametrize(("shape", "law"), CURVES.items())
def test_the_papers_law_lies_on_a_curve_that_obeys_it(shape, law):
    depth, width = shape
    config = RunConfig(depth=depth, width=width, edition="paper", chorales=80)
    recorded = series(40_000, law=lambda tau: law.nll_inf + 0.9 * tau**-law.exponent)
    figure = learning_curves([curve(config=config, recorded=recorded)], View())
    (guide,) = traces(figure, "paper")
    np.testing.assert_allclose(guide.y, law.nll_inf + 0.9 * guide.x**-law.exponent, rtol=1e-9)
    named = [text for text in levels(figure) if text.startswith("paper")]
    assert len(named) == (law.nll_inf > 0)


def test_on_a_linear_axis_lines_close_to_zero_have_no_words_on_one_another():
    papers = [curve(config=PRESETS[f"paper-d2-{regime}"].config) for regime in ("under", "near", "over")]
    figure = learning_curves(papers, View(y_log=False))
    assert [text for text in levels(figure) if text.startswith("paper")] == ["paper, d = 2, w = 30: NLL∞ 0.1265"]
    places = [shape.label.textposition for shape in figure.layout.shapes if shape.y0 < 0.1 and shape.label.text]
    assert sorted(places) == ["middle", "start"]  # the floor, and plausible music


def test_a_view_without_laws_has_none():
    config = PRESETS["paper-d2-under"].config
    recorded = series(40_000, law=lambda tau: 0.1265 + 0.9 * tau**-0.52)
    for laws in (True, False):
        figure = learning_curves([curve(config=config, recorded=recorded)], View(laws=laws))
        assert bool(traces(figure, "paper")) is laws
        assert any(text.startswith("paper") for text in levels(figure)) is laws


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(depth=2, width=30, edition="corpus", chorales=80),
        RunConfig(depth=2, width=30, edition="paper", chorales=8),
        RunConfig(depth=2, width=31, edition="paper", chorales=80),
    ],
)
def test_the_paper_says_nothing_of_other_networks_and_data(config):
    figure = learning_curves([curve(config=config, recorded=series(40_000))], View())
    assert traces(figure, "paper") == []
    assert not any(text.startswith("paper") for text in levels(figure))


def test_names_are_text_not_markup():
    figure = learning_curves([curve(label="<b>x</b>&", data="<i>")], EVERYTHING)
    assert "<b>x</b>" not in json.dumps([t.name + (t.hovertemplate or "") for t in figure.data])
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;&amp;"
    assert not any("<i>" in text for text in levels(figure))


@pytest.mark.parametrize("x_log", [True, False])
def test_a_million_records_are_drawn_quickly_with_their_spike(x_log):
    nll = 1 / (1 + np.arange(1e6)) ** 0.3
    nll[777_777] = 0.9  # one record of a million
    recorded = series(10**6, nll=nll)
    begun = time.process_time()
    figure = learning_curves([curve(recorded=recorded)], dataclasses.replace(EVERYTHING, x_log=x_log))
    text = figure.to_json()
    assert time.process_time() - begun < 2
    trace = traces(figure, "training")[0]
    assert len(trace.x) <= POINTS
    assert 0.9 in trace.y
    assert trace.x[-1] == recorded.tau[-1]
    assert len(text) < 1_000_000


def test_thinning_is_even_along_a_linear_axis():
    trace = traces(learning_curves([curve(recorded=series(10**5))], View(x_log=False)), "training")[0]
    gaps = np.diff(trace.x)
    assert gaps.max() < 4 * (trace.x[-1] - trace.x[0]) / (POINTS / 2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_on_its_background(theme):
    layout = template(theme).layout
    assert layout.paper_bgcolor == PAPER_BACKGROUND[theme]
    assert contrast(layout.font.color, layout.paper_bgcolor) > 7
    assert contrast("#85827C", layout.paper_bgcolor) > 3  # labels of reference lines


def test_the_floor_among_the_papers_lines_keeps_off_them():
    config = PRESETS["paper-d2-near"].config
    figure = learning_curves([curve(config=config, floor=0.00253, data="80 chorales of the paper edition")], View())
    labels = {shape.label.text: shape.label for shape in figure.layout.shapes if shape.label.text}
    above, below = labels["floor 0.00253"], labels["paper, d = 2, w = 68: NLL∞ 0.002"]
    assert (above.textposition, above.yanchor) == ("end", "bottom")
    assert (below.textposition, below.yanchor) == ("start", "top")


FLOW = PRESETS["class-flow-near"].config


def flow(n=200, apart=True, run_id="f", **columns):
    """A curve of a flow, its sharpness estimated at every fiftieth record."""
    estimated = 20.0 * (1 + np.arange(n) // 50)
    values = {"evaluations": 10.0 * np.arange(n), "sharpness": np.where(np.arange(n) < 1, np.nan, estimated)}
    recorded = dataclasses.replace(series(n, **values | columns), eta=np.zeros(n))
    return Curve(run_id, "near (flow)", "#B17A12", FLOW, recorded, 0.0, "8 chorales", apart=apart)


def test_a_flow_is_told_from_steps_by_dashes_and_words_and_lies_over_them():
    figure = learning_curves([flow(), curve()], View(shown=("training",)))
    by_steps, as_flow = traces(figure, "training")
    assert (by_steps.line.dash, as_flow.line.dash) == ("solid", "14px,3px")
    assert [entry.line.dash for entry in traces(figure, "entry")] == ["solid", "14px,3px"]
    assert "a flow" in as_flow.hovertemplate
    assert "η" not in as_flow.hovertemplate
    assert as_flow.customdata[5].tolist() == pytest.approx([6, as_flow.x[5], 60])  # step 0 has no place
    alone = learning_curves([flow(apart=False)], View(shown=("training",)))
    assert traces(alone, "training")[0].line.dash == "solid"


def test_sharpness_is_drawn_where_it_was_estimated_beside_the_bound_of_the_steps():
    eta = np.where(np.arange(200) < 100, 5e-3, 2.5e-3)
    by_steps = dataclasses.replace(curve(recorded=series(eta=eta)), sharpness=((50, 30.0), (100, 410.0)))
    figure = learning_curves([by_steps, flow()], View(shown=("training", "sharpness")))
    (sharpness,), (bound,), (measured,) = (traces(figure, kind) for kind in ("sharpness", "bound", "measured"))
    assert list(measured.y) == [30, 410]
    assert list(measured.x) == pytest.approx(np.interp([50, 100], by_steps.series.step, by_steps.series.tau))
    assert list(sharpness.y) == [20, 40, 60, 80, 80]  # each estimate once, and the last until the end
    assert (sharpness.yaxis, bound.yaxis, measured.yaxis) == ("y3", "y3", "y3")
    assert list(bound.y) == pytest.approx([400, 400, 800, 800])
    assert "2/η" in bound.hovertemplate
    assert figure.layout.yaxis3.title.text == "sharpness"
    assert figure.layout.xaxis.anchor == "y3"


@pytest.mark.parametrize("shown", [(), ("accuracy",), ("sharpness",), ("accuracy", "sharpness")])
def test_what_is_drawn_below_has_a_part_of_the_height_of_its_own(shown):
    layout = learning_curves([curve(), flow()], View(shown=("training", *shown))).layout.to_plotly_json()
    axes = [layout[name] for name in ("yaxis", "yaxis2", "yaxis3") if name in layout]
    assert len(axes) == 1 + len(shown)
    ends = [end for axis in reversed(axes) for end in axis["domain"]]
    assert ends == sorted(ends)
    assert (ends[0], ends[-1]) == (0, 1)


@pytest.mark.parametrize("shown", [("accuracy",), ("sharpness",), ("accuracy", "sharpness")])
def test_without_a_curve_of_the_nll_its_panel_is_not_there(shown):
    layout = learning_curves([curve(), flow()], View(shown=shown)).layout.to_plotly_json()
    assert not layout["yaxis"]["visible"]
    assert not layout.get("shapes")
    domains = [layout[name]["domain"] for name in ("yaxis2", "yaxis3") if name in layout]
    assert len(domains) == len(shown)
    assert sum(high - low for low, high in domains) > 0.9


def test_a_flow_with_nothing_recorded_is_an_empty_line():
    nothing = Series(**dict.fromkeys(COLUMNS, np.array([])) | {"step": np.array([], dtype=np.int64)})
    figure = learning_curves([dataclasses.replace(flow(), series=nothing)], EVERYTHING)
    assert all(not len(trace.x) or trace.x[0] is None for trace in figure.data)
