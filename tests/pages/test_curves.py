"""The Learning curves page without a browser: which runs it shows, what it says, what it hands to the plot."""

from __future__ import annotations

import base64
import json
import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from glassy_core.editions.loading import load_edition
from glassy_core.figures.palette import FAMILIES
from glassy_core.figures.style import Curve, Ensemble, View
from glassy_core.presets import PRESETS
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from glassy_core.ui.components.live_figure import as_json
from glassy_core.ui.results import curves, fits
from tests.components import components

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/2_Learning_curves.py"
NEAR = PRESETS["class-near"].config


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(
        "glassy_core.jobs.dispatcher.ensure_dispatcher", lambda store: None
    )  # nothing is to be trained here
    return RunStore(tmp_path / "runs")


def add(store, config, status="finished", nlls=(1.0, 0.5, 0.25, 0.2)):
    run = store.create(config, load_edition("corpus").digest)
    with open(run.metrics_path, "w", encoding="utf-8") as file:
        for k, nll in enumerate(nlls):
            step = 0 if k == 0 else 10**k
            values = {"nll": nll, "nll_minibatch": nll, "accuracy": 0.9, "nll_valid": 2 * nll}
            file.write(json.dumps({"step": step, "tau": step * config.eta, "eta": config.eta} | values) + "\n")
    run.write_state(State(status=status, step=step, steps=config.steps))
    return run


def test_a_long_file_is_said_while_it_is_read_for_the_first_time(store, monkeypatch):
    add(store, NEAR)
    said = []
    monkeypatch.setattr(curves, "_LONG", 1.0)
    monkeypatch.setattr(curves.st, "spinner", lambda words, **_: said.append(words) or nullcontext())
    st.cache_resource.clear()
    opened()
    assert len(said) == 1
    assert "MB of records of" in said[0]
    opened()
    assert len(said) == 1


