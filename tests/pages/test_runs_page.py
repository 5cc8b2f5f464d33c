"""The Runs page: settings, their limits, actions on runs, broken directories, hundreds of runs."""

import json
import os
import time
from dataclasses import fields, replace

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher, queue
from glassy_core.jobs.cluster import Worker
from glassy_core.presets import PRESETS
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig, with_dynamics

PAGE = "pages/1_Runs.py"
CONFIG = RunConfig(name="first", width=12, chorales=8, steps=1000, eta=5e-3)


@pytest.fixture
def make_run(store):
    """make_run(status, name=..., other settings) -> a run that says it has that status, at step 100."""

    def make_run(status="paused", **changes):
        config = replace(CONFIG, **changes)
        run = store.create(config, load_edition("corpus").digest)
        run.write_state(State(status, 100, config.steps, time.time(), eta=config.eta, nll=0.25, tau=0.5, seconds=2.0))
        return run

    return make_run


def plain(text):
    return text.replace("\\", "")


def errors(app):
    return [plain(element.value) for element in app.error]


def frame(app):
    """The table of runs as the page shows it."""
    return app.dataframe[0].value


def test_it_opens_with_no_runs_and_says_what_to_do(open_page):
    app = open_page(PAGE)
    assert "no runs yet" in app.info[0].value


def test_every_setting_is_there_with_its_unit_and_meaning(open_page):
    app = open_page(PAGE)
    captions = [caption.value.lower() for caption in app.caption]
    for field in fields(RunConfig):
        widget = app.get_by_key(field.name)
        unit = field.metadata["unit"]
        assert unit in ("", field.name) or f"({unit})" in widget.label
        assert any(field.metadata["meaning"].lower() in caption for caption in captions)


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_fills_in_all_settings(open_page, store, key):
    app = open_page(PAGE)
    app.selectbox(key="preset").select(key).run()
    app.segmented_control(key="edition").set_value("corpus").run()  # the paper's file may not be here
    app.button(key="start").click().run()
    assert not app.exception
    assert errors(app) == []
    (run,) = store.runs()
    assert run.config() == replace(PRESETS[key].config, edition="corpus")
    assert run.state().status == "queued"
    assert not app.session_state["new_run_open"]  # the form has stepped back
    assert any(f"run={run.id}" in link.proto.query_string for link in app.get("page_link"))


def test_a_preset_chosen_and_started_at_once_is_the_one_that_starts(open_page, store):
    app = open_page(PAGE)
    app.selectbox(key="preset").select("class-over")
    app.button(key="start").click().run()  # both in one go, as from a quick reader
    assert [run.config() for run in store.runs()] == [PRESETS["class-over"].config]
    assert app.number_input(key="width").value == 48


def test_a_preset_in_the_url_fills_in_its_settings_unless_they_are_there_too(open_page):
    title = PRESETS["class-over"].title
    assert open_page(PAGE, preset=title).number_input(key="width").value == 48
    app = open_page(PAGE, preset=title, width="50")
    assert app.number_input(key="width").value == 50


def test_a_flow_is_one_click_from_steps_and_back(open_page, store):
    app = open_page(PAGE)
    app.segmented_control(key="dynamics").set_value("flow").run()
    assert errors(app) == []
    assert app.number_input(key="until").value == 300  # where the preset's steps end
    for name in ("eta", "batch_size"):
        assert app.number_input(key=name).disabled
    assert app.toggle(key="auto_halve").disabled
    assert not app.number_input(key="tolerance").disabled
    (line,) = [plain(element.value) for element in app.markdown if element.value.startswith("d = 2, w = 24")]
    assert "as a flow to tau = 300" in line
    assert "eta" not in line
    assert "p =" not in line
    app.button(key="start").click().run()
    app.segmented_control(key="dynamics").set_value("steps").run()
    app.button(key="start").click().run()
    assert errors(app) == []
    steps = PRESETS["class-near"].config
    flow = replace(with_dynamics(steps, "flow"), steps=steps.steps)
    assert {run.config() for run in store.runs()} == {steps, flow}


def test_a_flow_chosen_and_started_at_once_ends_where_the_steps_do(open_page, store):
    app = open_page(PAGE)
    app.segmented_control(key="dynamics").set_value("flow")
    app.button(key="start").click().run()  # both in one go, as from a quick reader
    (run,) = store.runs()
    assert (run.config().dynamics, run.config().until) == ("flow", 300.0)


