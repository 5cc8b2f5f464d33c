"""A Plotly figure that keeps zoom and legend while its data change: a component that calls Plotly.react.

Streamlit's own chart is rebuilt at every refresh. This one hands the figure to plotly.min.js, which the plotly
wheel ships, so nothing comes from the network. It follows the theme, and may carry a window: a pair of
vertical lines that the reader drags along x.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly
from streamlit.runtime.scriptrunner import get_script_run_ctx

from glassy_core.figures.style import ROOM, template
from glassy_core.ui.components.component_code import FETCHED, Code, scripts
from glassy_core.ui.components.figure_news import news
from glassy_core.ui.components.plotly_files import LOADER, url

HERE = Path(__file__).resolve().parent
XRange = tuple[float, float]
_SENT = "sent_figure"  # begins the keys of the last drawing that a browser was sent, with its number
_WHOLE = 2.0**24  # below it float32 has every whole number


@dataclass(frozen=True)
class DraggedSlider:
    """A slider of the page whose value v moves lines while it is dragged: x becomes x s^(at - v).

    key: the slider's. at: the value that the figure was drawn at. scales: s by uid of the line; ends: the first x, the
    last x and s of each line by which the axis is chosen, of all panels that share it; log: whether it is logarithmic.
    A shape named "slider" stands at v.
    grid, places: values of v, and by uid x and y of a line at each of them: the line is drawn as at the nearest one.
    """

    key: str
    at: float
    scales: Mapping[str, float] = field(default_factory=dict)
    ends: tuple[tuple[float, float, float], ...] = ()
    log: bool = True
    grid: Sequence[float] = ()
    places: Mapping[str, Any] = field(default_factory=dict)


_HTML = """
<div class="glassy-figure">
  <div class="glassy-stage">
    <div class="glassy-plot"></div>
    <div class="glassy-handle" data-end="0"></div>
    <div class="glassy-handle" data-end="1"></div>
  </div>
  <p class="glassy-trouble" role="alert"></p>
