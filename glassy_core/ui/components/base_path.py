"""Where the app is served: below the server's root, or a prefix that its settings name.

A proxy may put another prefix before it and take that away again, as JupyterHub's does: the server then knows nothing
of it, so what a browser is told to fetch is relative to the page. All pages lie side by side.
"""

from __future__ import annotations

import streamlit as st


def base_path() -> str:
    """'' or '/prefix', before an address that begins with a slash."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def below_base(path: str) -> str:
    """The part of a request's path that is the app's own, as a page's relative addresses have it."""
    return path.removeprefix(base_path()).removeprefix("/")
