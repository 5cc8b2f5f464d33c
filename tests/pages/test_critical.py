"""The Critical width page without a browser: on made sweeps, on nothing, and on nonsense."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from glassy_core.jobs import dispatcher
from glassy_core.jobs.sweeps import expand
from glassy_core.presets import SWEEPS
from glassy_core.runs.groups import readable
from glassy_core.runs.measured import criticality
from tests.components import components
from tests.made_runs import BASE, W_C, WIDTHS, write_run, write_sweep

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/3_Critical_width.py"


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return (
        " ".join(element.value for kind in kinds for element in kind)
        .replace("\\", "")
        .replace("\N{NO-BREAK SPACE}", " ")
    )


def figures(app):
    """What the page hands to its plots, by their words."""
    sent = [json.loads(component.proto.json) for component in components(app)]
    return {data["alt"]: json.loads(data["figure"])["data"] for data in sent}


def traces(app, kind):
    return [trace for data in figures(app).values() for trace in data if trace.get("meta") == kind]


def set_sweep(app, **texts):
    for key, text in texts.items():
        app.text_input(key=f"sweep_{key}").set_value(text)
    return app.run()


def test_an_empty_store_offers_the_sweep(open_page):
    app = open_page(PAGE)
    assert "no run yet" in app.info[0].value
    preset = SWEEPS["class"]
    count = len(preset.depths) * len(preset.widths) * len(preset.seeds)
    assert app.button(key="start_sweep").label == f"Start the sweep of {count} runs"


def test_the_class_worlds_sweep_can_show_a_critical_width():
    preset = SWEEPS["class"]
    assert preset.depths == (1, 2)
    assert len(preset.widths) >= 8
    assert len(preset.seeds) == 3
    assert preset.base.chorales == 8


@pytest.mark.parametrize("key", SWEEPS)
def test_one_click_queues_the_whole_sweep_and_the_second_nothing(open_page, store, key):
    app = open_page(PAGE, sweep=key)
    app.selectbox(key="sweep").select(key).run()
    set_sweep(app, widths="12, 20", seeds="0 1", depths="1,2")
    app.button(key="start_sweep").click().run()
    assert not app.exception
    assert "Queued 8 runs." in words(app)
    found = {replace(run.config(), name="", edition="corpus") for run in store.runs()}
    assert found == set(expand(replace(SWEEPS[key].base, edition="corpus"), [1, 2], [12, 20], [0, 1]))
    app.button(key="start_sweep").click().run()
    assert "Nothing is new. 8 runs had been made already." in words(app)
    assert len(store.runs()) == 8


def test_widths_can_be_added_later(open_page, store):
    app = open_page(PAGE)
    set_sweep(app, widths="12", seeds="0", depths="1")
    app.button(key="start_sweep").click().run()
    set_sweep(app, widths="12 20")
    app.button(key="start_sweep").click().run()
    assert "Queued one run. One run had been made already." in words(app)
    assert sorted(run.config().width for run in store.runs()) == [12, 20]


def test_a_sweep_started_again_goes_on_with_what_was_stopped(open_page, store):
    app = open_page(PAGE)
    set_sweep(app, widths="12 20", seeds="0", depths="1")
    app.button(key="start_sweep").click().run()
    stopped = store.runs()[0]
    dispatcher.stop(stopped)
    app.run()
    assert "1 failed, stopped or paused" in app.get("progress")[0].proto.text
    app.button(key="start_sweep").click().run()
    assert "One run will go on from the last checkpoint. One run had been made already." in words(app)
    assert {run.state().status for run in store.runs()} == {"queued"}
    assert not stopped.requested("stop")


def test_the_estimate_of_the_whole_is_shown(open_page):
    app = open_page(PAGE)
    set_sweep(app, widths="10", seeds="0", depths="1")
    for _ in range(20):  # the measurement is made beside the page
        if "About" in words(app.run()):
            break
    assert re.search(r"About \*\*[\dhmins ]+\*\* for all: 80.000 steps in one run, ", words(app))


def test_a_sweep_of_flows_asks_for_tau_and_promises_no_time(open_page, store):
    app = open_page(PAGE)
    app.selectbox(key="sweep").select("class-flow").run()
    assert {field.key for field in app.number_input} >= {"sweep_until", "sweep_stop_nll"}
    assert not {"sweep_eta", "sweep_steps"} & {field.key for field in app.number_input}
    set_sweep(app, widths="12 20", seeds="0", depths="2")
    app.number_input(key="sweep_until").set_value(50.0)
    for _ in range(20):  # the measurement is made beside the page
        if "evaluations/s" in words(app.run()):
            break
    assert "2 runs as flows, at 400 evaluations/s, measured on this machine" in words(app)
    app.button(key="start_sweep").click().run()
    assert {(run.config().dynamics, run.config().until, run.config().width) for run in store.runs()} == {
        ("flow", 50.0, 12), ("flow", 50.0, 20)
    }  # fmt: skip
    run = store.runs()[0]
    run.write_state(replace(run.state(), status="finished", step=300, tau=50.0, until=50.0, evaluations=900))
    app.run()
    assert app.progress[0].value == 50  # one of two is done, whatever number of steps it was allowed


def test_the_progress_of_the_whole_is_shown(open_page, store):
    base = SWEEPS["class"].base
    for config, status in zip(expand(base, [1], [12, 14], [0]), ("finished", "queued"), strict=True):
        write_run(store, config, [0.1, 400], [0.9, 0.1], status)
    app = open_page(PAGE, sweep_widths="12, 14", sweep_seeds="0", sweep_depths="1")
    (bar,) = app.get("progress")
    assert "1 of 2 runs finished" in bar.proto.text


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("widths", "", "names no widths"),
        ("widths", "wide", "Widths are 'wide'"),
        ("depths", "0", "depth is 0"),
        ("seeds", "-1", "seed is -1"),
        ("widths", "1e9", "Widths are '1e9'"),
        ("seeds", " ".join(map(str, range(500))), "at most 2000 are allowed"),
    ],
)
def test_a_bad_sweep_is_one_sentence_and_cannot_be_started(open_page, store, key, text, sentence):
    app = set_sweep(open_page(PAGE), **{key: text})
    assert not app.exception
    assert sentence in app.error[0].value.replace("\\", "")
    assert app.button(key="start_sweep").disabled
    assert store.runs() == []


def test_the_made_critical_width_is_on_the_page(open_page, store):
    write_sweep(store)
    app = open_page(PAGE)
    assert len(figures(app)) == 3  # one a depth, and Fig. 6
    expected = criticality(readable(store.runs()))
    roots = [trace["x"][0] for trace in traces(app, "w_c") if len(trace["x"]) == 1]
    assert roots == [
        pytest.approx(result.w_c.value)
        for depth in expected.depths.values()
        for result in depth.thresholds.values()
        if result.w_c
    ]
    panels = [json.loads(json.loads(part.proto.json)["figure"])["layout"] for part in components(app)][:2]
    assert panels[0]["yaxis"]["range"] == panels[1]["yaxis"]["range"]  # so that the two depths can be compared
    text = words(app)
    assert "The deeper network has the smaller $w_c$" in text
    assert "20\u202f890" in text  # the paper's parameters beside ours
    assert "running median" in text  # the smoothing is stated
    assert "paper" not in {trace.get("meta") for data in figures(app).values() for trace in data}


def test_censored_runs_are_drawn_at_their_bounds(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    arrows = [trace for trace in traces(open_page(PAGE), "censored") if trace["x"]]
    below = [width for width in WIDTHS if width < W_C[2]]
    assert all(set(below) <= set(trace["x"]) for trace in arrows)
    assert all(y == pytest.approx(1 / 400) for trace in arrows for y in trace["y"])


def test_the_suggested_run_is_made_by_one_click(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    app = open_page(PAGE)
    hint = criticality(readable(store.runs())).depths[2].suggestion
    app.button(key="suggested-2").click().run()
    assert not app.exception
    (new,) = [run for run in store.runs() if run.state().status == "queued"]
    assert new.config() == replace(BASE, depth=2, width=hint.width, seed=hint.seed, steps=80_000)
    assert "Queued one run." in words(app)


def test_a_suggestion_pressed_as_other_runs_are_chosen_makes_no_run(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    write_run(store, replace(BASE, chorales=9, width=99, depth=1), [1, 10], [0.5, 0.001])
    app = open_page(PAGE)
    app.selectbox(key="data").select_index(1)  # and at once, before the page is drawn anew:
    app.button(key="suggested-2").click().run()
    assert not app.exception
    assert not [run for run in store.runs() if run.state().status == "queued"]
    assert "Other runs are looked at by now" in words(app)


def test_runs_of_other_data_are_never_mixed(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    write_run(store, replace(BASE, chorales=9, width=99), [1, 10], [0.5, 0.001])
    app = open_page(PAGE)
    assert "9 chorales" not in words(app)
    assert all(99 not in trace["x"] for kind in ("points", "censored") for trace in traces(app, kind))
    app.selectbox(key="data").select_index(1).run()
    assert not app.exception
    assert "9 chorales" in words(app)
    assert {99} == {x for trace in traces(app, "points") for x in trace["x"]}


def test_thresholds_are_in_the_url(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    app = open_page(PAGE)
    app.button_group(key="thresholds").set_value([0.02]).run()
    assert {trace["name"] for trace in traces(app, "points")} == {"0.02"}
    again = open_page(PAGE, thresholds="0.02")
    assert {trace["name"] for trace in traces(again, "points")} == {"0.02"}


@pytest.mark.parametrize(
    "query",
    [{"thresholds": "7"}, {"data": "../.."}, {"sweep": "none"}, {"sweep_eta": "fast"}, {"sweep_widths": "<b>x</b>"}],
)
def test_nonsense_in_the_url_breaks_nothing(open_page, store, query):
    write_sweep(store, depths=(2,), seeds=(0,))
    app = open_page(PAGE, **query)
    assert len(figures(app)) == 2


def test_runs_without_records_and_broken_ones(open_page, store):
    write_run(store, BASE, [], [], "queued")
    (store.directory / "20260101-000000-broken").mkdir()
    app = open_page(PAGE)
    assert "Nothing has been recorded yet" in words(app)


def test_runs_of_one_depth_say_what_is_missing(open_page, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    assert "runs of one depth only" in words(open_page(PAGE))


def test_the_pages_need_neither_torch_nor_numba(store, tmp_path):
    write_sweep(store, depths=(2,), seeds=(0,))
    script = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\nfrom glassy_core.jobs import dispatcher\n"
        "dispatcher.ensure_dispatcher = lambda store: None\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=60).run()\n"
        f"for page in ('pages/2_Learning_curves.py', {PAGE!r}, 'pages/4_Aging.py'):\n"
        "    app.switch_page(page).run()\n    assert not app.exception, app.exception\n"
        "sys.exit(', '.join({'torch', 'numba'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr


def test_parameters_beside_what_there_is_to_learn(open_page, store):
    """The Playground's tasks and the store's on one scale; each measure is one of the choices."""
    write_sweep(store, seeds=(0,))
    app = open_page(PAGE, capacity="true")
    tasks = {len(trace["x"]) for trace in traces(app, "capacity") if trace["name"] == "d = 1"}
    assert tasks == {5}
    app.segmented_control(key="per").set_value("a_bit").run()
    assert not app.exception
    assert any(alt.startswith("Parameters a bit at w_c.") for alt in figures(app))
    assert not app.code  # no run tells how long the next one takes
    for run in write_sweep(store, depths=(1,), seeds=(0,), base=replace(BASE, chorales=20)):
        lines = (json.dumps({"step": json.loads(line)["step"], "seconds": n + 1.0}) for n, line in enumerate(
            run.metrics_path.read_text(encoding="utf-8").splitlines()))  # fmt: skip
        run.timing_path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    app.run()
    (line,) = traces(app, "capacity")[:1]
    assert len(line["x"]) == 6  # a new task, as soon as its runs have recorded
    assert app.code[0].value.startswith("python -m glassy_core sweep --depths 1 --widths ")
    assert "--chorales 20" in app.code[0].value


def test_a_dragged_threshold_finds_what_the_fit_at_it_finds(open_page, store):
    write_sweep(store)
    app = open_page(PAGE)
    (slide, *_) = [json.loads(component.proto.json)["slide"] for component in components(app)]
    analysis = criticality(readable(store.runs()), copies=20)
    ((_, result),) = [*analysis.depths.items()][:1]
    for threshold, critical in result.thresholds.items():
        at = slide["grid"].index(threshold)
        x, y = slide["places"]["dragged-runs"][at]
        known = sorted((time.width, float(f"{time.rate:.4g}")) for time in critical.points)
        assert sorted(zip(x, y, strict=True)) == known
        assert slide["places"]["dragged-root"][at][0] == [float(f"{critical.fit.root:.4g}")]
    app.slider(key="dragged_threshold").set_value(0.1).run()
    assert not app.exception