</div>
"""
_CSS = """
.glassy-figure { position: relative; width: 100%; font-family: var(--st-font); }
.glassy-stage { position: absolute; left: 0; top: 0; transform-origin: 0 0; }
.glassy-plot .shape-label text {
  paint-order: stroke; stroke: var(--st-background-color); stroke-width: 4px; stroke-linejoin: round;
}
.glassy-names {
  position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; pointer-events: none;
  font-family: var(--st-font);
}
.glassy-names text { pointer-events: auto; cursor: default; }
.glassy-names path { fill: none; stroke-opacity: 0.5; stroke-dasharray: 2 2; }
.glassy-dragged {
  position: absolute; left: 90px; bottom: 70px; margin: 0; display: grid; pointer-events: none;
  font: 600 15px var(--st-font);
}
.glassy-trouble { position: relative; z-index: 3; color: var(--st-red-text-color); }
.glassy-trouble:empty, .glassy-handle { display: none; }
.glassy-handle {
  position: absolute; width: 16px; margin-left: -8px; cursor: ew-resize; touch-action: none; z-index: 2;
}
.glassy-handle::before {
  content: ""; position: absolute; left: 7px; width: 2px; top: 0; bottom: 0; background: var(--st-primary-color);
}
.glassy-handle::after {
  content: ""; position: absolute; left: 3px; top: calc(50% - 14px); width: 10px; height: 28px; border-radius: 5px;
  background: var(--st-primary-color);
}
.glassy-handle:focus-visible { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
@media (pointer: coarse) {
  .glassy-plot .draglayer * { touch-action: pan-y !important; }
  .glassy-plot .modebar-btn {
    min-width: 44px; min-height: 44px; display: inline-flex !important; align-items: center; justify-content: center;
  }
  .glassy-handle { width: 44px; margin-left: -22px; }
  .glassy-handle::before { left: 21px; }
  .glassy-handle::after { left: 17px; }
}
"""
# For plots less than _NARROW pixels wide: the legend goes below, margins and letters shrink (letters set large for
# a wall only as far as the width asks for it). On a phone so does the height, to a part of it, not below the least.
_NARROW = 600
_NARROW_LAYOUT = {
    "margin": {"l": 62, "r": 8, "t": 36, "b": 90},
    "font": {"size": 12},
    "legend": {"orientation": "h", "x": 0, "y": -0.26, "xanchor": "left", "yanchor": "top"},
}

_SCRIPTS = ("growth.js", "lines.js", "view_address.js", "slide.js", "window_fit.js", "figure_news.js", "live_figure.js")

# What no refresh need send again.
_ALWAYS = "".join(
    f"const {name} = {json.dumps(value)}\n"
    for name, value in (
        ("TEMPLATES", {theme: template(theme).to_plotly_json() for theme in ("light", "dark")}),
        ("NARROW", {"below": _NARROW, "layout": _NARROW_LAYOUT, "part": 0.8, "least": 400, "entries": 96}),
    )
)
CODE = Code("figure", LOADER + _ALWAYS + scripts(*(HERE / name for name in _SCRIPTS)))
# Plotly.react works in the page's own document, not in a shadow root: its styles are global ones.
_component = st.components.v2.component(
    "glassy_live_figure",
    html=_HTML,
    css=_CSS,
    js=FETCHED,
    isolate_styles=False,
)


def live_figure(
    figure: go.Figure | str,
    key: str,
    alt: str,
    height: int = 560,
    filename: str = "figure",
    window: XRange | None = None,
    on_window: Callable[[XRange], None] | None = None,
    grows: bool = False,
    title: str = "",
    names: bool = False,
    in_address: bool = False,
    slide: DraggedSlider | None = None,
    front: Sequence[str] = (),
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw figure, or update what is drawn under the same key.

    figure: a figure, or its JSON where that is at hand.
    Zoom and hidden legend entries stay as long as the layout's `uirevision` and the traces' `uid` do.
    alt: the figure in words, for readers who do not see it. height: pixels where the page's letters
    have 16; the figure grows with them, and all that is in it. filename: of PNG and SVG.
    window: ends of the dragged window in units of x, None for none; on_window gets the new ends, ascending, once
    the reader lets go (or uses the arrow keys): keep them and pass them in again. It is called before the rerun, as
    widgets' callbacks are. grows: lines that have become longer since the last drawing are seen to grow,
    and a refresh sends their new points alone.
    title: above what is saved, else the words of filename. names: a name stands at the end of each line. in_address:
    zoom and hidden entries are kept in the page's address; for one figure of a page. slide: a slider that lines follow.
    front: legend groups whose lines stand before all others. on_pick: gets the legend group of a line that is clicked.
    """
    _component(
        key=key,
        data={
            **_whole_or_news(figure if isinstance(figure, str) else as_json(figure), key, grows),
            "code": CODE.url,
            "plotly": url(),
            "alt": alt,
            "height": height,
            "filename": filename,
            "window": list(window) if window else None,
            "grows": grows,
            "title": title or filename.replace("-", " ").capitalize(),
            "names": names,
            "address": in_address,
            "front": list(front),
            "picks": on_pick is not None,
            "slide": asdict(slide) | {"room": ROOM} if slide else None,
        },
        on_window_change=lambda: _pass_on(key, on_window),
        on_missed_change=lambda: None,
        on_picked_change=lambda: _pick(key, on_pick),
    )


def _whole_or_news(figure: str, key: str, grows: bool) -> dict[str, Any]:
    """What the browser needs: the figure, or while a part of the page is drawn again and again what is new of it.

    A page that is drawn whole sends it whole, as does a browser that has missed something get it.
    """
    if not grows:
        return {"figure": figure, "version": zlib.crc32(figure.encode())}
    version, sent = st.session_state.get(f"{_SENT}-{key}", (0, ""))
    context = get_script_run_ctx()
    again = bool(context and context.fragment_ids_this_run) and not (st.session_state.get(key) or {}).get("missed")
    change = news(sent, figure) if again and sent else None
    st.session_state[f"{_SENT}-{key}"] = version + 1, figure
    if change is None:
        return {"figure": figure, "version": version + 1}
    return {"news": change | {"base": version}, "version": version + 1}


def as_json(figure: go.Figure) -> str:
    """The figure in half the bytes: numbers with seven digits, but for whole ones that need more.

    With the traces' uids, by which the browser knows a line again when others have come or gone.
    """
    parts = figure.to_dict()
    for trace in parts["data"]:
        trace |= {name: _short(trace[name]) for name in ("x", "y", "customdata") if name in trace}
        if "uid" in trace:
            trace["uid"] = _safe(trace["uid"])
    return str(to_json_plotly(parts))


def _safe(uid: str) -> str:
    """A uid as it may stand in a selector of CSS, where Plotly puts it."""
    plain = re.sub(r"[^0-9A-Za-z-]", "_", uid)
    return plain if plain == uid else f"{plain}-{zlib.crc32(uid.encode()):08x}"


def _short(array: Any) -> Any:
    """An array of float64, as Plotly sends it, as float32 where that has all its whole numbers; else as it is."""
    if not isinstance(array, dict) or array.get("dtype") != "f8":
        return array
    values = np.frombuffer(base64.b64decode(array["bdata"]))
    if np.nanmax(np.abs(values), initial=0.0) >= _WHOLE:
        return array
    return array | {"dtype": "f4", "bdata": base64.b64encode(values.astype(np.float32).tobytes()).decode("ascii")}


def _pick(key: str, receive: Callable[[str], None] | None) -> None:
    """Give the legend group of the line that was clicked to who wants it."""
    group = st.session_state[key].get("picked")
    if group is not None and receive is not None:
        receive(str(group))


def _pass_on(key: str, receive: Callable[[XRange], None] | None) -> None:
    """Give the dragged window to who wants it."""
    ends = st.session_state[key].get("window")
    if ends is not None and receive is not None:
        low, high = sorted(float(end) for end in ends)
        receive((low, high))