def opened(**query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page(PAGE)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def sent(app):
    """What the page hands to its plot."""
    (component,) = components(app)
    return json.loads(component.proto.json)


def plot(app):
    return json.loads(sent(app)["figure"])


def names(app):
    return [trace["name"] for trace in plot(app)["data"] if trace["showlegend"]]


def words(app):
    said = " ".join(element.value for element in [*app.markdown, *app.caption, *app.info, *app.warning])
    return said.replace("\N{NO-BREAK SPACE}", " ")


def test_an_empty_store_says_what_to_do(store):
    app = opened()
    assert "no run yet" in app.info[0].value
    assert not components(app)


def test_the_newest_class_trio_is_shown_at_first(store):
    for name in ("class-under", "class-near", "class-over"):
        add(store, PRESETS[name].config)
    assert names(opened()) == ["under (d = 2, w = 10)", "near (d = 2, w = 24)", "over (d = 2, w = 48)"]


def test_the_newest_runs_are_shown_where_there_is_no_trio(store):
    for width in (5, 6, 7, 8):
        run = add(store, RunConfig(width=width, chorales=3))
        run.path.rename(run.path.with_name(f"20260101-00000{width}-x"))  # made in this order
    assert [re.search(r"w=(\d)", name)[1] for name in names(opened())] == ["8", "7", "6"]


def test_the_view_comes_from_the_url(store):
    add(store, replace(NEAR, name="one"))
    add(store, replace(NEAR, name="two"))
    figure = plot(opened(runs="one", x="step", log="y", show="training"))
    assert {trace["name"] for trace in figure["data"]} == {"one (d = 2, w = 24)"}
    assert {trace["meta"] for trace in figure["data"]} == {"entry", "training"}
    assert figure["layout"]["xaxis"]["title"]["text"] == "learning steps"
    assert (figure["layout"]["xaxis"]["type"], figure["layout"]["yaxis"]["type"]) == ("linear", "log")


def in_address(app):
    """Ids that the page's address names."""
    ids = app.query_params.get("run", [])
    return [ids] if isinstance(ids, str) else list(ids)


def test_a_link_names_runs_by_id_and_says_what_is_not_here(store):
    runs = [add(store, replace(NEAR, name=name)) for name in ("one", "two", "two")]
    app = opened(run=[runs[2].id, "../secret", runs[1].id])
    assert len(names(app)) == 2  # two runs of one name
    assert "../secret" in app.warning[0].value.replace("\\", "")
    assert in_address(app) == [runs[2].id, runs[1].id]  # a reload, or a friend, is shown the same
    app.multiselect(key="runs").set_value([runs[0].id]).run()
    assert names(app) == ["one (d = 2, w = 24)"]
    assert in_address(app) == [runs[0].id]
    assert not app.warning


def test_what_runs_now_joins_by_itself_unless_the_reader_chose(store):
    for name in ("class-under", "class-near", "class-over"):
        add(store, PRESETS[name].config)
    app = opened()
    first, second, third = (replace(NEAR, name=name) for name in ("first", "second", "third"))
    add(store, first, status="queued")
    app.run()
    assert names(app) == ["first (d = 2, w = 24)"]
    assert in_address(app) == []  # which stays that of what runs now
    run = add(store, second, status="queued")
    app.run()
    assert set(names(app)) == {"first (d = 2, w = 24)", "second (d = 2, w = 24)"}
    app.multiselect(key="runs").set_value([run.id]).run()
    add(store, third, status="queued")
    app.run()
    assert names(app) == ["second (d = 2, w = 24)"]


def test_nonsense_in_the_url_is_ignored(store):
    add(store, NEAR)
    app = opened(runs="<script>", x="../..", log="q", show="everything")
    assert names(app) == ["near (d = 2, w = 24)"]
    said = words(app).replace("\\", "")
    assert "The address asks for x=../..: it must be one of tau, step, seconds; tau is used." in said


def test_runs_of_one_name_are_told_apart(store):
    runs = [add(store, replace(NEAR, seed=seed)) for seed in (0, 1)]
    app = opened()
    app.multiselect(key="runs").set_value([run.id for run in runs]).run()
    assert sorted(re.search(r"· (seed \d)", name)[1] for name in names(app)) == ["seed 0", "seed 1"]
    again = add(store, NEAR)
    app.run()
    app.multiselect(key="runs").set_value([runs[0].id, again.id]).run()
    assert sorted(re.search(r"· (\w+)", name)[1] for name in names(app)) == sorted((runs[0].id[-4:], again.id[-4:]))


def test_a_run_deleted_meanwhile_leaves_the_choice(store):
    kept, gone = add(store, replace(NEAR, name="kept")), add(store, replace(NEAR, name="gone"))
    app = opened()
    app.multiselect(key="runs").set_value([kept.id, gone.id]).run()
    assert len(names(app)) == 2
    store.delete(gone)
    app.run()
    assert not app.exception
    assert names(app) == ["kept (d = 2, w = 24)"]


def test_a_broken_run_directory_does_not_hide_the_others(store):
    add(store, NEAR)
    (store.directory / "20260101-000000-broken").mkdir()
    torn = add(store, replace(NEAR, name="torn"))
    torn.metrics_path.write_bytes(b'\xff\n{"step": 0, "tau": 0, "eta": 0.005, "nll": 1}\n{"st')
    app = opened()
    app.multiselect(key="runs").set_value([run.id for run in store.runs() if run.metrics_path.exists()]).run()
    assert not app.exception
    assert sorted(names(app)) == ["near (d = 2, w = 24)", "torn (d = 2, w = 24)"]


def test_the_floor_and_tau_are_explained(store):
    add(store, NEAR)
    text = words(opened())
    assert "floor" in text
    assert "is 0" in text  # of the first eight chorales
    assert "Eq. 4" in text
    assert "are τ = 80" in text


def test_different_data_are_flagged(store):
    add(store, replace(NEAR, name="eight"))
    assert not opened().warning
    add(store, RunConfig(name="eighty", chorales=80))
    app = opened()
    app.multiselect(key="runs").set_value([run.id for run in store.runs()]).run()
    assert "different data" in app.warning[0].value


def test_a_failed_run_says_why(store):
    run = add(store, NEAR)
    run.write_state(State(status="failed", error="The learning diverged."))
    assert "The learning diverged" in opened().error[0].value.replace("\\", "")


def test_the_plot_has_words_for_those_who_do_not_see_it(store):
    add(store, NEAR)
    assert "near (d = 2, w = 24): NLL 0.2 bits at tau 5" in sent(opened())["alt"]


def test_markup_written_into_a_name_is_not_shown(store):
    run = add(store, NEAR)
    (run.path / "about.json").write_text(
        json.dumps({"name": "<img src=x onerror=alert(1)>", "tags": [], "note": ""}), encoding="utf-8"
    )
    assert names(opened()) == ["near (d = 2, w = 24)"]


def test_nothing_chosen_asks_for_a_choice(store):
    add(store, NEAR)
    app = opened()
    app.multiselect(key="runs").set_value([]).run()
    assert "Choose" in app.info[0].value


def test_visitors_share_readings_of_a_run_at_work_and_pictures_of_the_same_records(store, monkeypatch):
    run = add(store, NEAR, status="queued")
    readings = [curves.series_of(run, oldest=60) for _ in range(2)]
    assert readings[0] is readings[1]
    line = run.metrics_path.read_text(encoding="utf-8").splitlines()[-1]
    halved = json.dumps(json.loads(line) | {"eta": NEAR.eta / 2})  # the same step and NLL once more, as training does
    with run.metrics_path.open("a") as file:
        file.write(halved + "\n")
    assert curves.series_of(run, oldest=60) is readings[0]
    fresh = curves.series_of(run)
    assert fresh.eta[-1] == NEAR.eta / 2
    assert curves.series_of(run) is fresh

    drawings = []
    monkeypatch.setattr(fits, "fitted_curves", lambda *parts: drawings.append(parts) or go.Figure())

    def draw(series):
        curve = Curve(run.id, "near", "#123456", NEAR, series, None, "eight chorales")
        return fits.drawn([Ensemble(run.id, "near", "#123456", (curve,))], View(), [])

    for series in (fresh, fresh, readings[0], fresh):
        draw(series)
    assert len(drawings) == 2  # one a reading: they differ in eta alone


def test_a_flow_and_steps_of_one_network_stand_in_one_figure(store):
    both = [add(store, PRESETS[name].config).id for name in ("class-near", "class-flow-near")]
    app = opened(run=both, show=["training", "sharpness"])
    entries = {trace["name"]: trace["line"]["dash"] for trace in plot(app)["data"] if trace["showlegend"]}
    assert entries == {"near · steps (d = 2, w = 24)": "solid", "near · flow (d = 2, w = 24)": "14px,3px"}
    said = words(app)
    assert "Long dashes: flows, over the runs by steps." in said
    assert "**Sharpness** is the largest curvature of the loss" in said
    assert "below 2/η" in said
    assert "η = 0" not in said
    assert sent(app)["grows"]


def test_the_table_of_a_flow_says_so_in_the_place_of_eta(store):
    add(store, PRESETS["class-flow-near"].config)
    app = opened(numbers="true")
    (table,) = [table.value for table in app.dataframe if "η" in table.value.columns]
    assert list(table["η"]) == ["flow"]


def test_runs_in_front_are_those_of_the_address_in_figure_table_and_words(store):
    runs = [add(store, PRESETS[name].config).id for name in ("class-near", "class-over")]
    app = opened(run=runs, front=runs[1], numbers="true")
    assert sent(app)["front"] == [runs[1]]
    assert app.session_state[f"front-{'-'.join(runs)}"]["selection"]["rows"] == [1]
    assert "In front: **over**, NLL 0.2 bits" in words(app)
    app.button(key="all_alike").click().run()
    assert sent(app)["front"] == []
    assert "front" not in app.query_params


def test_the_noise_of_steps_is_not_asked_of_a_flow(store):
    add(store, PRESETS["class-flow-near"].config)
    assert "A flow makes no steps of η" in words(opened(noise="true"))


def test_words_choose_all_the_runs_that_have_them(store):
    for width in (20, 30, 40):
        add(store, RunConfig(name=f"network {width}", width=width, chorales=3))
    app = opened()
    app.text_input(key="find_curves").set_value("chorales=3 w=30").run()
    assert names(app) == ["network 30 (d = 2, w = 30)"]
    assert len(in_address(app)) == 1
    app.text_input(key="find_curves").set_value("nothing like it").run()
    assert "No run has 'nothing like it'" in words(app).replace("\\", "")
    assert len(names(app)) == 1
    app.text_input(key="find_curves").set_value("").run()
    assert len(names(app)) == 3
    assert in_address(app) == []


def test_runs_are_grouped_by_any_setting(store):
    for width, eta in ((20, 0.01), (20, 0.02), (30, 0.01)):
        add(store, RunConfig(width=width, eta=eta, chorales=3))
    app = opened(group="width")
    assert sorted(names(app)) == ["width 20, 2 runs", "width 30, one run"]
    assert {trace["meta"] for trace in plot(app)["data"]} >= {"training-band", "training"}
    assert app.selectbox(key="group").options == ["nothing", "width", "eta"]
    app.selectbox(key="group").set_value("eta").run()
    assert sorted(names(app)) == ["eta 0.01, 2 runs", "eta 0.02, one run"]


def test_each_run_keeps_its_style_while_others_come_and_go(store):
    runs = [add(store, replace(NEAR, seed=seed, name=f"run {seed}")) for seed in range(12)]
    app = opened(run=[run.id for run in runs])

    def styles():
        lines = [trace for trace in plot(app)["data"] if trace["showlegend"]]
        return {trace["name"]: (trace["line"]["color"], trace["line"]["dash"]) for trace in lines}

    twelve = styles()
    assert len(set(twelve.values())) == 12
    app.multiselect(key="runs").set_value([run.id for run in runs[7:]]).run()
    assert styles().items() <= twelve.items()
    app.segmented_control(key="colour").set_value("regime").run()
    assert {colour for colour, _ in styles().values()} <= set(FAMILIES["near"])


def test_a_figure_is_sent_in_half_the_bytes_with_uids_that_selectors_take():
    x, y = np.geomspace(1e-3, 1e3, 50), np.linspace(0, 1, 50)
    figure = go.Figure()
    for uid in ("d = 2, w = 10-error", "d = 2; w = 10-error", "run-1-training"):
        figure.add_scatter(x=x, y=y, customdata=np.stack([1e8 * y, y], axis=1), uid=uid)
    sent_traces = json.loads(as_json(figure))["data"]
    assert len({trace["uid"] for trace in sent_traces}) == 3
    assert all(re.fullmatch(r"[\w-]+", trace["uid"]) for trace in sent_traces)
    assert sent_traces[2]["uid"] == "run-1-training"
    halved = np.frombuffer(base64.b64decode(sent_traces[0]["x"]["bdata"]), sent_traces[0]["x"]["dtype"])
    assert halved.dtype == np.float32
    np.testing.assert_allclose(halved, x, rtol=1e-7)
    assert sent_traces[0]["customdata"]["dtype"] == "f8"  # so many steps are whole numbers of nine digits


def test_the_address_brings_a_run_forward_that_is_not_here(store):
    run = add(store, NEAR)
    app = opened(front=f"nonsense,{run.id}")
    assert "brings 'nonsense' forward, which is not here" in words(app)
    assert app.query_params["front"] == run.id
