"""What `python -m glassy_core class` serves: the app, with a guard before Streamlit's place for uploaded files.

A page that draws no place for a file does not keep anybody from sending one to the server, which would hold it in
memory. Here only the presenter's browser is listened to.
"""

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from glassy_core.ui import MIDDLEWARE, opening
from glassy_core.ui.shell import presenter

_UPLOADS = "/_stcore/upload_file/"


class OnlyThePresenterUploads:
    """Refuses a file from any session that has not given the passphrase."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            _, found, rest = scope["path"].partition(_UPLOADS)
            if found and not presenter.may_upload(rest.split("/")[0]):
                await PlainTextResponse(presenter.REFUSAL, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


app = st.App("../../../app.py", middleware=[*MIDDLEWARE, Middleware(OnlyThePresenterUploads)], lifespan=opening)
