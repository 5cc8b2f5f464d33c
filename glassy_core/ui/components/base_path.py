"""Where the app is served: below the server's root, or a prefix that its settings name."""

from __future__ import annotations

import streamlit as st


def base_path() -> str:
    """'' or '/prefix', before an address that begins with a slash."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
