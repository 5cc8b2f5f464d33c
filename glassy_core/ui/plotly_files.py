"""plotly.min.js for the browser: the file that the plotly wheel ships, so that nothing comes from the network."""

from __future__ import annotations

from pathlib import Path

import plotly
import streamlit as st
from streamlit.components.v1 import declare_component

LOADER = (Path(__file__).resolve().parent / "plotly.js").read_text()

# Only a way to have the server hand out a folder of files: the wheel's, with plotly.min.js in it.
_files = declare_component("plotly_files", path=str(Path(plotly.__file__).parent / "package_data"))
_ahead = st.components.v2.component(
    "glassy_plotly", js=LOADER + "export default ({ data }) => void loadPlotly(data.plotly).catch(() => {})"
)


def load_ahead() -> None:
    """Have the browser fetch and parse it now: that takes a second, in which the page is still being made."""
    _ahead(key="plotly", data={"plotly": url()})


def url() -> str:
    """Where the server hands it out."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' if base else ''}{base}/component/{_files.name}/plotly.min.js?v={plotly.__version__}"
