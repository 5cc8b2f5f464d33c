"""Whose vote it is: one browser's, whichever of its tabs, loaded however often, by a cookie for the sitting."""

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
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie())
            await send(message)

        known = scope["type"] != "http" or HTTPConnection(scope).cookies.get(COOKIE)
        await self._app(scope, receive, send if known else with_word)


def voter() -> str:
    """This browser's word; this tab's where the browser keeps none."""
    kept = st.context.cookies.get(COOKIE)
    if kept and isinstance(kept, str):  # outside of a browser it is no word
        return kept[:_LONGEST]
    return str(st.session_state.setdefault(COOKIE, secrets.token_hex(8)))


def _cookie() -> str:
    return f"{COOKIE}={secrets.token_hex(8)}; HttpOnly; Path=/; SameSite=Lax"
