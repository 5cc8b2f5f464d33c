"""The Runs page and Home in a real browser: every action on a run, a reload, a restart, bad input."""

import re

import pytest
from playwright.sync_api import expect
from steps import SOON, choose_preset, expect_status, metric, panel, press, start, tick

from glassy_core.jobs import dispatcher_status


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


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Width w", "0", "width is 0: it must be from 1 to 2000."),
        ("eta (tau per step)", "-0.005", "eta is -0.005: it must be above 0 and at most 1"),
    ],
)
def test_an_unusable_number_is_one_sentence(page, app, label, typed, sentence):
    page.goto(f"{app.url}/Runs")
    page.get_by_text("Settings", exact=True).click()
    field = page.get_by_role("spinbutton", name=label)
    field.fill(typed)
    field.press("Enter")
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("button", name="Start this run")).to_be_disabled()
    field.fill("0.01" if "eta" in label else "11")
    field.press("Enter")
    expect(page.get_by_role("button", name="Start this run")).to_be_enabled()


def test_markup_in_a_name_and_in_a_directory_is_shown_as_text(page, app):
    (app.store.directory / "<img src=x onerror=alert(1)>").mkdir(parents=True)
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(f"{app.url}/Runs?name=<script>alert(1)</script>")
    expect(page.get_by_text("The name '<script>alert(1)</script>' contains '<'")).to_be_visible()
    tick(page)
    expect(panel(page).get_by_role("heading", name="<img src=x onerror=alert(1)>")).to_be_visible()
    expect(panel(page).get_by_text("has no readable config.json")).to_be_visible()
    assert said == []


@pytest.mark.parametrize("path", ["", "Runs"])
def test_no_page_is_wider_than_a_phone(page, app, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/{path}")
    page.get_by_role("button", name="Start t").wait_for()
    page.wait_for_timeout(1000)
    for selector in ("html", "[data-testid=stMain]"):
        wide, shown = page.locator(selector).evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= shown
