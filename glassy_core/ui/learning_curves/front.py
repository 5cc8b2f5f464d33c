"""Runs whose curves stand before the others: chosen in the table or by a click on a curve, kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import streamlit as st

from glassy_core.figures.style import Ensemble
from glassy_core.ui.results.curves import latest_series, unique_names
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import address
from glassy_core.ui.shell.frame import link_to, plain
from glassy_core.ui.shell.words import number

_ADDRESS = "front"  # name in the address: ids with commas between them
_CHOSEN = "chosen_front"  # what the reader has just chosen, until the whole page is drawn with it
_MOST_SAID = 3  # runs that are named one by one
_ROW_HEIGHT, _MOST_ROWS = 35, 12


def read(rows: Sequence[Row]) -> None:
    """Before anything is drawn of it: take over what the reader has chosen, and say which runs are not here."""
    ids = st.session_state.pop(_CHOSEN, None)
    if ids is None:
        here = {row.id for row in rows}
        asked = list(filter(None, st.query_params.get(_ADDRESS, "").split(",")))
        ids = [run_id for run_id in asked if run_id in here]
        for run_id in asked:
            if run_id not in here:
                address.complain(f"The address brings {run_id[:60]!r} forward, which is not here: choose a curve.")
        if ids == asked:
            return
    if ids:
        st.query_params[_ADDRESS] = ",".join(ids)
    else:
        st.query_params.pop(_ADDRESS, None)


def renew() -> None:
    """Called from a part of the page: after a choice the whole page is drawn once, figure and table alike."""
    if _CHOSEN in st.session_state:
        st.rerun()


def in_front(settings: Sequence[Ensemble]) -> list[str]:
    """Ids of the runs that stand before the others, of those that are drawn."""
    asked = st.query_params.get(_ADDRESS, "").split(",")
    return [curve.id for setting in settings for curve in setting.curves if curve.id in asked]


def groups(settings: Sequence[Ensemble], ids: Collection[str]) -> list[str]:
    """The legend groups of the figure that these runs are drawn in."""
    return [_group(setting) for setting in settings if any(curve.id in ids for curve in setting.curves)]


def picking(settings: Sequence[Ensemble]) -> Callable[[str], None]:
    """What a click on a line does with its legend group: its runs come to the front, or stand back if they are."""

    def pick(group: str) -> None:
        ids = [curve.id for setting in settings if _group(setting) == group for curve in setting.curves]
        bring_forward([] if ids == in_front(settings) else ids)

    return pick


def bring_forward(ids: Sequence[str] = ()) -> None:
    """Bring these runs forward, none for all alike. From a callback."""
    st.session_state[_CHOSEN] = list(ids)


def _group(setting: Ensemble) -> str:
    """A setting of one run is drawn as that run."""
    return setting.id if len(setting.curves) > 1 else setting.curves[0].id


def words(rows: Sequence[Row], front: Collection[str]) -> None:
    """Which runs stand before the others, where they are now, and the way to them."""
    names = {run_id: name for run_id, name in unique_names(rows).items() if run_id in front}
    chosen = [row for row in rows if row.id in names]
    with st.container(horizontal=True, vertical_alignment="center", key="front"):
        if not chosen:
            return
        said = [_standing(names[row.id], row) for row in chosen[:_MOST_SAID]]
        more = f", and {len(chosen) - _MOST_SAID} more" if len(chosen) > _MOST_SAID else ""
        st.markdown("In front: " + "; ".join(said) + more, width="content")
        link_to("Runs", "Open on Runs", {"selected": ",".join(row.id for row in chosen)})
        st.button("All alike", key="all_alike", icon=":material/layers_clear:", on_click=bring_forward)


def _standing(name: str, row: Row) -> str:
    series = latest_series(row)
    if not len(series):
        return f"**{plain(name)}**, nothing recorded yet"
    return f"**{plain(name)}**, NLL {number(float(series.nll[-1]))} bits at τ {number(float(series.tau[-1]))}"


def table(lines: Sequence[dict[str, Any]], ids: Sequence[str], front: Collection[str], columns: Any) -> None:
    """A line a run, of which those that are ticked stand before the others in the figure.

    lines, ids: of the runs, in one order. columns: how their values are shown.
    """
    key = "front-" + "-".join(ids)  # the widget knows lines by their places, so other runs are another widget
    wanted = [k for k, run_id in enumerate(ids) if run_id in front]
    ticked = sorted(st.session_state[key]["selection"]["rows"]) if key in st.session_state else []
    if ticked != wanted and _CHOSEN not in st.session_state:
        st.session_state[key] = {"selection": {"rows": wanted}}
    st.dataframe(
        list(lines), key=key, column_config=columns, hide_index=True, selection_mode="multi-row",
        on_select=lambda: bring_forward([ids[k] for k in sorted(st.session_state[key]["selection"]["rows"])]),
        placeholder="–",
        row_height=_ROW_HEIGHT, height=_ROW_HEIGHT * (min(len(ids), _MOST_ROWS) + 1) + 3,
        alt="Runs with their settings and where they stand; ticked ones stand before the others in the figure",
    )  # fmt: skip
