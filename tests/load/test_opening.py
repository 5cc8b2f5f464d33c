"""The first minute on a new machine: every page of the gallery shows its figure at once."""

from __future__ import annotations

import time

import pytest

from glassy_core.runs.store import GALLERY
from tests.browser.conftest import App
from tests.load.conftest import slowness

SECONDS = 3.0
PLOT = ".glassy-plot .scatterlayer path.js-line"
FIGURES = {  # page -> what shows that it and its finished figure are there
    "Runs": ("Runs", "[data-testid=stDataFrame] canvas"),
    "Learning curves": ("Learning curves", PLOT),
    "Critical width": ("Critical width", PLOT),
    "Aging": ("Aging", PLOT),
    "Chorales": ("Chorales", ".play"),
    "Paper": ("Paper", "table.paper.overview tr.agrees"),
    "Present": (None, ".st-key-slide img"),
}


@pytest.mark.browser
def test_every_page_shows_a_finished_figure_within_three_seconds(chromium, tmp_path):
    for attempt in range(5):  # the quickest of five new starts: other work of the machine must not count
        allowed = SECONDS * slowness()
        (tmp_path / str(attempt)).mkdir()
        app = App(tmp_path / str(attempt), gallery=GALLERY)
        app.start()
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        try:
            begun = time.monotonic()
            page.goto(app.url, timeout=150_000)
            page.locator("[class*='st-key-card-'] img").first.wait_for(timeout=150_000)
            taken = {"Home": time.monotonic() - begun}
            for title, (heading, what) in FIGURES.items():
                taken[title] = _opened(page, title, heading, what)
            for title, (_, what) in FIGURES.items():
                taken[f"{title} by its address"] = _gone_to(page, f"{app.url}/{title.replace(' ', '_')}", what)
        finally:
            context.close()
            app.close()
        print("Seconds until the figure is there: " + ", ".join(f"{page} {t:.1f}" for page, t in taken.items()))
        if max(taken.values()) < allowed:
            return
    pytest.fail(f"A page took {max(taken.values()):.1f} s to show its figure, not {allowed:.1f}.")


def _gone_to(page, address, what):
    """Seconds from the address of a page until its figure is drawn; the browser has been here before."""
    begun = time.monotonic()
    page.goto(address, timeout=150_000, wait_until="commit")
    page.locator(what).first.wait_for(state="attached", timeout=150_000)
    return time.monotonic() - begun


def _opened(page, title, heading, what):
    """Seconds from a click on a page's link until its figure is drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=150_000)
    begun = time.monotonic()
    page.get_by_test_id("stPageLink").get_by_text(title, exact=True).first.click()
    if heading:
        page.get_by_role("heading", name=heading, exact=True, level=1).wait_for(timeout=150_000)
    page.locator(what).first.wait_for(state="attached", timeout=150_000)
    return time.monotonic() - begun