def test_a_flow_in_the_url_is_kept(open_page, store):
    query = {"dynamics": "flow", "until": "150", "stop_nll": "0.01", "tolerance": "0.0001", "width": "20"}
    app = open_page(PAGE, **query)
    app.button(key="start").click().run()
    (run,) = store.runs()
    config = run.config()
    assert (config.until, config.stop_nll, config.tolerance, config.width) == (150.0, 0.01, 1e-4, 20)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("tolerance", 0.0, "tolerance is 0.0: it must be from 1e-07 to 0.1."),
        ("until", -1.0, "until is -1.0: it must be from 0 to 1000000."),
        ("stop_nll", 2.0, "stop_nll is 2.0: it must be from 0 to 1."),
    ],
)
def test_an_unusable_setting_of_a_flow_is_one_sentence(open_page, store, setting, value, sentence):
    app = open_page(PAGE, dynamics="flow", until="300")
    app.get_by_key(setting).set_value(value).run()
    assert sentence in errors(app)[0]
    assert app.button(key="start").disabled


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "took 2\u202f900 to 4\u202f900 evaluations to tau = 300, which is **7 s to 12 s** at 400 evaluations/s"),
        ({"until": "9000"}, "It goes further, so at least this: flows of d = 2, w = 10 to 48 on 8 chorales took"),
        ({"depth": "3"}, "How many evaluations this flow needs is not known beforehand; it makes 400 evaluations/s"),
    ],
)
def test_the_estimate_of_a_flow_says_what_is_known(open_page, query, said):
    app = open_page(PAGE, **{"dynamics": "flow", "until": "300"} | query)
    for _ in range(50):  # it is measured beside the page
        if text := " ".join(plain(element.value) for element in app.markdown if "evaluations" in element.value):
            break
        time.sleep(0.1)
        app.run()
    assert said in text


def test_full_gradient_descent_is_one_toggle(open_page, store):
    app = open_page(PAGE)
    app.toggle(key="full_batch").set_value(True).run()
    app.button(key="start").click().run()
    assert store.runs()[0].config().batch_size == "all"


def test_millions_of_records_are_said_beforehand(open_page):
    app = open_page(PAGE, steps="5000000", record_every="1")
    said = [plain(element.value) for element in app.caption if "records" in element.value]
    assert "It writes 5 million records, 560 MB: its curve takes 1" in said[0]
    assert not [one for one in open_page(PAGE, steps="5000000").caption if "million records" in one.value]


def test_the_estimate_says_what_it_rests_on(open_page):
    app = open_page(PAGE)
    for _ in range(50):  # it is measured beside the page
        said = [plain(element.value) for element in app.markdown if "measured on this machine" in element.value]
        if said:
            break
        time.sleep(0.1)
        app.run()
    assert "About **2 min 30 s**" in said[0]
    assert "400 steps/s" in said[0]


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("width", 0, "width is 0: it must be from 1 to 2000."),
        ("depth", -3, "depth is -3: it must be from 1 to 50."),
        ("eta", -0.005, "eta is -0.005: it must be above 0 and at most 1"),
        ("name", "../../etc", "The name '../../etc' contains '/'"),
        ("name", "<script>alert(1)</script>", "contains '<'"),
        ("name", "x" * 81, "The name has 81 characters: at most 80"),
        ("batch_size", 0, "batch_size is 0"),
        ("waiting_times", "20000, soon", "write steps such as 20000, 40000"),
    ],
)
def test_an_unusable_setting_is_one_sentence_and_nothing_is_started(open_page, store, setting, value, sentence):
    app = open_page(PAGE)
    app.get_by_key(setting).set_value(value).run()
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in errors(app)[0]
    assert app.button(key="start").disabled
    assert app.get_by_key(setting).value == value  # what was typed is still there
    assert store.runs() == []


@pytest.mark.parametrize(
    ("query", "sentence"), [({"width": "0"}, "width is 0"), ({"eta": "-1"}, "eta is -1"), ({"name": "../x"}, "'../x'")]
)
def test_an_unusable_setting_in_the_url_is_one_sentence(open_page, query, sentence):
    app = open_page(PAGE, **query)
    assert sentence in errors(app)[0]


