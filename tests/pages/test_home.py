"""Home: what it says, what it starts, what it shows of the runs."""

import base64
import json
import re
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from glassy_core.jobs import dispatcher
from glassy_core.presets import CLASS_FLOWS, CLASS_TRIO, PRESETS
from glassy_core.runs.state import State
from glassy_core.settings import RunConfig
from glassy_core.ui.shell import polling, serving
from tests.made_runs import BASE, write_run


def words(app):
    """Everything the page says, as one text."""
    return "\n".join(element.value for kind in ("title", "header", "markdown", "caption") for element in app.get(kind))


def test_home_opens_with_nothing_there_and_says_what_to_do(open_page):
    app = open_page()
    assert "Nothing yet. Start the class trio" in words(app)
    assert "critical width" in words(app)


def test_one_click_starts_the_class_trio(open_page, store):
    app = open_page()
    app.button(key="start_trio").click().run()
    assert not app.exception
    started = {run.config().width: run for run in store.runs()}
    assert sorted(started) == [10, 24, 48]
    for key in CLASS_FLOWS:
        expected = PRESETS[key].config
        assert started[expected.width].config() == expected
        assert started[expected.width].state().status == "queued"
    assert "Started under, near and over." in words(app).replace("\\", "")
    (link,) = (link for link in app.get("page_link") if link.proto.label == "See their curves")
    assert all(f"run={run.id}" in link.proto.query_string for run in store.runs())


def test_the_trio_starts_with_the_noise_of_minibatches_where_that_is_asked_for(open_page, store):
    app = open_page()
    app.toggle(key="noisy_trio").set_value(True).run()
    app.button(key="start_trio").click().run()
    assert not app.exception
    wanted = {PRESETS[key].config for key in CLASS_TRIO}
    assert {run.config() for run in store.runs()} == wanted


def test_a_flow_says_how_far_it_is_in_proper_time(open_page, store):
    run = store.create(PRESETS["class-flow-near"].config, "digest")
    assert "τ 0 of 300, in 0 steps, 0 evaluations" in [bar.text for bar in open_page().progress]
    with run.locked():
        state = State("running", 120, 10**6, time.time(), 50.0, 0.0, 21.8, 0.15, 2.0)
        run.write_state(replace(state, until=300.0, evaluations=1999, left=3.0))
        app = open_page()
    assert app.progress[0].text == "τ 21.8 of 300, in 120 steps, 1\u202f999 evaluations, 3 s left"
    assert app.progress[0].value == 54  # per cent of the way in log tau


def test_a_trio_that_cannot_be_written_is_one_sentence(open_page, store):
    app = open_page()
    store.directory.write_text("a file where the directory should be", encoding="utf-8")
    app.button(key="start_trio").click().run()
    assert not app.exception
    assert ["Runs cannot be kept in" in error.value for error in app.error] == [True]


def test_running_runs_are_shown_with_their_curve(open_page, store):
    run = store.create(replace(PRESETS["class-near"].config, name="mine"), "digest")
    run.metrics_path.write_text(
        "".join(
            json.dumps({"step": k, "tau": 0.005 * k, "eta": 0.005, "nll": 1 / (1 + k)}) + "\n" for k in (0, 1, 9, 99)
        ),
        encoding="utf-8",
    )
    with run.locked():
        run.write_state(State("running", 99, 1000, time.time(), 10.0, 0.005, 0.495, 0.01, 9.9))
        app = open_page()
        text = words(app)
        picture = base64.b64decode(re.search(r"base64,([^\"]+)", app.html[0].value).group(1)).decode()
    assert "mine" in text
    assert "**0.01** bits at proper time τ **0.495**" in text
    assert app.progress[0].text == "step 99 of 1\u202f000, 1 min 30 s left"
    points = re.search(r'points="([^"]*)"', picture).group(1).split()
    assert len(points) == 3  # step 0 has tau 0, which a logarithmic axis has no place for
    assert points[-1] == "84.7,60.0"  # log10 tau = -0.305, NLL = 0.01


def grown(app):
    """The share of its curve that each card shows at first, and the number of points of the whole of it."""
    found = filter(None, (re.search(r"base64,([^\"]+)", html.value) for html in app.html))
    pictures = [base64.b64decode(source.group(1)).decode() for source in found]
    shares = [re.search(r"scaleX\(([\d.]+)\)", picture) for picture in pictures]
    points = [len(re.search(r'points="([^"]*)"', picture).group(1).split()) for picture in pictures]
    return [(float(share.group(1)) if share else 1.0, n) for share, n in zip(shares, points, strict=True)]


def test_what_came_since_the_last_look_is_seen_to_grow_once(open_page, store, monkeypatch):
    run = store.create(PRESETS["class-flow-near"].config, "digest")

    def record(taus):
        with open(run.metrics_path, "a", encoding="utf-8") as file:
            for tau in taus:
                file.write(json.dumps({"step": round(100 * tau), "tau": tau, "eta": 0.0, "nll": 0.5}) + "\n")

    record([0.01, 0.1, 1.0])
    with run.locked():
        run.write_state(State("running", 9, 10**6, time.time(), 10.0, 0.0, 1.0, 0.5, until=300.0))
        app = open_page()
        assert grown(app) == [(1.0, 3)]  # what was there at the first look does not grow
        record([10.0, 100.0])
        time.sleep(0.6)  # so old may be what is shown of a run at work
        assert grown(app.run()) == [(0.5, 5)]  # from log10 tau = 0, half way to 2
        assert grown(app.run()) == [(0.5, 5)]  # the very same picture, which goes on to grow in the browser
        now = time.monotonic()
        monkeypatch.setattr("glassy_core.ui.home.time.monotonic", lambda: now + 10)
        assert grown(app.run()) == [(1.0, 5)]


