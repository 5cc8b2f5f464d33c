"""The Learning curves page in a real browser, on runs that really train."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.presets import PRESETS
from glassy_core.runs.state import State
from glassy_core.settings import RunConfig
from tests.browser.steps import SOON

ROOT = Path(__file__).resolve().parents[2]
SMALL = RunConfig(name="small", depth=1, width=6, eta=5e-3, chorales=2, batch_size=100, steps=10**8, record_every=20)
SECOND = RunConfig(name="second", depth=1, width=8, eta=5e-3, chorales=2, batch_size=100, steps=10**8, record_every=20)
FLOW = PRESETS["class-flow-near"].config
RECORDS = 50

STATE = """() => {
  const plot = document.querySelector(".glassy-plot")
  const seen = (uid) => plot._fullData.find((trace) => trace.uid === uid)
  const main = plot._fullData.filter((trace) => trace.meta === "training")
  return {
    draws: Number(plot.closest(".glassy-figure").dataset.draws),
    x: plot._fullLayout.xaxis.range, y: plot._fullLayout.yaxis.range,
    automatic: plot._fullLayout.xaxis.autorange,
    last: Object.fromEntries(main.map((trace) => [trace.name, Math.max(...trace.x)])),
    visible: Object.fromEntries(main.map((trace) => [trace.name, trace.visible])),
    width: plot._fullLayout.width, background: plot._fullLayout.paper_bgcolor,
    axis: plot._fullLayout.xaxis.type,
  }
}"""


@pytest.fixture
def strangers(page):
    """Addresses beyond this machine that the page asked for."""
    asked: list[str] = []
    local = re.compile(r"(https?|ws)://localhost[:/]|data:|blob:")
    page.on("request", lambda request: local.match(request.url) or asked.append(request.url))
    return asked


@pytest.fixture
def complaints(page):
    """What the browser's console calls an error."""
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(f"{message.text} {message.location}"))
    return said


@pytest.fixture
def runs(app):
    """Two runs at work; they are stopped at the end."""
    digest = load_edition("corpus").digest
    started = [dispatcher.submit(app.store, config, digest) for config in (SMALL, SECOND)]
    yield started
    for run in started:
        run.request("stop")


@pytest.fixture
def finished(app):
    """Two runs that are over."""
    made = []
    for config in (SMALL, SECOND):
        run = app.store.create(config, load_edition("corpus").digest)
        records = [{"step": n, "tau": n * 5e-3, "eta": 5e-3, "nll": 1 / (1 + n), "accuracy": 1} for n in range(RECORDS)]
        run.metrics_path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        run.write_state(State(status="finished", step=RECORDS, steps=RECORDS))
        made.append(run)
    return made


def open_page(app, page):
    page.goto(app.url)
    page.get_by_test_id("stPageLink").get_by_text("Learning curves").first.click()
    expect(page.get_by_role("heading", name="Learning curves")).to_be_visible()


def state(page):
    return page.evaluate(STATE)


def wait_for_draws(page, more):
    """Wait until the figure was drawn so many times more; returns its state then."""
    wanted = state(page)["draws"] + more
    page.wait_for_function(f"() => document.querySelector('.glassy-figure').dataset.draws >= {wanted}", timeout=SOON)
    return state(page)


def wait_for_points(page, number=20):
    script = f"""() => {{
      const lines = document.querySelector(".glassy-plot")?._fullData?.filter((t) => t.meta === "training") ?? []
      const drawn = document.querySelector(".glassy-figure")?.dataset.draws > 0
      return drawn && lines.length === 2 && lines.every((line) => line.x.length >= {number})
    }}"""
    page.wait_for_function(script, timeout=SOON)


def place(page, x, y):
    """A point of the plot's area, given as fractions of it, in pixels of the window."""
    box = page.evaluate("""() => {
      const plot = document.querySelector(".glassy-plot")
      const [{ left, top, width }, { l, t, w, h }] = [plot.getBoundingClientRect(), plot._fullLayout._size]
      const scale = width / plot._fullLayout.width
      return { x: left + scale * l, y: top + scale * t, w: scale * w, h: scale * h }
    }""")
    return box["x"] + x * box["w"], box["y"] + y * box["h"]


def toggle_first_curve(page):
    page.locator(".glassy-plot .legendtoggle").first.click()