@pytest.mark.parametrize(
    "query", [{"width": "many"}, {"preset": "none"}, {"edition": "third"}, {"selected": "../../etc"}]
)
def test_nonsense_in_the_url_is_passed_over(open_page, make_run, query):
    make_run()
    app = open_page(PAGE, **query)
    assert errors(app) == []


def test_more_chorales_than_there_are(open_page, store):
    app = open_page(PAGE, chorales="9999")
    app.button(key="start").click().run()
    assert "9999 chorales cannot be taken" in errors(app)[0]
    assert store.runs() == []


def test_without_the_papers_file_the_run_learns_the_other_edition_and_says_so(open_page, store, monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSY_JSB_JSON", str(tmp_path / "nowhere.json"))
    app = open_page(PAGE, edition="paper")
    assert "not here yet" in app.info[0].value
    app.button(key="start").click().run()
    assert not app.exception
    assert store.runs()[0].config().edition == "corpus"
    assert "The corpus edition stands in for the paper edition" in plain(app.warning[0].value)


def test_a_truncated_paper_file_is_refused(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSY_JSB_JSON", str(tmp_path / "nowhere.json"))
    app = open_page(PAGE, edition="paper")
    app.file_uploader[0].upload("jsb-chorales-quarter.json", b'{"train": [[[60, 64')
    app.run()
    app.button(key="install").click().run()
    assert not app.exception
    assert "is not the paper's file or is cut short" in errors(app)[0]


def test_the_table_shows_what_the_store_holds(open_page, make_run):
    make_run("finished", name="one", width=20)
    make_run("failed", name="two", width=30)
    table = frame(open_page(PAGE))
    assert list(table["Name"]) == ["two", "one"]
    assert [status[0] for status in table["Status"]] == ["failed", "finished"]
    assert list(table["w"]) == [30, 20]
    assert list(table["NLL"]) == [0.25, 0.25]


def test_a_run_whose_heartbeat_is_old_is_stalled_or_interrupted(open_page, make_run):
    lost, hung = make_run("running", name="lost"), make_run("running", name="hung")
    for run in (lost, hung):
        run.write_state(replace(run.state(), status="running"))
        os.utime(run.path / "state.json", (time.time() - 60,) * 2)  # nothing was written since
    with hung.locked():
        table = frame(open_page(PAGE)).set_index("Name")
    assert table["Status"]["hung"][0] == "stalled"
    assert table["Status"]["lost"][0] == "interrupted"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"find": "wide"}, ["wide one"]),
        ({"find": "ONE deep"}, ["deep one"]),
        ({"find": "note-word"}, ["deep one"]),
        ({"status": "failed"}, ["deep one"]),
        ({"depths": "2"}, ["wide one"]),
        ({"widths": "7"}, ["deep one"]),
        ({"tags": "lesson"}, ["wide one"]),
        ({"editions": "corpus"}, ["deep one", "wide one"]),
    ],
)
def test_filters_narrow_the_table(open_page, make_run, query, names):
    make_run("paused", name="wide one", width=300).describe(tags=["lesson"])
    make_run("failed", name="deep one", depth=5, width=7).describe(note="a note-word")
    assert list(frame(open_page(PAGE, **query))["Name"]) == names


def test_filters_that_nothing_passes_say_so(open_page, make_run):
    make_run()
    app = open_page(PAGE, find="nowhere to be found")
    assert "No run passes these filters" in app.info[0].value


def test_stop_and_pause_of_a_queued_run(open_page, make_run):
    for button, status in (("stop", "stopped"), ("pause", "paused")):
        run = make_run("queued")
        app = open_page(PAGE, selected=run.id)
        app.button(key=button).click().run()
        assert run.state().status == status
        assert errors(app) == []


def test_stop_of_a_running_run_is_a_request(open_page, make_run):
    run = make_run("running")
    with run.locked():
        run.write_state(replace(run.state(), status="running", heartbeat=time.time(), host=None))
        open_page(PAGE, selected=run.id).button(key="stop").click().run()
        assert run.requested("stop")


def test_resume_of_a_paused_run_queues_it(open_page, make_run):
    run = make_run("paused")
    open_page(PAGE, selected=run.id).button(key="resume").click().run()
    assert run.state().status == "queued"
    assert run.state().step == 100


