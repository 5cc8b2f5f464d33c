"""plotly.min.js for the browser: the file that the plotly wheel ships, so that nothing comes from the network."""

from __future__ import annotations

from pathlib import Path

import plotly
import streamlit as st

LOADER = (Path(__file__).resolve().parent / "plotly.js").read_text(encoding="utf-8")
FILE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

_AHEAD = """
export default ({ data }) => {
  const waiting = setTimeout(() => loadPlotly(data.plotly).catch(() => {}), 1000 * data.after)
  return () => clearTimeout(waiting)
}
"""
_ahead = st.components.v2.component("glassy_plotly", js=LOADER + _AHEAD)


def load_ahead(after: float) -> None:
    """Have the browser parse it before a figure asks for it; after: seconds that the page has for itself first.

    It takes half a second, in which the browser draws nothing else.
    """
    _ahead(key="plotly", data={"plotly": url(), "after": after})


def url() -> str:
    """Where the server hands it out, see serving.py; relative to any page."""
    return f"plotly-{plotly.__version__}.min.js"
