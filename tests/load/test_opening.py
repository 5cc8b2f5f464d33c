"""The first minute on a new machine: every page of the gallery shows its figure at once."""

from __future__ import annotations

import shutil
import time

import pytest

from glassy_core.gallery import SUFFIX
from glassy_core.runs import DEFAULT_DIRECTORY
from tests.browser.conftest import App
from tests.load.conftest import slowness

SECONDS = 3.0
FIGURES = {  # page -> what shows that its finished figure is there
    "": ".glassy-card-curve, [class*='st-key-card-'] img",
    "Runs": "[data-testid=stDataFrame] canvas",
    "Learning_curves": ".glassy-plot .scatterlayer path.js-line",
    "Critical_width": ".glassy-plot .scatterlayer path.js-line",
    "Aging": ".glassy-plot .scatterlayer path.js-line",
    "Chorales": ".play",
    "Paper": ".glassy-plot .scatterlayer path.js-line",
    "Present?slide=3": ".glassy-plot .scatterlayer path.js-line",
}


@pytest.mark.browser
def test_every_page_shows_a_finished_figure_within_three_seconds(chromium, tmp_path):
    for attempt in range(3):  # the quickest of three new starts: other work of the machine must not count
        allowed = SECONDS * slowness()
        app = App(tmp_path / str(attempt))
        for path in DEFAULT_DIRECTORY.glob(f"*{SUFFIX}"):
            shutil.copytree(path, app.store.directory / path.name)
        app.start()
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        try:
            taken = {path: _opened(page, f"{app.url}/{path}", what) for path, what in FIGURES.items()}
        finally:
            context.close()
            app.close()
        print("Seconds until the figure is there: " + ", ".join(f"{p or 'Home'} {t:.1f}" for p, t in taken.items()))
        if max(taken.values()) < allowed:
            return
    pytest.fail(f"A page took {max(taken.values()):.1f} s to show its figure, not {allowed:.1f}.")


def _opened(page, url, what):
    """Seconds from asking for a page until its figure is drawn."""
    begun = time.monotonic()
    page.goto(url, timeout=60_000)
    page.locator(what).first.wait_for(state="attached", timeout=60_000)
    return time.monotonic() - begun