def test_a_flow_that_has_just_finished_stays_beside_those_at_work(open_page, store):
    runs = [store.create(PRESETS[key].config, "digest") for key in CLASS_FLOWS]
    ended = State("finished", 300, 10**6, time.time(), eta=0.0, tau=300.0, nll=0.1, until=300.0)
    runs[0].write_state(ended)
    runs[1].write_state(replace(ended, heartbeat=time.time() - 3600))
    said = words(open_page())
    assert "Running now" in said
    assert "**under** w = 10" in said
    assert "**near** w = 24" not in said
    assert "**over** w = 48" in said


def test_a_run_that_waits_says_that_it_has_recorded_nothing(open_page, store):
    store.create(PRESETS["class-near"].config, "digest")
    assert "Nothing recorded yet." in words(open_page())


def test_when_nothing_runs_the_latest_runs_are_shown(open_page, store):
    run = store.create(RunConfig(name="done", steps=10), "digest")
    run.write_state(State("finished", 10, 10, time.time(), nll=0.5, tau=0.004))
    app = open_page()
    assert "Latest runs" in words(app)
    assert "done" in words(app)


def test_what_waited_before_the_app_was_there_is_served_and_nothing_is_started_otherwise(open_page, store, monkeypatch):
    calls = []
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", calls.append)
    open_page()
    assert calls == []
    store.create(RunConfig(steps=10), "digest")
    st.cache_resource.clear()  # as an app that is started anew
    app = open_page()
    app.run()
    assert len(calls) == 1


@pytest.mark.parametrize("heavy", ["torch", "numba", "scipy.signal", "scipy.stats"])
def test_pages_load_no_engine_and_little_of_scipy(heavy, store):
    """A fresh process that imports all that the first page needs has no engine, and nothing that takes a second."""
    code = f"import sys, glassy_core.ui, glassy_core.ui.results.curves; sys.exit({heavy!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_run_that_somebody_else_starts_is_noticed(store, monkeypatch):
    looks, anew = [], []
    monkeypatch.setattr(polling, "refreshed", lambda key, draw, period: looks.append((draw, period)))
    monkeypatch.setattr(polling.st, "rerun", lambda: anew.append(True))

    def look():
        polling.st.cache_resource.clear()
        looks[0][0]()
        return len(anew)

    polling.notice_starts()
    assert not looks  # only where a class looks on
    run = write_run(store, BASE, [0.1, 1.0], [0.9, 0.5])
    polling.notice_starts(always=True)
    assert looks[0][1] <= 4  # seconds, so that pupils see the start within 6
    assert look() == 0
    run.write_state(State())
    assert look() == 1  # it is queued again
    polling.notice_starts(always=True)
    looks.pop(0)
    run.write_state(State(status="finished"))
    assert look() == 1  # that a run ends is seen where it is followed
    store.create(BASE, "digest")
    assert look() == 2


@pytest.mark.parametrize(
    ("path", "better"),
    [
        ("/", None),
        ("/Learning_curves", None),
        ("/learning-curves", "./Learning_curves"),  # relative: a proxy may have taken a prefix away
        ("/Learning_curves/", "../Learning_curves"),
        ("/nonsense", "./?not_here=nonsense"),
        ("/a/<b>", "../?not_here=a/%3Cb%3E"),
        ("/_stcore/health", None),
        ("/plotly-1.min.js", None),
    ],
)
def test_a_wrong_address_leads_home(path, better):
    assert serving.better_address(path) == better


def test_home_says_which_page_is_not_here(open_page):
    assert "no page “<b>” here" in open_page(not_here="<b>").info[0].value.replace("\\", "")
    assert not open_page().info


def test_the_trio_is_shown_in_step_of_tau_while_it_learns(open_page, store):
    tau = np.geomspace(0.1, 100, 40)
    narrow, wide = (PRESETS[key].config for key in ("class-under", "class-over"))
    quick = write_run(store, narrow, tau, 1 / (1 + tau))
    slow = write_run(store, wide, tau[:20], 1 / (1 + tau[:20]))
    quick.write_state(replace(quick.state(), heartbeat=time.time() - 5))
    with slow.locked():
        slow.write_state(replace(slow.state(), status="running", heartbeat=time.time(), seconds=30.0))
        said = words(open_page())
        begun = store.create(PRESETS["class-near"].config, "digest")
        with begun.locked():
            begun.write_state(State("running", 0, 1000, time.time()))
            assert "at proper time" not in words(open_page())  # one that has recorded nothing holds the others
            begun.write_state(State("stopped", 0, 1000, time.time()))
    assert said.count(f"at proper time τ **{tau[19]:.4g}**") == 2  # the quick one has come further: not shown yet
    slow.write_state(replace(slow.state(), status="finished"))
    assert "at proper time τ **100**" in words(open_page())
