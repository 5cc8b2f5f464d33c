"""A lesson in real browsers: the presenter acts at a projector, two phones look and listen; no file of theirs is taken.

The times are those of docs/lesson.md, on a machine as quick as that of docs/promises.md.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from glassy_core.runs.store import GALLERY, GALLERY_VARIABLE, RunStore
from tests.load.conftest import slowness
from tests.strangers.conftest import PASSPHRASE
from tests.strangers.serving import served

SESSION = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEND = """async ([session, size]) => {
  const token = document.cookie.match(/_streamlit_xsrf=([^;]*)/)?.[1] ?? ""
  const form = new FormData()
  form.append("file", new File([new Uint8Array(size)], "../../evil.json"))
  const url = `/_stcore/upload_file/${session}/3b241101-e2bb-4255-8caf-4136c566a962`
  const headers = {"X-Xsrftoken": decodeURIComponent(token)}
  return [(await fetch(url, {method: "PUT", body: form, headers})).status, token.length > 0]
}"""


WALL, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
SEEN, PARTED, STEP = 6.0, 40.0, 1.5  # seconds
PLOT = ".glassy-plot .scatterlayer path.js-line"
STEPS = {  # of the lesson: page -> what the presenter waits for
    "Learning curves": PLOT, "Critical width": PLOT, "Aging": PLOT, "Chorales": ".play",
    "Playground": ".playground[data-ready]",
}  # fmt: skip
TRIO = """() => (document.querySelector(".glassy-plot")?._fullData ?? [])
  .filter(({ meta, name }) => meta === "training" && /^(under|near|over)/.test(name))"""
# They part while each is shown as far as the slowest has come.
PART = f"""() => {{
  const last = Object.fromEntries(({TRIO})().map(({{ name, y }}) => [name.split(" ")[0], y.at(-1)]))
  return last.under > 2 * last.near && last.near > 1.5 * last.over
}}"""
JOINED = """() => ["under", "near", "over"].every((name) =>
  [...document.querySelectorAll(".glassy-plot .legendtext")].some((text) => text.textContent.startsWith(name)))"""


@pytest.fixture
def tab(chromium):
    """tab(its viewport) -> (a browser of its own, the session ids that the server told it)"""
    contexts = []

    def tab(viewport):
        context = chromium.new_context(viewport=viewport, has_touch=viewport == PHONE, is_mobile=viewport == PHONE)
        context.set_default_timeout(150_000)
        contexts.append(context)
        page, sessions = context.new_page(), []

        def heard(frame):
            sessions.extend(found.decode() for found in SESSION.findall(frame if isinstance(frame, bytes) else b""))

        page.on("websocket", lambda socket: socket.on("framereceived", heard))
        return page, sessions

    yield tab
    for context in contexts:
        context.close()


@contextmanager
def within(seconds, what):
    """What is done here takes no longer, by this machine's measure; what: printed with the time."""
    before, begun = slowness(), time.monotonic()
    yield
    taken = time.monotonic() - begun
    slow = max(before, slowness())
    print(f"{what}: {taken:.1f} s, on a machine {slow:.1f} times as slow")
    assert taken < seconds * slow, what


def in_first_screen(page, element):
    """Whether all of an element is seen of a page that nobody has scrolled."""
    box, scrolled = element.bounding_box(), page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    return scrolled == 0 and box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def unlock(page):
    """Give the passphrase; a page that is loaded anew wants it again."""
    page.get_by_role("button", name="Presenter").click()
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Unlock").click()