def wait_until(page, condition, seconds=10):
    """Plotly takes up a click on the legend only when no second one has followed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the legend did not change"
        page.wait_for_timeout(50)


def drag(page, start, end):
    """Press, move and release the mouse over the plot."""
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=8)
    page.mouse.up()


def test_zoom_and_legend_stay_while_runs_train(app, page, runs, strangers, complaints):
    open_page(app, page)
    wait_for_points(page)
    names = list(state(page)["visible"])

    drag(page, (0.3, 0.1), (0.7, 0.6))
    zoomed = wait_for_draws(page, 1)
    assert not zoomed["automatic"]
    toggle_first_curve(page)
    wait_until(page, lambda: "legendonly" in state(page)["visible"].values())
    hidden = wait_for_draws(page, 1)
    assert sorted(map(str, hidden["visible"].values())) == ["True", "legendonly"]

    later = wait_for_draws(page, 3)
    assert later["x"] == zoomed["x"]
    assert later["y"] == zoomed["y"]
    assert later["visible"] == hidden["visible"]
    assert all(later["last"][name] > zoomed["last"][name] for name in names)  # new points arrived meanwhile

    page.mouse.move(*place(page, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*place(page, 0.6, 0.7), steps=5)
    before = state(page)["draws"]
    page.wait_for_timeout(4000)  # several refreshes are due in it: they wait until the reader lets go
    assert state(page)["draws"] == before
    page.mouse.up()
    closer = wait_for_draws(page, 2)
    assert later["x"][0] < closer["x"][0] < closer["x"][1] < later["x"][1]

    toggle_first_curve(page)
    wait_until(page, lambda: set(state(page)["visible"].values()) == {True})
    page.mouse.dblclick(*place(page, 0.5, 0.5))
    assert wait_for_draws(page, 1)["automatic"]

    for run in runs:
        run.request("stop")
    for run in runs:
        app.wait_for(run, "stopped")
    page.wait_for_timeout(3000)
    before = state(page)["draws"]
    page.wait_for_timeout(3000)
    assert state(page)["draws"] == before  # the timer stopped with the last run
    assert strangers == []
    assert complaints == []


def test_view_theme_width_and_downloads(app, page, finished):
    open_page(app, page)
    wait_for_points(page)
    page.get_by_role("radio", name="step").click()
    page.get_by_role("button", name="x", exact=True).click()
    page.wait_for_function("() => document.querySelector('.glassy-plot')._fullLayout.xaxis.type === 'linear'")
    assert "x=step" in page.url
    page.reload()  # the view is in the URL
    wait_for_points(page)
    assert state(page)["axis"] == "linear"
    assert page.locator(".glassy-plot .xtitle").text_content() == "learning steps"

    for kind in ("png", "svg"):
        with page.expect_download() as download:
            page.locator(f".modebar-btn[data-title*='{kind.upper()}' i]").click()
        assert download.value.suggested_filename == f"learning-curves.{kind}"
    picture = download.value.path().read_text(encoding="utf-8")
    assert "Learning curves</text>" in picture  # its title, and which runs these are
    assert all(run.about()["name"] in picture for run in finished)
    page.get_by_text("Numbers and data").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all records as CSV").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert all(f"# {run.id}: {{" in text for run in finished)
    assert sum(line.startswith(finished[0].id) for line in text.splitlines()) == RECORDS

    page.mouse.move(*place(page, 0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*place(page, 0.7, 0.7), steps=4)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('zoom=x.')")
    page.locator(".glassy-plot .legendtoggle").first.click()
    page.wait_for_function("() => location.search.includes('hidden=')")
    seen = "() => [document.querySelector('.glassy-plot')._fullLayout.xaxis.range.map((x) => x.toPrecision(4)), "
    seen += "document.querySelectorAll('.glassy-names text').length]"
    before = page.evaluate(seen)
    page.reload()
    wait_for_points(page)
    assert page.evaluate(seen) == before
    assert before[1] == len(finished) - 1

    light = state(page)["background"]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => document.querySelector('.glassy-plot')._fullLayout.paper_bgcolor !== '{light}'")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('.glassy-plot')._fullLayout.width < 390")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert page.locator(".glassy-plot").get_attribute("aria-label").startswith("Learning curves, NLL against step")


WINDOW_APP = """
import numpy as np
import plotly.graph_objects as go
import streamlit as st
from glassy_core.ui.components.live_figure import live_figure

