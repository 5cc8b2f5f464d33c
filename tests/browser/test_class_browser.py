"""A class in real browsers: the presenter acts, the visitors look and listen, and no file of theirs is taken."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from glassy_core.runs.store import RunStore
from tests.singers import add_singer
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


@pytest.fixture
def tab(chromium):
    """tab() -> (a browser of its own, the session ids that the server told it)"""
    contexts = []

    def tab():
        context = chromium.new_context(viewport={"width": 1280, "height": 1400})
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


def test_a_class(tmp_path, tab):
    store = RunStore(tmp_path)
    add_singer(store)
    with served(tmp_path, for_a_class=True) as (port, _):
        url = f"http://127.0.0.1:{port}"
        (visitor, of_visitor), (presenter, of_presenter) = tab(), tab()
        for page in (visitor, presenter):
            page.goto(url)
            expect(page.get_by_role("heading", name="Latest runs")).to_be_visible(timeout=150_000)
            expect(page.get_by_role("button", name="Start the class trio")).not_to_be_visible()
        presenter.get_by_role("button", name="Presenter").click()
        presenter.get_by_label("Passphrase").fill(PASSPHRASE)
        presenter.get_by_role("button", name="Unlock").click()
        expect(presenter.get_by_role("button", name="Start the class trio")).to_be_enabled(timeout=150_000)

        # A file sent past the page, with the token and the session that the browser has.
        expect(visitor.get_by_role("button", name="Start the class trio")).not_to_be_visible()
        assert [tuple(visitor.evaluate(SEND, [s, 10])) for s in dict.fromkeys(of_visitor)].count((403, True)) > 0
        assert 204 not in [visitor.evaluate(SEND, [s, 10])[0] for s in dict.fromkeys(of_visitor)]
        assert 204 in [presenter.evaluate(SEND, [s, 10])[0] for s in dict.fromkeys(of_presenter)]
        assert 413 in [presenter.evaluate(SEND, [s, 7_000_000])[0] for s in dict.fromkeys(of_presenter)]

        presenter.get_by_role("link", name="Playground").first.click()
        presenter.get_by_role("button", name="Predict first").click()
        for width in ("24", "30"):  # one bet a browser, a page that is loaded again included
            visitor.goto(f"{url}/Playground")
            visitor.get_by_role("radio", name=width, exact=True).click()
            expect(visitor.get_by_text("1 bet so far.")).to_be_visible()
        expect(presenter.get_by_text("1 bet so far.")).to_be_visible()

        visitor.goto(f"{url}/Chorales?view=quiz")
        expect(visitor.get_by_text("as soon as the presenter asks")).to_be_visible(timeout=150_000)
        expect(visitor.get_by_role("button", name="Ask the class")).not_to_be_visible()
        assert len(store.runs()) == 1
