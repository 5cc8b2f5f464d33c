"""One vote a browser, whichever of its tabs, loaded however often."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from glassy_core.ui.shell import voter
from glassy_core.ui.shell.voter import COOKIE, KnownBrowser


def cookie_of(answer, sent="", accept="text/html,*/*"):
    """What a browser that sends these cookies is told to keep, "" for nothing."""
    headers = [(b"cookie", sent.encode()), (b"accept", accept.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    messages = []

    async def send(message):
        messages.append(message)

    with ThreadPoolExecutor(1) as apart:  # the browser's tests leave a loop running in this thread
        apart.submit(asyncio.run, KnownBrowser(answer)(scope, None, send)).result()
    return dict(messages[0]["headers"]).get(b"set-cookie", b"").decode()


def test_a_browser_is_given_one_word_with_its_first_page():
    page = HTMLResponse("<p>a page</p>")
    told = cookie_of(page)
    assert told.startswith(f"{COOKIE}=")
    assert all(word in told for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert cookie_of(page, told.split(";")[0]) == ""
    assert cookie_of(HTMLResponse("")) != told
    assert cookie_of(Response(status_code=304)) != ""  # the page is in its cache, its cookies are not
    assert cookie_of(PlainTextResponse("a script"), accept="*/*") == ""


@pytest.mark.parametrize("sent", ["x" * 5000, ""])
def test_whatever_a_browser_sends_is_a_short_word(monkeypatch, sent):
    monkeypatch.setattr(voter.st, "context", type("Context", (), {"cookies": {COOKIE: sent}}))
    monkeypatch.setattr(voter.st, "session_state", {})
    assert 1 <= len(voter.voter()) <= 64
