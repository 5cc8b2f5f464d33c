"""Which browser it is, whichever of its tabs, loaded however often: it is known by a cookie for the sitting.

Its vote counts once, and the presenter's does not wait behind others.
"""

from __future__ import annotations

import secrets

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "glassy_voter"
_LONGEST = 64  # characters that are looked at: anybody may send anything


class KnownBrowser:
    """Gives a browser that comes with its first page a word drawn by chance; it forgets it when it is closed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_word(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", _cookie())
            await send(message)

        await self._app(scope, receive, with_word if scope["type"] == "http" and _is_new(scope) else send)


def _is_new(scope: Scope) -> bool:
    """Whether a browser asks for a page, in its cache or not, and has no word yet."""
    asking = HTTPConnection(scope)
    return "text/html" in asking.headers.get("accept", "") and not asking.cookies.get(COOKIE)


def word_of(asking: HTTPConnection) -> str:
    """The word of the browser that asks; "" where it keeps none."""
    return asking.cookies.get(COOKIE, "")[:_LONGEST]


def word() -> str:
    """The word of the browser of this session; "" where it keeps none."""
    kept = st.context.cookies.get(COOKIE)
    return kept[:_LONGEST] if kept and isinstance(kept, str) else ""  # outside of a browser it is no word


def voter() -> str:
    """This browser's word; this tab's where the browser keeps none."""
    return word() or str(st.session_state.setdefault(COOKIE, secrets.token_hex(8)))


def _cookie() -> str:
    return f"{COOKIE}={secrets.token_hex(8)}; HttpOnly; Path=/; SameSite=Lax"