def go(page, title):
    """Seconds from the press on a page's link until what is waited for there is drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    begun = time.monotonic()
    page.get_by_test_id("stPageLink").get_by_text(title, exact=True).first.click()
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    page.locator(STEPS[title]).first.wait_for(state="attached")
    return time.monotonic() - begun


@pytest.mark.browser
def test_a_lesson(tmp_path, tab, monkeypatch):
    monkeypatch.setenv(GALLERY_VARIABLE, str(GALLERY))
    store = RunStore(tmp_path)
    with served(tmp_path, for_a_class=True) as (port, _):
        url = f"http://127.0.0.1:{port}"
        (presenter, of_presenter), (phone, of_phone), (other, _) = tab(WALL), tab(PHONE), tab(PHONE)
        for page in (phone, presenter):
            page.goto(url)
            expect(page.get_by_role("heading", name="Latest runs")).to_be_visible()
            expect(page.get_by_role("button", name="Start the class trio")).not_to_be_visible()
        other.goto(f"{url}/Learning_curves")
        other.locator(PLOT).first.wait_for()
        unlock(presenter)
        expect(presenter.get_by_role("button", name="Start the class trio")).to_be_enabled()

        # A file sent past the page, with the token and the session that the browser has.
        assert [tuple(phone.evaluate(SEND, [s, 10])) for s in dict.fromkeys(of_phone)].count((403, True)) > 0
        assert 204 not in [phone.evaluate(SEND, [s, 10])[0] for s in dict.fromkeys(of_phone)]
        assert 204 in [presenter.evaluate(SEND, [s, 10])[0] for s in dict.fromkeys(of_presenter)]
        assert 413 in [presenter.evaluate(SEND, [s, 22_000_000])[0] for s in dict.fromkeys(of_presenter)]
        assert store.runs() == []

        presenter.keyboard.press("Escape")  # the field of the passphrase
        with within(PARTED, "the three have parted"):
            with within(SEEN, "the start is seen on both phones"):
                presenter.get_by_role("button", name="Start the class trio").click()
                expect(phone.get_by_role("heading", name="Running now")).to_be_visible()
                other.wait_for_function(JOINED, polling=200)
            for page in (phone, presenter):  # a class draws on machines of its own
                page.goto("about:blank")
            other.wait_for_function(PART, polling=500)
        presenter.goto(url)
        unlock(presenter)
        expect(presenter.get_by_role("button", name="Start the class trio")).to_be_enabled()
        presenter.keyboard.press("Escape")
        assert in_first_screen(other, other.locator(".glassy-plot .nsewdrag").first)
        assert len(store.runs()) == 3

        for title in STEPS:  # cold
            go(presenter, title)
        taken = {title: [] for title in STEPS}
        for _ in range(4):  # the quickest of four: other work of the machine must not count
            for title, seconds in taken.items():
                seconds.append(go(presenter, title))
            if max(map(min, taken.values())) < STEP * slowness():
                break
        print("Steps of the lesson, warm: " + ", ".join(f"{title} {min(t):.1f} s" for title, t in taken.items()))
        assert max(map(min, taken.values())) < STEP * slowness()
        go(presenter, "Learning curves")
        assert in_first_screen(presenter, presenter.locator(".glassy-plot .nsewdrag").first)

        go(presenter, "Playground")
        phone.goto(f"{url}/Playground")
        phone.locator(".playground[data-ready]").wait_for()
        for page in (presenter, phone):
            for button in (".play", ".listen"):
                assert in_first_screen(page, page.locator(button))
        with within(SEEN, "the question is on the phone"):
            presenter.get_by_role("button", name="Predict first").click()
            expect(phone.get_by_role("radio", name="24", exact=True)).to_be_visible()
        phone.get_by_role("radio", name="24", exact=True).click()
        expect(phone.get_by_text("1 bet so far.")).to_be_visible()
        phone.reload()  # one bet a browser all the same
        phone.get_by_role("radio", name="30", exact=True).click()
        expect(phone.get_by_text("1 bet so far.")).to_be_visible()
        expect(presenter.get_by_text("1 bet so far.")).to_be_visible()
        assert in_first_screen(presenter, presenter.get_by_text("1 bet so far."))

        presenter.goto(f"{url}/Chorales?view=quiz")
        unlock(presenter)
        expect(presenter.get_by_role("button", name="Ask the class")).to_be_enabled()
        presenter.keyboard.press("Escape")
        for page in (phone, other):
            page.goto(f"{url}/Chorales?view=quiz")
            expect(page.get_by_text("as soon as the presenter asks")).to_be_visible()
            expect(page.get_by_role("button", name="Ask the class")).not_to_be_visible()
        with within(SEEN, "the pair is on both phones"):
            presenter.get_by_role("button", name="Ask the class").click()
            for page in (phone, other):
                expect(page.get_by_role("button", name="A is ")).to_be_visible()
        for page in (phone, other):
            assert in_first_screen(page, page.get_by_role("button", name="A is "))
            page.get_by_role("button", name="A is ").click()
        with within(SEEN, "both votes are on the wall"):
            expect(presenter.get_by_text("2 votes so far.")).to_be_visible()
        assert in_first_screen(presenter, presenter.get_by_text("2 votes so far."))
        assert in_first_screen(presenter, presenter.get_by_role("button", name="Show the answer"))