def test_a_finished_run_wants_more_steps(open_page, make_run):
    run = make_run("finished", steps=100)
    app = open_page(PAGE, selected=run.id)
    assert not [button for button in app.button if button.key == "resume"]  # it has nothing left to do as it is
    app.number_input(key=f"to_step-{run.id}").set_value(300)
    app.number_input(key=f"new_eta-{run.id}").set_value(1e-3)
    app.run()
    app.button(key=f"resume_with-{run.id}").click().run()
    assert errors(app) == []
    assert (run.state().status, run.state().steps, run.requested_eta()) == ("queued", 300, 1e-3)


@pytest.mark.parametrize("steps", [0, -5, 100])
def test_a_last_step_that_is_past_is_refused(open_page, make_run, steps):
    run = make_run("paused")
    app = open_page(PAGE, selected=run.id)
    app.number_input(key=f"to_step-{run.id}").set_value(steps).run()
    app.button(key=f"resume_with-{run.id}").click().run()
    assert "choose a later one" in errors(app)[0]
    assert run.state().status == "paused"


def test_eta_changes_while_it_runs_and_a_negative_one_is_refused(open_page, make_run):
    run = make_run("running")
    with run.locked():
        run.write_state(replace(run.state(), status="running", heartbeat=time.time(), host=None))
        app = open_page(PAGE, selected=run.id)
        app.number_input(key=f"new_eta-{run.id}").set_value(-1.0).run()
        app.button(key=f"apply_eta-{run.id}").click().run()
        assert "eta is -1.0: it must be above 0" in errors(app)[0]
        assert run.requested_eta() is None
        app.number_input(key=f"new_eta-{run.id}").set_value(2.5e-3).run()
        app.button(key=f"apply_eta-{run.id}").click().run()
        assert run.requested_eta() == 2.5e-3


def test_clone_fills_the_form(open_page, make_run, store):
    run = make_run("paused", depth=3, width=17, batch_size="all", seed=5)
    app = open_page(PAGE, selected=run.id)
    app.button(key="clone").click().run()
    app.button(key="start").click().run()
    assert len(store.runs()) == 2
    assert {run.config() for run in store.runs()} == {run.config()}


def test_a_clone_of_a_flow_keeps_all_its_settings(open_page, store):
    config = replace(PRESETS["class-flow-over"].config, until=123.0, stop_nll=0.02, tolerance=1e-4, steps=777)
    run = store.create(config, load_edition("corpus").digest, "paused")
    app = open_page(PAGE, selected=run.id)
    app.button(key="clone").click().run()
    app.button(key="start").click().run()
    assert [run.config() for run in store.runs()] == [config, config]


@pytest.fixture
def flow(store):
    """A flow that says it is finished at its tau."""
    config = PRESETS["class-flow-near"].config
    run = store.create(config, load_edition("corpus").digest)
    ended = State("finished", 302, config.steps, time.time(), eta=0.0, nll=0.0115, tau=300.0, seconds=3.0, until=300.0)
    run.write_state(replace(ended, evaluations=4075))
    return run


def test_a_flow_goes_on_to_a_later_tau(open_page, flow):
    app = open_page(PAGE, selected=flow.id)
    assert not [field for field in app.number_input if field.key == f"new_eta-{flow.id}"]
    assert app.number_input(key=f"to_tau-{flow.id}").value == 600
    app.button(key=f"resume_with-{flow.id}").click().run()
    assert errors(app) == []
    assert (flow.state().status, flow.state().until, flow.state().steps) == ("queued", 600.0, 10**6)


def test_a_flow_whose_state_was_lost_goes_on_to_a_later_tau(open_page, flow):
    (flow.path / "state.json").unlink()
    app = open_page(PAGE, selected=flow.id)
    app.number_input(key=f"to_tau-{flow.id}").set_value(700.0).run()
    app.button(key=f"resume_with-{flow.id}").click().run()
    assert errors(app) == []
    assert (flow.state().status, flow.state().until) == ("queued", 700.0)


def test_a_flow_does_not_go_back(open_page, flow):
    app = open_page(PAGE, selected=flow.id)
    app.number_input(key=f"to_tau-{flow.id}").set_value(200.0).run()
    app.button(key=f"resume_with-{flow.id}").click().run()
    assert "later tau" in errors(app)[0]
    assert flow.state().status == "finished"


