"""What the server does beside Streamlit's own part: it says where it is, and hands out files that browsers keep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.cli_util import open_browser
from streamlit.net_util import get_internal_ip
from streamlit.web.server.server_util import get_url

from glassy_core.classroom import EVERYWHERE
from glassy_core.ui.components import atlas_files, instrument_files
from glassy_core.ui.components.base_path import below_base
from glassy_core.ui.components.live_figure import CODE
from glassy_core.ui.components.plotly_files import FILE, url
from glassy_core.ui.shell.frame import WRONG, address_of, pages
from glassy_core.ui.shell.voter import KnownBrowser

_KEPT = {"cache-control": "public, max-age=31536000, immutable"}  # for good: the file's version is in its address
_NO_FIGURES = ("/Playground", "/Chorales")  # how the addresses of pages end that need no plotting library at first
_SOON = 0.5  # seconds after which the server listens


@asynccontextmanager
async def opening(_app: st.App) -> AsyncIterator[None]:
    """Say where the app is, and open the browser there unless the server is headless.

    Streamlit opens none for an app with parts of its own. Its welcome, which .streamlit/config.toml switches off,
    would ask the network who this machine is, and advertise.
    """
    address = str(st.get_option("server.address") or EVERYWHERE)
    here = get_url("localhost" if address == EVERYWHERE else address)
    print(f"\n  glassy is at {here}", flush=True)
    if address == EVERYWHERE and (known := get_internal_ip()):
        print(f"  on the network at {get_url(known)}", flush=True)
    if not st.get_option("server.headless"):
        asyncio.get_running_loop().call_later(_SOON, open_browser, here)
    yield


class KeptFiles:
    """Hands out files that browsers keep: plotly.min.js, fetched with every page's first bytes, atlas, instruments.

    A component's file, as Streamlit serves it, is compressed and sent anew whenever a page is loaded: 5 MB each time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html") and not scope["path"].endswith(_NO_FIGURES):
                    headers.append("link", f"<{url()}>; rel=preload; as=script")
            await send(message)

        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        answer = await _kept(below_base(scope["path"])) if asked else None
        if answer is not None:
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, with_link)


async def _kept(path: str) -> Response | None:
    """The file at that address below the app's own, None where it is none of these."""
    if path == url():
        return FileResponse(FILE, media_type="text/javascript", headers=_KEPT)
    if atlas := atlas_files.file_at(path):
        return FileResponse(atlas, media_type="application/json", headers=_KEPT | {"content-encoding": "gzip"})
    if path == CODE.url:
        return Response(CODE.text, media_type="text/javascript", headers=_KEPT)
    if instrument := instrument_files.name_at(path):
        notes = await run_in_threadpool(instrument_files.content, instrument)
        return Response(notes, media_type="application/octet-stream", headers=_KEPT)
    return None


class WrongAddress:
    """Leads a browser that asks for a page which is not there to Home, which says so; other letter cases to the page.

    Streamlit's own answer is a dialog that speaks of its script.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] == "GET"
        asks = asks and "text/html" in Headers(scope=scope).get("accept", "")
        if asks and (place := better_address(scope["path"])) is not None:
            query = scope["query_string"].decode("latin-1")
            joined = f"{place}{'&' if '?' in place else '?'}{query}" if query else place
            await RedirectResponse(joined, 307)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def better_address(path: str) -> str | None:
    """Where a browser that asks for a path is led instead, relative to that; None where the path is the app's."""
    below = below_base(path)
    inside = below.strip("/")
    names = {address.lower(): address for address in map(address_of, pages())}
    is_page = inside in names.values() and not below.endswith("/")
    if not inside or is_page or "." in inside or inside.startswith(("_", "static/", "media/")):
        return None
    root = "../" * below.count("/") or "./"
    known = names.get(inside.lower().replace(" ", "_").replace("-", "_"))
    return f"{root}{known}" if known else f"{root}?{WRONG}={quote(inside[:60])}"


MIDDLEWARE = (Middleware(KeptFiles), Middleware(WrongAddress), Middleware(KnownBrowser))  # of every server
