"""plotly.min.js for the browser: the file that the plotly wheel ships, so that nothing comes from the network."""

from __future__ import annotations

from pathlib import Path

import plotly
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOADER = (Path(__file__).resolve().parent / "plotly.js").read_text()
FILE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
KEPT = {"cache-control": "public, max-age=31536000, immutable"}  # for good: its version is in its address

AHEAD = """
export default ({ data }) => {
  const waiting = setTimeout(() => loadPlotly(data.plotly).catch(() => {}), 1000 * data.after)
  return () => clearTimeout(waiting)
}
"""
_ahead = st.components.v2.component("glassy_plotly", js=LOADER + AHEAD)


def load_ahead(after: float = 0.0) -> None:
    """Have the browser parse it before a figure asks for it; after: seconds that the page has for itself first.

    It takes half a second, in which the browser draws nothing else.
    """
    _ahead(key="plotly", data={"plotly": url(), "after": after})


def url() -> str:
    """Where the server hands it out."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' if base else ''}{base}/plotly-{plotly.__version__}.min.js"


class PlotlyFile:
    """Hands out the file, and has the browser fetch it with every page's first bytes, or from what it has kept.

    A component's file, as Streamlit serves it, is compressed and sent anew whenever a page is loaded: 5 MB each time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("link", f"<{url()}>; rel=preload; as=script")
            await send(message)

        if scope["type"] == "http" and scope["path"] == url():
            await FileResponse(FILE, media_type="text/javascript", headers=KEPT)(scope, receive, send)
        else:
            await self._app(scope, receive, with_link)


MIDDLEWARE = (Middleware(PlotlyFile),)  # of every server of these pages
