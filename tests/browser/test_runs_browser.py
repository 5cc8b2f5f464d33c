"""The Runs page and Home in a real browser: every action on a run, a reload, a restart."""

import re

from playwright.sync_api import expect

from glassy_core.jobs.dispatcher import dispatcher_status
from tests.browser.steps import SOON, choose_preset, expect_status, metric, panel, press, start, tick


def test_a_run_from_its_start_to_its_deletion(page, app):
    page.goto(f"{app.url}/Runs")
    choose_preset(page, "Class world, under: w = 10")
    start(page, "under")
    run = app.only_run()
    assert (run.config().width, run.config().chorales) == (10, 8)

    tick(page)
    expect_status(page, "running")
    nll = panel(page).get_by_test_id("stMetric").filter(has_text="NLL").get_by_test_id("stMetricValue")
    expect(nll).to_have_text(re.compile(r"0\.\d+"), timeout=SOON)
    first = float(nll.inner_text())
    expect(nll).not_to_have_text(f"{first:g}", timeout=SOON)  # by itself, with nothing clicked
    assert float(nll.inner_text()) < first < 1

    press(page, "Delete")
    expect(page.get_by_text("is running: stop it before deleting it.")).to_be_visible()

    press(page, "Pause")
    expect_status(page, "paused")
    step = run.state().step
    assert step > 0

    press(page, "Resume")
    expect_status(page, "running")
    assert run.state().step >= step

    page.get_by_role("button", name="Change eta").click()
    field = page.get_by_role("spinbutton", name="learning rate eta")
    field.fill("0.0025")
    field.press("Enter")
    page.get_by_role("button", name="Use this eta").click()
    expect(page.get_by_text("From the coming step on eta = 0.0025")).to_be_visible()
    page.keyboard.press("Escape")
    value = panel(page).get_by_test_id("stMetric").filter(has_text="learning rate").get_by_test_id("stMetricValue")
    expect(value).to_have_text("0.0025", timeout=SOON)

    press(page, "Stop")
    expect_status(page, "stopped")
    etas = [record["eta"] for _, record in run.metrics()]
    assert (etas[0], etas[-1]) == (0.005, 0.0025)

    press(page, "Rename, tag, note")
    page.get_by_role("textbox", name="Name").last.fill("levels off")
    page.get_by_role("textbox", name="Tags").fill("lesson")
    page.get_by_role("textbox", name="Note").fill("<b>seen</b> on day one")
    page.get_by_role("button", name="Save").click()
    expect(panel(page).get_by_role("heading", name="levels off")).to_be_visible()
    expect(panel(page).get_by_text("<b>seen</b> on day one").first).to_be_visible()

    page.reload()  # the selection, the name, the note: all as they were
    expect(panel(page).get_by_role("heading", name="levels off")).to_be_visible(timeout=SOON)
    expect_status(page, "stopped")
    assert run.about() == {"name": "levels off", "tags": ["lesson"], "note": "<b>seen</b> on day one"}

    press(page, "Delete")
    expect(page.get_by_text("Deleted levels off.")).to_be_visible()
    assert app.store.runs() == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Brought back levels off.")).to_be_visible()
    assert app.only_run().id == run.id
    expect(panel(page).get_by_role("heading", name="levels off")).to_be_visible()
    press(page, "Delete")
    expect(page.get_by_text("Deleted levels off.")).to_be_visible()
    assert app.store.runs() == []


def test_runs_survive_a_closed_tab_and_a_restarted_app(page, app):
    page.goto(f"{app.url}/Runs")
    choose_preset(page, "Class world, over: w = 48")
    start(page, "over")
    run = app.only_run()
    app.wait_for(run, "running")
    page.goto("about:blank")
    app.stop()
    pid, step = dispatcher_status(app.store).pid, run.state().step
    app.start()
    assert dispatcher_status(app.store).alive
    page.goto(f"{app.url}/Runs?selected={run.id}")
    expect_status(page, "running")
    assert dispatcher_status(app.store).pid == pid  # the very one that was there before
    assert run.state().step > step
    assert metric(page, "NLL") != "–"


def test_the_class_trio_starts_with_one_click(page, app):
    page.goto(app.url)
    page.get_by_role("button", name="Start the class trio").click()
    cards = page.locator("[class*='st-key-card-']")
    expect(cards).to_have_count(3)
    expect(cards.filter(has_text="w = 10").get_by_text(re.compile(r"\(NLL\) 0\.\d+ bits"))).to_be_visible(timeout=SOON)
    assert sorted(run.config().width for run in app.store.runs()) == [10, 24, 48]
