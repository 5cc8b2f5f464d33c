"""How learning curves are looked at: axes, kinds of lines, smoothing, which runs are drawn as one, colours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from glassy_core.figures.style import KINDS, X_TITLES, View
from glassy_core.settings import RunConfig
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import address

_SMOOTHING = {"off": 0.0, "a little": 0.05, "more": 0.2, "much": 0.6}  # part of x to either side
_BY_RUN, _BY_REGIME = "run", "regime"
_EACH = "nothing"


class CurveOptions(NamedTuple):
    """View of the curves, the setting by whose values runs are drawn as one ('' for none), colours by run or not."""

    view: View
    grouping: str
    by_run: bool


def check_address() -> None:
    """Say what the address asks of the controls in vain; before the choice of runs, where it is shown."""
    address.check(
        {
            "x": address.Choice("tau", list(X_TITLES)),
            "smooth": address.Choice("off", list(_SMOOTHING)),
            "colour": address.Choice(_BY_RUN, [_BY_RUN, _BY_REGIME]),
        }
    )


def choose(chosen: Sequence[Row]) -> CurveOptions:
    """The controls; all of it in the URL."""
    with st.container(horizontal=True, gap="medium", key="axes"):
        x: Any = st.segmented_control(
            "Along x", list(X_TITLES), default="tau", key="x", bind="query-params", required=True, help=X_TITLES["tau"]
        )
        logarithmic = st.pills(
            "Logarithmic", ["x", "y"], default=["x", "y"], selection_mode="multi", key="log", bind="query-params",
            help="A power law is a straight line where both axes are logarithmic.",
        )  # fmt: skip
        shown = st.pills(
            "Show", KINDS, default=KINDS[:2], selection_mode="multi", key="show", bind="query-params",
            help="Training: all training transitions. Held-out: as many chorales of the validation set. "
            "Minibatch: the transitions of the step itself. Accuracy: the share of pitches predicted right. "
            "Sharpness: the largest curvature of the loss, of flows; with 2/η of runs by steps, its bound for them.",
        )  # fmt: skip
        smooth = st.segmented_control(
            "Smooth", list(_SMOOTHING), default="off", key="smooth", bind="query-params", required=True,
            help="Each point becomes the mean of the records from x / (1 + s) to x (1 + s), s = 0.05, 0.2 or 0.6. "
            "Fits and downloads are of the records themselves.",
        )  # fmt: skip
        grouping = _grouping(chosen)
        by_run = st.segmented_control(
            "Colour by", [_BY_RUN, _BY_REGIME], default=_BY_RUN, key="colour", bind="query-params", required=True,
            help="Run: each has a style of its own, which it keeps. Regime: red below the critical width, amber near "
            "it, blue above.",
        )  # fmt: skip
    view = View(x, "x" in logarithmic, "y" in logarithmic, tuple(shown), smooth=_SMOOTHING[smooth])
    return CurveOptions(view, "" if grouping == _EACH else grouping, by_run == _BY_RUN)


def _grouping(chosen: Sequence[Row]) -> str:
    """Which runs are drawn as one: those of one value of a setting that the chosen ones do not share."""
    names = [_EACH, *differing([row.config for row in chosen if row.config])]
    asked = st.session_state.get("group") or st.query_params.get("group", _EACH)
    names += [asked] if asked not in names and asked in (field.name for field in dataclasses.fields(RunConfig)) else []
    return st.selectbox(
        "Group by", names, key="group", bind="query-params", format_func=lambda name: name.replace("_", " "), width=150,
        help="The runs of each value of a setting are drawn as one: their mean, and a band from the least to the "
        "greatest of them (of 8 and more, the middle 68 %).",
    )  # fmt: skip


def differing(configs: Sequence[RunConfig]) -> list[str]:
    """Names of the settings that these do not share, in the order of the form."""
    names = (field.name for field in dataclasses.fields(RunConfig) if field.name not in ("name", "waiting_times"))
    return [name for name in names if len({getattr(config, name) for config in configs}) > 1]