st.html("<style>html { font-size: LETTERSpx }</style>")
st.session_state.setdefault("window", (1.0, 100.0))
tau = np.geomspace(0.01, 10_000, 50)
figure = go.Figure(go.Scatter(x=tau, y=1 / tau, uid="line"), layout={"uirevision": "kept"})
figure.update_layout(xaxis_type="log", yaxis_type="log", xaxis_range=[-2, 4])
live_figure(
    figure, "plot", "A power law.", window=st.session_state["window"],
    on_window=lambda ends: st.session_state.update(window=ends),
)
low, high = st.session_state["window"]
st.text(f"from {low:.3g} to {high:.3g}")
st.button("Elsewhere", on_click=lambda: st.session_state.update(window=(0.1, 1000.0)))
"""

SERVED = """
import streamlit as st
from glassy_core import ui
app = st.App("window.py", middleware=ui.MIDDLEWARE)
"""


@pytest.fixture(params=[16, 24])
def window_page(tmp_path, chromium, request):
    """A page with nothing but a figure that has a window, drawn as it is, and larger, with larger letters."""
    (tmp_path / "window.py").write_text(WINDOW_APP.replace("LETTERS", str(request.param)), encoding="utf-8")
    (tmp_path / "served.py").write_text(SERVED, encoding="utf-8")
    with closing(socket.socket()) as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    options = [f"--server.port={port}", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "served.py"), *options]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = chromium.new_context(viewport={"width": 1280, "height": 1200})
    page = context.new_page()
    for _ in range(300):
        try:
            page.goto(f"http://localhost:{port}")
            break
        except Error:  # not yet
            time.sleep(0.2)
    yield page
    context.close()
    server.terminate()
    server.wait(20)


def test_a_window_is_dragged_on_the_plot(window_page):
    page = window_page
    handles = page.locator(".glassy-handle")
    page.wait_for_selector(".glassy-figure[data-draws]", timeout=SOON)
    expect(page.get_by_text("from 1 to 100")).to_be_visible()
    expect(handles.nth(1)).to_have_attribute("aria-valuenow", "100.0")

    letters = page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert page.locator(".glassy-figure").bounding_box()["height"] == pytest.approx(560 * letters / 16, abs=2)
    page.mouse.move(*place(page, 0.5, 0.5))
    page.wait_for_function("() => document.querySelector('.glassy-plot')._hoverdata?.length")
    (found,) = page.evaluate("() => document.querySelector('.glassy-plot')._hoverdata.map((point) => point.x)")
    assert 5 < found < 20  # 10 is in the middle

    def pull(end, x):  # x: fraction of the plot's width, which spans six decades from 0.01
        box = handles.nth(end).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(*place(page, x, 0.5), steps=6)
        page.mouse.up()

    pull(1, 5 / 6)
    expect(page.get_by_text(re.compile(r"from 1 to (99\d|1e\+03|1.0\de\+03)"))).to_be_visible()
    pull(0, 5.9 / 6)  # not past the other end
    low, high = map(float, re.findall(r"[\d.e+]+", page.get_by_text("from ").inner_text().replace("from", "")))
    assert low <= high
    handles.nth(0).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("from 1 to")).not_to_be_visible()
    page.get_by_role("button", name="Elsewhere").click()
    expect(handles.nth(0)).to_have_attribute("aria-valuenow", "0.1000")
    expect(handles.nth(1)).to_have_attribute("aria-valuenow", "1000")
    drag(page, (0.35, 0.2), (0.5, 0.6))
    expect(handles.nth(0)).not_to_be_visible()  # outside what is shown now


GROWING = """() => {
  window.fronts = []
  setInterval(() => {
    for (const animation of document.getAnimations()) {
      const group = animation.effect?.target?.closest?.(".glassy-plot .scatterlayer .trace")
      if (!group) continue
      window.fronts.push([group.__data__[0].trace.meta, parseFloat(getComputedStyle(group).clipPath.split("px ")[1])])
    }
  }, 50)
}"""


KNOWN = """(forget) => {
  const root = document.querySelector(".glassy-figure")
  if (forget) root[Symbol.for("glassy.live")].known.version = -1
  return root.querySelector(".glassy-plot")._fullData.find((trace) => trace.meta === "training").x.length
}"""


def test_what_a_flow_has_recorded_since_is_sent_alone_and_seen_to_grow(app, page):
    sent = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(len(frame))))
    run = app.store.create(FLOW, load_edition("corpus").digest)

    def record(first, last):
        with open(run.metrics_path, "a", encoding="utf-8") as file:
            for k in range(first, last):
                tau = 1e-3 * 10 ** (k / 20)
                values = {"tau": tau, "eta": 0.0, "nll": 1 / (1 + tau), "accuracy": 0.95, "evaluations": 10 * k}
                file.write(json.dumps({"step": k + 1} | values) + "\n")

    record(0, 40)
    with run.locked():
        run.write_state(State("running", 40, FLOW.steps, time.time(), 20.0, 0.0, 0.1, 0.9, until=300.0))
        open_page(app, page)
        page.wait_for_function("() => document.querySelector('.glassy-figure')?.dataset.draws > 0", timeout=SOON)
        page.wait_for_timeout(1500)
        page.evaluate(GROWING)
        page.wait_for_timeout(500)
        assert page.evaluate("window.fronts") == []  # what was there when the page was opened does not grow
        sent.clear()
        record(40, 90)
        page.wait_for_function("() => window.fronts.length > 5", timeout=SOON)
        assert max(sent) < 10_000  # bytes: what is new, not the figure, nor the code that draws it
        page.wait_for_timeout(1500)
        fronts = [hidden for meta, hidden in page.evaluate("window.fronts") if meta == "training"]
        assert fronts[0] > 100  # pixels that are still covered
        assert fronts == sorted(fronts, reverse=True)
        seen = len(page.evaluate("window.fronts"))
        page.wait_for_timeout(1500)
        assert len(page.evaluate("window.fronts")) == seen  # and it is drawn whole from then on
        assert page.evaluate(KNOWN, False) == 90
        page.evaluate(KNOWN, True)  # a browser that has missed a refresh gets all of it
        record(90, 100)
        page.wait_for_function(f"({KNOWN})(false) === 100", timeout=SOON)