def test_the_panel_and_the_table_say_what_a_flow_is(open_page, flow, make_run):
    make_run("finished", name="by steps")
    app = open_page(PAGE, selected=flow.id)
    assert "τ 300 of 300, in 302 steps, 4\u202f075 evaluations" in [bar.text for bar in app.progress]
    assert "learning rate eta" not in {metric.label for metric in app.metric}
    table = frame(app).set_index("Name")
    assert dict(table["Learns by"]) == {"by steps": "steps", "near": "flow"}
    assert table["eta"].isna()["near"]
    assert (table["Progress"]["near"], table["Evaluations"]["near"]) == (100, 4075)


def test_of_a_flow_at_work_eta_is_not_changed(open_page, flow, make_run):
    from glassy_core.ui.shell import actions

    flow.write_state(replace(flow.state(), status="running", heartbeat=time.time()))
    with flow.locked():
        app = open_page(PAGE, selected=flow.id)
        assert not [button for button in app.button if button.key == f"apply_eta-{flow.id}"]
        outcome = actions.change_eta([flow.id], 1e-3)
    assert "is a flow, which has no eta: stop it, and resume it to a later tau instead." in outcome.error
    assert flow.requested_eta() is None


def test_steps_may_be_given_an_end_in_tau(open_page, make_run):
    run = make_run("paused")
    app = open_page(PAGE, selected=run.id)
    app.number_input(key=f"to_tau-{run.id}").set_value(2.0).run()
    app.button(key=f"resume_with-{run.id}").click().run()
    assert errors(app) == []
    assert (run.state().status, run.state().until, run.state().steps) == ("queued", 2.0, 1000)


def test_a_flow_beside_steps_has_dashes_for_what_it_has_not(open_page, flow, make_run):
    run = make_run("paused")
    table = open_page(PAGE, selected=f"{flow.id},{run.id}", differing="false").dataframe[1].value
    assert dict(table.loc["eta"]) == {"first": "0.005", "near": "–"}
    assert dict(table.loc["tolerance"]) == {"first": "–", "near": "3e-05"}
    assert dict(table.loc["until"]) == {"first": "–", "near": "300"}


def test_rename_tag_and_note(open_page, make_run):
    run = make_run()
    app = open_page(PAGE, selected=run.id)
    app.text_input(key=f"name-{run.id}").set_value("another name")
    app.text_input(key=f"tags-{run.id}").set_value("lesson 2, glass")
    app.text_area(key=f"note-{run.id}").set_value("<script>alert(1)</script> **not bold**")
    app.button(key=f"save-{run.id}").click().run()
    assert not app.exception
    assert run.about() == {
        "name": "another name",
        "tags": ["glass", "lesson 2"],
        "note": "<script>alert(1)</script> **not bold**",
    }
    # A note is shown as text, in no place that renders markup.
    assert app.text[0].value == "<script>alert(1)</script> **not bold**"
    assert not any("<script>" in element.value for element in [*app.markdown, *app.html, *app.caption])


@pytest.mark.parametrize("name", ["../x", "<script>", "a" * 81])
def test_an_unusable_new_name_is_refused(open_page, make_run, name):
    run = make_run()
    app = open_page(PAGE, selected=run.id)
    app.text_input(key=f"name-{run.id}").set_value(name)
    app.button(key=f"save-{run.id}").click().run()
    assert "The name" in errors(app)[0]
    assert run.about()["name"] == "first"


def test_delete_and_undo(open_page, make_run, store):
    run = make_run()
    app = open_page(PAGE, selected=run.id)
    app.button(key="delete").click().run()
    assert store.runs() == []
    assert [gone.id for gone in store.deleted()] == [run.id]
    app.button(key="undo").click().run()
    assert [back.id for back in store.runs()] == [run.id]
    assert run.state().step == 100


def ticking(app, *rows):
    """The page, whose reader ticks these lines of the table, and no others, before it is drawn anew."""
    states = app._tree.get_widget_states

    def with_ticks():
        sent = states()
        ticked = sent.widgets.add(id=app.dataframe[0].proto.id)
        ticked.string_value = json.dumps({"selection": {"rows": rows, "columns": [], "cells": []}})
        return sent

    app._tree.get_widget_states = with_ticks
    return app


