"""One walk through the app, as a reader takes it: start, watch, zoom, reload, stop, resume, delete."""

from playwright.sync_api import expect

from glassy_core.editions.loading import load_edition
from glassy_core.music.atlas.grid import EDITION, Coordinates
from glassy_core.runs import checkpoints
from glassy_core.training.records import fresh
from tests.browser.steps import SOON, choose_preset, expect_status, press, start, tick
from tests.processes import in_time

PLOT = "document.querySelector('.glassy-plot')"
POINTS = f"() => Math.max(0, ...({PLOT}?._fullData ?? []).filter(t => t.meta === 'training').map(t => t.x.length))"
RANGE = f"() => {PLOT}._fullLayout.xaxis.range.map(Number)"
DRAWS = "() => Number(document.querySelector('.glassy-figure').dataset.draws)"


def wait_until(page, script, least):
    page.wait_for_function(f"(least) => ({script})() >= least", arg=least, timeout=SOON)


def open_page(page, title):
    page.get_by_test_id("stPageLink").get_by_text(title, exact=True).first.click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def zoom(page):
    """Drag over the middle of the plot."""
    box = page.locator(".glassy-plot .nsewdrag").first.bounding_box()
    x, y = box["x"], box["y"]
    page.mouse.move(x + 0.3 * box["width"], y + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(x + 0.8 * box["width"], y + 0.7 * box["height"], steps=8)
    page.mouse.up()


def test_the_whole_walk(page, app):
    page.goto(app.url)
    open_page(page, "Runs")
    choose_preset(page, "Class world, near: w = 24")
    start(page, "near")
    run = app.only_run()

    open_page(page, "Learning curves")
    wait_until(page, POINTS, 10)
    points = page.evaluate(POINTS)
    wait_until(page, POINTS, points + 5)  # it grows by itself

    whole = page.evaluate(RANGE)
    zoom(page)
    page.wait_for_function(f"(whole) => JSON.stringify(({RANGE})()) !== JSON.stringify(whole)", arg=whole)
    zoomed = page.evaluate(RANGE)
    assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
    for _ in range(3):
        points, draws = page.evaluate(POINTS), page.evaluate(DRAWS)
        wait_until(page, DRAWS, draws + 1)
        wait_until(page, POINTS, points + 1)
        assert page.evaluate(RANGE) == zoomed

    page.reload()
    wait_until(page, POINTS, points)  # nothing of the curve is lost
    open_page(page, "Runs")
    tick(page)
    expect_status(page, "running")
    press(page, "Stop")
    expect_status(page, "stopped")
    step = run.state().step

    press(page, "Resume")
    expect_status(page, "running")
    app.wait_for(run, "running")
    assert in_time(lambda: run.state().step > step, 180)
    steps = [record["step"] for _, record in run.metrics()]
    assert steps == sorted(set(steps))  # resumed without a gap or a repetition
    press(page, "Stop")
    expect_status(page, "stopped")
    assert run.state().step > step

    press(page, "Delete")
    expect(page.get_by_text("Deleted near.")).to_be_visible()
    assert app.store.runs() == []
    assert [gone.id for gone in app.store.deleted()] == [run.id]


def test_from_the_playground_to_what_was_trained_there_and_back_in_one_step_each(page, app):
    network = Coordinates(8, 2, 24, 0)
    run = app.store.create(network.config, load_edition(EDITION).digest, "paused")  # no worker takes it up meanwhile
    checkpoints.write(run.checkpoints, fresh(network.config))
    page.goto(f"{app.url}/Playground")
    roll = page.locator(".playground[data-ready] .roll")
    roll.press("PageUp")
    expect(roll).to_have_attribute("aria-valuetext", "chord 5 of 48")
    expect(page.locator(".listen")).to_have_text("♪ Listening")
    for link, title in (("Open it on Chorales", "Chorales"), ("Open it on Learning curves", "Learning curves")):
        page.wait_for_url("**/Playground?w=24**")
        page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        assert f"run={run.id}" in page.url
        page.wait_for_timeout(1000)  # what the page would still write into the address
        page.go_back()
        expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
        page.wait_for_timeout(1000)
