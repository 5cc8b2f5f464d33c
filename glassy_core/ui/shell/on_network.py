"""The server of `python -m glassy_core class`: the app, with guards before its sockets and its place for files."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.bootstrap import load_config_options

from glassy_core import processes
from glassy_core.classroom import EVERYWHERE, PORT
from glassy_core.files import ROOT
from glassy_core.ui import MIDDLEWARE, opening
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.connections import Bounded, log_seldom
from glassy_core.ui.shell.turns import TakingTurns

# Streamlit's own protections stay on whatever a user's own settings say. Other names for this machine are welcome,
# because nobody knows how a class will call it; what they lead to is a visitor's.
OPTIONS = {
    "server.address": EVERYWHERE,
    "server.allowedHosts": ["*"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "client.showErrorDetails": "none",
}
MOST_CONNECTIONS = 4096  # a hundred visitors have some four hundred
DESCRIPTORS = 2 * MOST_CONNECTIONS  # the store's files are among them, and what is accepted and closed at once
LARGEST_MESSAGE = 1_000_000  # bytes, from a browser: what a visitor types or clicks; files come another way
PING = 30.0  # seconds, Streamlit's own
_UPLOADS = "/_stcore/upload_file/"


class OnlyThePresenterUploads:
    """Refuses a file from any session that has not given the passphrase.

    A page that draws no place for a file does not keep anybody from sending one to the server, which would hold it in
    memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            _, found, rest = scope["path"].partition(_UPLOADS)
            if found and not presenter.may_upload(rest.split("/")[0]):
                await PlainTextResponse(presenter.REFUSAL, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


@asynccontextmanager
async def _opening(app: st.App) -> AsyncIterator[None]:
    log_seldom()
    async with opening(app):
        yield


def serve(port: int) -> None:
    """Serve the class until asked to end."""
    load_config_options(OPTIONS | {"server.port": port})
    app = st.App(
        ROOT / "app.py",
        middleware=[*MIDDLEWARE, Middleware(OnlyThePresenterUploads), Middleware(TakingTurns)],
        lifespan=_opening,
    )
    most = min(MOST_CONNECTIONS, processes.raise_descriptors(DESCRIPTORS) // 2)
    uvicorn.run(
        app,
        host=EVERYWHERE,
        port=port,
        http=partial(Bounded, most_in_all=most),  # type: ignore[arg-type]  # called as the class would be
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        ws_per_message_deflate=False,
        backlog=most // 4,  # accepted in one go; what is too many is closed two rounds of the event loop later
        access_log=False,
        use_colors=False,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else PORT)
