"""The form of the Runs page, and Home, in a real browser where nothing is started: bad input, markup, a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import panel, tick


@pytest.fixture(scope="module")
def app(shared_app):
    """One app for all tests here: each has a browser session of its own, and no run is started."""
    return shared_app


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


@pytest.fixture
def markup(app):
    """A directory in the run store that is named with markup."""
    path = app.store.directory / "<img src=x onerror=alert(1)>"
    path.mkdir(parents=True)
    yield path
    path.rmdir()


@pytest.mark.usefixtures("markup")
def test_markup_in_a_name_and_in_a_directory_is_shown_as_text(page, app):
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