@pytest.mark.parametrize(("key", "deed"), [("delete", "deleted"), ("clone", "cloned"), ("run first", "first")])
def test_a_click_that_overtakes_the_table_is_about_what_is_ticked(open_page, make_run, store, key, deed):
    for seed in range(3):
        make_run("queued" if deed == "first" else "paused", seed=seed, name=f"number {seed}")
    names = list(frame(open_page(PAGE))["Name"])
    ids = {run.about()["name"]: run.id for run in store.runs()}
    app = open_page(PAGE, selected=ids[names[0]])
    ticking(app, 1).button(key=key).click().run()
    assert not app.exception
    if deed == "deleted":
        assert [run.id for run in store.deleted()] == [ids[names[1]]]
    elif deed == "cloned":
        assert app.number_input(key="seed").value == int(names[1][-1])
    else:
        assert queue.look(store).waiting[0].id == ids[names[1]]


def test_a_click_on_what_is_ticked_no_more_does_nothing(open_page, make_run, store):
    run = make_run()
    app = open_page(PAGE, selected=run.id)
    ticking(app).button(key="delete").click().run()
    assert "No run is selected any more" in app.warning[0].value
    assert [left.id for left in store.runs()] == [run.id]


def test_a_running_run_cannot_be_deleted(open_page, make_run, store):
    run = make_run("running")
    with run.locked():
        app = open_page(PAGE, selected=run.id)
        app.button(key="delete").click().run()
    assert "is running: stop it before deleting it." in errors(app)[0]
    assert [left.id for left in store.runs()] == [run.id]


def test_several_runs_at_once(open_page, make_run, store):
    one, two, queued = make_run(name="one"), make_run(name="two"), make_run("queued", name="three")
    app = open_page(PAGE, selected=f"{one.id},{two.id},{queued.id}")
    app.button(key="delete").click().run()
    assert "Deleted" in plain(app.success[0].value)
    assert queued.id in errors(app)[0]
    assert [left.id for left in store.runs()] == [queued.id]


def test_the_trash_brings_back_and_empties(open_page, make_run, store):
    one, two = make_run(name="one"), make_run(name="two")
    store.delete(one)
    store.delete(two)
    app = open_page(PAGE)
    app.multiselect(key="bring_back").select(one.id).run()
    app.button(key="restore").click().run()
    assert [run.id for run in store.runs()] == [one.id]
    app.button(key="empty_trash-all").click().run()
    assert store.deleted() == []
    assert [run.id for run in store.runs()] == [one.id]


def test_compare_shows_what_differs(open_page, make_run):
    one, two = make_run(name="one", width=10), make_run(name="two", width=20)
    app = open_page(PAGE, selected=f"{one.id},{two.id}")
    table = app.dataframe[1].value
    assert list(table.loc["width"]) == ["20", "10"]
    assert "depth" not in table.index
    app.toggle(key="differing").set_value(False).run()
    assert list(app.dataframe[1].value.loc["depth"]) == ["2", "2"]


BROKEN = {
    "empty directory": {},
    "no config": {"state.json": json.dumps({"status": "paused", "step": 3})},
    "config is cut short": {"config.json": '{"depth": 2,'},
    "config is a list": {"config.json": "[]"},
    "config has width 0": {"config.json": json.dumps({"width": 0})},
    "state has other types": {"config.json": json.dumps({"width": 9}), "state.json": '{"step": "x", "heartbeat": "y"}'},
    "state has no known status": {"config.json": json.dumps({"width": 9}), "state.json": '{"status": "<script>"}'},
    "metrics are torn": {"config.json": json.dumps({"width": 9}), "metrics.jsonl": '{"step": 1, "nl'},
}


@pytest.mark.parametrize("page", ["app.py", PAGE])
@pytest.mark.parametrize("files", BROKEN.values(), ids=BROKEN)
def test_a_broken_directory_never_breaks_a_page(open_page, make_run, store, files, page):
    make_run(name="sound")
    path = store.directory / "broken-one"
    path.mkdir()
    for name, content in files.items():
        (path / name).write_text(content, encoding="utf-8")
    app = open_page(page, selected="broken-one")
    assert not app.exception


@pytest.mark.parametrize("name", ["broken-one", "<script>", "white space"])
def test_a_broken_directory_is_listed_with_its_reason_and_can_be_deleted(open_page, make_run, store, name):
    make_run(name="sound")
    (store.directory / name).mkdir()
    app = open_page(PAGE, selected=name)
    table = frame(app).set_index("Name")
    assert "has no readable config.json" in table["Error"][name]
    assert table["Status"][name][0] == "failed"
    app.button(key="delete").click().run()
    assert not app.exception
    assert errors(app) == []
    assert [run.about()["name"] for run in store.runs()] == ["sound"]


