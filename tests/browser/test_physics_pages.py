"""Critical width and Aging in a real browser, on runs made by formula and on one that really trains."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from glassy_core.presets import CLASS_AGING
from tests.browser.steps import SOON
from tests.made_runs import write_aging, write_sweep

ALL_DRAWN = """(count) => {
  const figures = [...document.querySelectorAll(".glassy-figure")]
  return figures.length === count && figures.every((figure) => Number(figure.dataset.draws) > 0)
}"""
SHOWN = """() => [...document.querySelectorAll(".glassy-figure")].filter((figure) => figure.clientWidth)"""
TRACES = """(kind) => [...document.querySelectorAll(".glassy-plot")].flatMap((plot) =>
  (plot._fullData ?? []).filter((trace) => trace.meta === kind).map((trace) => [...(trace.x ?? [])]))"""
CURVES_SHOWN = f"""() => ({SHOWN})().flatMap((figure) =>
  figure.querySelector(".glassy-plot")._fullData.filter((trace) => trace.meta === "delta"))"""
PARTS = [  # (its name, figures, curves of Delta in them)
    ("After a waiting time", 3, 12),
    ("The noise of the gradient", 2, 0),
    ("How Δ grows", 2, 8),
    ("Which weights move", 3, 0),
    ("The collapse", 4, 12),
]
TARGETS = """() => ["[data-tag]", "[data-tag] button", "[data-testid=stMultiSelect] [role=group] > button",
  "[data-testid=stSlider] [role=group]", "[data-testid=stSelectbox] [role=group]", "[data-testid^=stNumberInputStep]",
  "[data-testid=stButtonGroup] button[data-variant]", "[data-testid=stTab]"].flatMap((what) =>
  [...document.querySelectorAll(`[data-testid=stMain] ${what}`)].filter((target) => target.clientWidth)
    .map((target) => [what, target.getBoundingClientRect().height]))"""
OVERFLOW = """() => {
  const main = document.querySelector("[data-testid=stMain]")
  return main.scrollWidth - main.clientWidth
}"""


@pytest.fixture
def complaints(page):
    """What the browser's console calls an error."""
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(f"{message.text} {message.location}"))
    return said


def open_page(app, page, title):
    page.goto(app.url)
    page.get_by_test_id("stPageLink").get_by_text(title, exact=True).first.click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def wait_for_figures(page, count):
    page.wait_for_function(ALL_DRAWN, arg=count, timeout=SOON)


def test_the_critical_width_page(app, page, complaints):
    write_sweep(app.store, seeds=(0,))
    open_page(app, page, "Critical width")
    wait_for_figures(page, 3)
    assert len(page.evaluate(TRACES, "points")) == 10
    assert all(page.evaluate(TRACES, "fit"))
    page.get_by_role("button", name="0.02", exact=True).click()
    page.wait_for_function(f"() => ({TRACES})('points').length === 8")
    assert "thresholds" in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="Learning times as CSV").click()
    assert "tau_star" in download.value.path().read_text(encoding="utf-8")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function(f"() => ({OVERFLOW})() <= 0")
    assert complaints == []


def test_one_click_sweeps_and_the_figure_grows(app, page, complaints):
    open_page(app, page, "Critical width")
    for label, text in (("Depths d", "1"), ("Widths w", "6 8"), ("Seeds", "0")):
        page.get_by_label(label).fill(text)
        page.get_by_label(label).press("Enter")
    page.get_by_label("Steps of each run").fill("600")
    page.get_by_label("Steps of each run").press("Enter")
    page.get_by_role("button", name="Start the sweep of 2 runs").click()
    expect(page.get_by_text("Queued 2 runs.")).to_be_visible()
    expect(page.get_by_text("The sweep: 2 of 2 runs finished")).to_be_visible(timeout=4 * SOON)
    page.wait_for_function(f"() => ({TRACES})('censored').flat().length === 10", timeout=SOON)  # 2 runs, 5 thresholds
    assert complaints == []


def test_the_aging_page(app, page, complaints):
    for key in CLASS_AGING:
        write_aging(app.store, key)
    open_page(app, page, "Aging")
    for name, figures, curves in PARTS:
        page.get_by_role("tab", name=name).click()  # what is not shown is not drawn
        panel = page.get_by_role("tabpanel", name=name)
        expect(panel.locator(".glassy-figure[data-draws]")).to_have_count(figures, timeout=SOON)
        expect(panel.locator(".glassy-figure")).to_have_count(figures)
        assert len(page.evaluate(CURVES_SHOWN)) == curves, name

    slider = page.get_by_role("slider", name="μ, the power of the waiting time in x")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_url("**mu=0.95**")

    begun = "() => { const plot = " + f"({SHOWN})()[0].querySelector('.glassy-plot'); "
    begun += "return plot._fullData.filter((trace) => trace.meta === 'delta').map((trace) => trace.x[0]) }"
    before, box = page.evaluate(begun), slider.locator("xpath=../..").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_function(f"(before) => ({begun})()[1] > 1.05 * before", arg=before[1])  # not let go yet
    page.mouse.up()
    page.wait_for_function("() => !location.search.includes('mu=0.95')")

    page.get_by_role("tab", name="How Δ grows").click()
    handle = page.get_by_role("slider", name="End of the window").first
    handle.focus()
    for _ in range(5):
        handle.press("ArrowLeft")
    page.wait_for_url("**power_to=**")
    end = page.get_by_label("to", exact=True).first
    expect(end).not_to_have_value("6.00")
    assert 1 < float(end.input_value()) < 6

    page.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function(f"() => ({OVERFLOW})() <= 0")
    heights = page.evaluate(TARGETS)
    assert len(heights) >= 12
    assert {what for what, height in heights if height < 44} == set()
    assert complaints == []