def test_two_hundred_runs_are_quick(open_page, make_run):
    for k in range(200):
        make_run(name=f"run {k}", seed=k)
    app = open_page(PAGE)
    assert len(frame(app)) == 200
    started = time.perf_counter()
    app.run()
    assert time.perf_counter() - started < 3  # far less on a quiet machine; a rerun must not read everything anew


def test_waiting_runs_without_a_dispatcher_say_so(open_page, make_run, monkeypatch):
    calls = []
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", calls.append)
    run = make_run("queued")
    app = open_page(PAGE)
    assert "the process that serves them is not up" in app.warning[0].value
    calls.clear()
    app.button(key="dispatcher").click().run()
    assert len(calls) == 1
    log = RunStore(run.path.parent).directory / ".dispatcher" / "log.txt"
    log.parent.mkdir(exist_ok=True)
    log.touch()  # it was started a moment ago
    assert not app.run().warning


def serve(monkeypatch, **values):
    """Let the store have a dispatcher that says this of itself."""
    monkeypatch.setattr(
        dispatcher, "dispatcher_status", lambda store: dispatcher.DispatcherStatus(**{"alive": True} | values)
    )


def test_workers_and_queue_are_shown(open_page, make_run, monkeypatch):
    late, soon = make_run("queued", name="late"), make_run("queued", name="soon", width=30)
    queue.move(RunStore(soon.path.parent), [soon.id], to_front=True)
    busy = make_run("running", name="busy")
    workers = (Worker("a", "node1", 1, (busy.id,)), Worker("b", "node2", 2))
    serve(monkeypatch, local=False, scheduler="tcp://10.0.0.1:8786", workers=workers)
    with busy.locked():
        app = open_page(PAGE, queue="true")
    said = " ".join(plain(element.value) for element in app.caption)
    assert "2 runs wait, 1 at work; 2 workers on the cluster at tcp://10.0.0.1:8786." in said
    shown, order = (table.value for table in app.dataframe[1:])
    assert list(shown["Trains"]) == ["busy", "–"]
    assert list(order["Run"]) == ["soon", "late"]
    assert list(order["w"]) == [30, 12]
    assert [run.id for run in queue.look(RunStore(late.path.parent)).waiting] == [soon.id, late.id]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"local": False, "problem": "The scheduler at tcp://x:1 is gone"}, "The scheduler at tcp://x:1 is gone"),
        ({"local": False, "scheduler": "tcp://x:1"}, "the cluster at tcp://x:1 has no workers: start some"),
        ({"alive": False, "problem": "No workers can be started here"}, "No workers can be started here"),
    ],
)
def test_a_cluster_that_cannot_train_is_said(open_page, make_run, monkeypatch, values, sentence):
    make_run("queued")
    serve(monkeypatch, **values)
    assert sentence in plain(open_page(PAGE).warning[0].value)


def test_the_limit_is_set_on_the_page_and_a_bad_one_is_refused(open_page, make_run, store):
    make_run()
    app = open_page(PAGE, queue="true")
    app.number_input(key="limit-0").set_value(2).run()
    assert queue.wishes(store).limit == 2
    app.number_input(key="limit-2").set_value(-1).run()
    assert "The limit is -1: it must be from 0" in errors(app)[0]
    assert queue.wishes(store).limit == 2


def test_queued_runs_are_put_first_and_last(open_page, make_run, store):
    runs = [make_run("queued", seed=seed) for seed in range(3)]

    def order():
        return [run.id for run in queue.look(store).waiting]

    app = open_page(PAGE, selected=runs[2].id)
    app.button(key="run first").click().run()
    assert order() == [runs[2].id, runs[0].id, runs[1].id]
    app.button(key="run last").click().run()
    assert order() == [run.id for run in runs]
    assert "run first" not in {button.key for button in open_page(PAGE, selected=make_run("finished").id).button}


def test_a_click_before_the_browser_shows_the_preset_starts_the_preset(open_page, store):
    app = open_page(PAGE)
    shown = app.number_input(key="width").value
    app.selectbox(key="preset").select("class-under").run()
    app.number_input(key="width").set_value(shown)  # what a browser sends that has not drawn the new values yet
    app.text_input(key="name").set_value("near")
    app.button(key="start").click().run()
    (run,) = store.runs()
    assert (run.config().name, run.config().width) == ("under", PRESETS["class-under"].config.width)
